import { buildSchema, parse, validate } from 'graphql';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const docs = path.resolve(__dirname, '..', 'docs');
const schema = buildSchema(readFileSync(path.resolve(__dirname, '..', 'libs', 'graphql', 'generated', 'schema.graphql'), 'utf8'));

/** The operations that our pages show. */
const operations = readdirSync(docs)
  .filter((page) => page.endsWith('.md'))
  .flatMap((page) =>
    [...readFileSync(path.join(docs, page), 'utf8').matchAll(/^```graphql\n([\s\S]*?)^```$/gm)].map(
      ([, text = ''], n) => [`${page}, block ${n + 1}`, text] as const,
    ),
  )
  .filter(([, text]) => /^\s*(query|mutation|subscription)\b/.test(text));

it('pages show queries, mutations and subscriptions', () => {
  for (const kind of ['query', 'mutation', 'subscription']) expect(operations.some(([, text]) => text.startsWith(kind))).toBe(true);
});

it.each(operations)('%s can be sent as it is', (_, text) => {
  expect(validate(schema, parse(text)).map(({ message }) => message)).toEqual([]);
});
