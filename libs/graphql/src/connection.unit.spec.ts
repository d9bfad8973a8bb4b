import fc from 'fast-check';
import { connectionOf, type Cursor, decodeCursor, encodeCursor, pageOf } from './connection';

const cursors: fc.Arbitrary<Cursor> = fc.record(
  {
    key: fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { maxLength: 3 }),
    id: fc.string({ unit: 'grapheme' }),
    generation: fc.string(),
  },
  { requiredKeys: ['key', 'id'] },
);

const refusedWith = (code: string, field: string) => expect.objectContaining({ extensions: expect.objectContaining({ code, field }) });

describe('cursors', () => {
  it('say again what they were made of', () => {
    fc.assert(fc.property(cursors, (cursor) => expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor)));
  });

  it('are refused when a character of them was changed, or when they are anything else', () => {
    fc.assert(
      fc.property(cursors, fc.nat(), fc.constantFrom('A', 'z', '0', '_'), (cursor, place, character) => {
        const text = encodeCursor(cursor);
        const at = place % text.length;
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        fc.pre(Buffer.from(changed, 'base64url').compare(Buffer.from(text, 'base64url')) !== 0);
        expect(() => decodeCursor(changed)).toThrow(refusedWith('BAD_USER_INPUT', 'after'));
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => expect(() => decodeCursor(text)).toThrow(refusedWith('BAD_USER_INPUT', 'after'))));
  });
});

describe('pages', () => {
  it('hold from 1 to 100 rows', () => {
    for (const first of [0, -1, 101]) expect(() => pageOf({ first })).toThrow(refusedWith('BAD_USER_INPUT', 'first'));
    expect(pageOf({ first: 100 })).toEqual({ limit: 100, after: null });
  });

  it('do not go on in another generation of the read model', () => {
    const after = encodeCursor({ key: ['1'], id: 'a', generation: '1' });
    expect(pageOf({ first: 1, after }, '1').after?.id).toBe('a');
    expect(() => pageOf({ first: 1, after }, '2')).toThrow(refusedWith('CURSOR_EXPIRED', 'after'));
  });

  it('read one after another give every row once, in order, and end', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (numbers, first) => {
        const rows = [...numbers].sort((a, b) => a - b);
        const seen: number[] = [];
        let after: string | null = null;
        do {
          const page = pageOf({ first, after });
          const beyond = rows.filter((row) => page.after === null || row > Number(page.after.key[0]));
          const { edges, pageInfo } = connectionOf(beyond.slice(0, first + 1), page, (row) => ({ key: [row], id: String(row) }));
          seen.push(...edges.map((edge) => edge.node));
          after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
        } while (after !== null);
        expect(seen).toEqual(rows);
      }),
    );
  });
});
