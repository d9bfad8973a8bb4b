import fc from 'fast-check';
import { buildSchema, executeSync, getOperationAST, parse } from 'graphql';
import { completeResult, withTypeNames } from './completion';

const schema = buildSchema(`
  interface Thing { id: ID! }
  type Cat implements Thing { id: ID! lives: Int! friend: Thing! }
  type Dog implements Thing { id: ID! bone: String friends: [Thing!] }
  union Pet = Cat | Dog
  type Query { thing: Thing pets: [Pet!]! rows: [[Cat!]]! }
`);

const document = parse(`
  query($less: Boolean!) {
    thing { ...T }
    again: thing { id ... on Dog { friends { ...T kind: __typename } } }
    pets { __typename ... on Cat { lives } ... on Thing { id } ... on Dog { bone @skip(if: $less) } }
    rows { lives friend { id } }
  }
  fragment T on Thing { id ... on Cat { lives friend { id } } ...D }
  fragment D on Dog { bone friends { id } }
`);

/** What the planner may hand back: objects with any field missing, null or there. */
const text = fc.option(fc.constantFrom('a', 'b'), { freq: 4 });
const thing = fc.letrec((tie) => ({
  cat: fc.record(
    { id: text, lives: fc.option(fc.constant(9), { freq: 4 }), friend: fc.option(tie('thing'), { maxDepth: 3, freq: 4 }) },
    { requiredKeys: [] },
  ),
  thing: fc.oneof(
    { maxDepth: 3 },
    fc.record({ id: text, bone: text, __typename: fc.constant('Dog') }, { requiredKeys: ['__typename'] }),
    tie('cat').map((cat) => ({ ...(cat as object), __typename: 'Cat' })),
    fc.record(
      { id: text, friends: fc.option(fc.array(fc.option(tie('thing'), { freq: 6 }), { maxLength: 3 })), __typename: fc.constant('Dog') },
      { requiredKeys: ['__typename'] },
    ),
  ),
}));
const answer = fc.record(
  {
    thing: fc.option(thing.thing),
    again: fc.option(thing.thing),
    pets: fc.option(fc.array(fc.option(thing.thing, { freq: 6 }), { maxLength: 3 }), { freq: 6 }),
    rows: fc.option(fc.array(fc.option(fc.array(fc.option(thing.cat, { freq: 6 }), { maxLength: 2 })), { maxLength: 3 }), { freq: 6 }),
  },
  { requiredKeys: [] },
);

describe('the completion of a merged result', () => {
  it('is that of graphql-js, for whatever is missing', () => {
    const operation = getOperationAST(document)!;
    fc.assert(
      fc.property(answer, fc.boolean(), (data, less) => {
        const expected = executeSync({
          schema,
          document,
          variableValues: { less },
          rootValue: data,
          fieldResolver: (source: Record<string, unknown>, _args, _context, { path }) => source[path.key],
        });
        const { data: completed, holes } = completeResult(
          schema,
          document,
          operation,
          { less },
          structuredClone(data) as Record<string, unknown>,
        );
        expect(completed).toEqual(expected.data === null ? null : JSON.parse(JSON.stringify(expected.data)));
        expect(holes.length > 0).toBe((expected.errors ?? []).length > 0);
      }),
      { numRuns: 500 },
    );
  });

  it('asks for the name of the type wherever there may be several', () => {
    const asked = JSON.stringify(withTypeNames(schema, parse('{ thing { id } rows { id } }')), [
      'kind',
      'value',
      'name',
      'definitions',
      'selectionSet',
      'selections',
    ]);
    expect(asked.match(/__typename/g)).toHaveLength(1);
  });
});
