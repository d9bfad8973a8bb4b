import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '..');

/** Pages whose blocks begin with the file they are quoted from. */
const pages = ['docs/aggregates.md', 'docs/member-page.md'];

const quotes = pages.flatMap((page) =>
  [...readFileSync(path.join(root, page), 'utf8').matchAll(/^```(?:ts|graphql)\n(?:\/\/|#) (\S+)\n([\s\S]*?)^```$/gm)].map(
    ([, file = '', code = '']) => [page, file, code] as const,
  ),
);

it('there are quotes', () => {
  expect(quotes.length).toBeGreaterThan(5);
});

it.each(quotes)('%s quotes %s as it is', (_, file, code) => {
  const squeezed = (text: string): string => text.replace(/\s+/g, ' ').trim();
  expect(squeezed(readFileSync(path.join(root, file), 'utf8'))).toContain(squeezed(code));
});
