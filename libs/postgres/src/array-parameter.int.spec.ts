import type { TestDatabase } from '@tsunagari/testing';
import { testDatabase } from '@tsunagari/testing';
import fc from 'fast-check';
import { arrayParameter } from './array-parameter';

let db: TestDatabase;
beforeAll(async () => (db = await testDatabase()));
afterAll(() => db.drop());

const int = (bits: number): fc.Arbitrary<number> => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const OF: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  boolean: fc.boolean(),
  smallint: int(16),
  integer: int(32),
  bigint: fc.maxSafeInteger(),
  // PostgreSQL knows no NUL and no half of a pair.
  text: fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
  uuid: fc.uuid(),
};

describe('an array as a parameter', () => {
  it.each(Object.entries(OF))('of %s arrives in binary as the driver would have sent it, nulls included', async (type, value) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(value), { maxLength: 40 }), async (values) => {
        const sent = arrayParameter(type, values);
        expect(Buffer.isBuffer(sent)).toBe(true);
        const { rows } = await db.pool.query<{ same: boolean }>(
          `select $1::${type}[] is not distinct from $2::${type}[] as same, cardinality($1::${type}[]) as length`,
          [sent, values],
        );
        expect(rows).toEqual([{ same: true, length: values.length }]);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['smallint', [32_768]],
    ['integer', [1.5]],
    ['integer', [2 ** 31]],
    ['bigint', [2 ** 53]],
    ['boolean', ['true']],
    ['text', [1]],
    ['uuid', ['00000000-0000-0000-0000-00000000000g']],
    ['uuid', ['00000000+0000-0000-0000-000000000000']],
    ['uuid', ['0']],
    ['timestamptz', ['2026-01-01']],
  ])('of %s with %j is left to PostgreSQL, which converts or refuses it', (type, values) => {
    expect(arrayParameter(type, values)).toBe(values);
  });

  it('understands upper case in a UUID', async () => {
    const id = 'ABCDEF01-2345-6789-ABCD-EF0123456789';
    const { rows } = await db.pool.query('select $1::uuid[] as ids', [arrayParameter('uuid', [id])]);
    expect(rows).toEqual([{ ids: [id.toLowerCase()] }]);
  });
});
