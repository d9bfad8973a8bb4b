import { createHash, randomUUID } from 'node:crypto';
import { freshStream, someFact } from '@tsunagari/event-store-contract-tests';
import { migrate } from '@tsunagari/postgres';
import { testDatabase, type TestDatabase } from '@tsunagari/testing';
import fc from 'fast-check';
import { postgresEventStore } from './event-store';
import { eventsSchema } from './schema';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.pool, eventsSchema);
});
afterAll(() => database.drop());

const latin = fc.string({ unit: 'binary-ascii' });
const anything = fc.string({ unit: 'binary' });
const name = fc
  .oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), fc.constant('\u{1f38c}'.repeat(120)))
  .filter((text) => text.length <= 300 && !/[\u0000-\u001f]/.test(text) && !/\p{Surrogate}/u.test(text));
const moment = fc
  .tuple(
    fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
    fc.nat(999_999),
  )
  .chain(([date, fraction]) => {
    const seconds = date.toISOString().slice(0, 19);
    const micros = String(fraction).padStart(6, '0');
    return fc.constantFrom(
      `${seconds}Z`,
      `${seconds}.${micros.slice(0, 1)}Z`,
      `${seconds}.${micros.slice(0, 3)}Z`,
      `${seconds}.${micros}Z`,
    );
  });

it('whatever a fact says stands in the table as it was said, beside others in its batch and alone', async () => {
  const store = postgresEventStore({ pool: database.pool });
  const facts = fc.array(
    fc.record({
      type: name,
      schema: fc.integer({ min: 1, max: 32_767 }),
      subject: fc.option(fc.uuid()),
      data: fc.oneof(fc.dictionary(latin, latin), fc.dictionary(anything, fc.json()), fc.constant({ long: '髪'.repeat(5_000) })),
      occurred: moment,
      digest: fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    }),
    { minLength: 1, maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(facts, fc.constantFrom<'any' | 'none'>('any', 'none'), async (given, expected) => {
      const said = given.map((fact) => someFact({ ...fact, data: JSON.parse(JSON.stringify(fact.data)) as unknown }));
      const outcomes = await store.appendMany(said.map((fact) => ({ stream: `${freshStream()}-ü`, expected, facts: [fact] })));
      expect(outcomes).toEqual(said.map(() => expect.objectContaining({ kind: 'appended', duplicate: false })));
      const { rows } = await database.pool.query(
        `select e.type, e.schema, e.subject, e.data, encode(e.digest, 'hex') as digest, e.occurred = said.occurred::timestamptz as at_its_moment
         from unnest($1::uuid[], $2::text[]) with ordinality as said(id, occurred, n) join events e using (id) order by n`,
        [said.map(({ id }) => id), said.map(({ occurred }) => occurred)],
      );
      expect(rows).toEqual(
        said.map(({ type, schema, subject, data, digest }) => ({ type, schema, subject, data, digest, at_its_moment: true })),
      );
    }),
    { numRuns: 60 },
  );
  await store.close();
});

it('an id, digest or subject in capital letters is the same', async () => {
  const store = postgresEventStore({ pool: database.pool });
  const id = randomUUID();
  const digest = createHash('sha256').update('x').digest('hex');
  const stream = freshStream();
  await store.append({ stream, expected: 'none', facts: [someFact({ id, digest, subject: id })] });
  const again = someFact({ id: id.toUpperCase(), digest: digest.toUpperCase(), subject: id.toUpperCase() });
  expect(await store.append({ stream, expected: 'none', facts: [again] })).toMatchObject({ kind: 'appended', duplicate: true });
  await store.close();
});

it.each([
  '2011-02-30T00:00:00Z',
  '2011-02-29T00:00:00.000Z',
  '2011-04-31T23:59:59Z',
  '0000-01-01T00:00:00Z',
  '2011-13-01T00:00:00Z',
  '2011-01-01T25:00:00Z',
])('%s is no moment, and is refused by name before anything is sent', async (occurred) => {
  const store = postgresEventStore({ pool: database.pool });
  const outcome = await store.append({ stream: freshStream(), expected: 'any', facts: [someFact({ occurred })] });
  expect(outcome).toMatchObject({ kind: 'refused', field: 'facts.0.occurred' });
  await store.close();
});
