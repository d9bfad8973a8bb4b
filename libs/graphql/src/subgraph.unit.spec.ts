import { anonymous, type Principal, type Role } from '@tsunagari/access';
import { parse } from 'graphql';
import { failure } from './failures';
import { fromGlobalId, toGlobalId, typeOfGlobalId } from './global-id';
import type { FetchContext, RequestContext } from './request-context';
import { decimalText } from './scalars';
import { defineSubgraph, type SubgraphDefinition } from './subgraph';

type Loaders = { readonly number: number };

const typeDefs = `
  type Query {
    open: Int @role(anyOf: ["ops", "admin"])
    loaders: Int @role(anyOf: ["ops"])
    moment: DateTime @role(anyOf: ["ops"])
    ratio(of: Decimal!): Decimal @role(anyOf: ["ops"])
    fails(how: String!): String @role(anyOf: ["ops"])
  }
  type Mutation { write: Position @role(anyOf: ["ops"]) }
`;

const staff = (...roles: Role[]): Principal => ({ kind: 'staff', roles, actor: 'user:test', subject: null });
const as = (principal: Principal, atLeast: string | null = null): FetchContext => ({ requestId: 'r-1', principal, atLeast });

describe('a subgraph', () => {
  const thrown: unknown[] = [];
  const waited: string[] = [];
  let made = 0;
  const definition: SubgraphDefinition<Loaders> = {
    name: 'numbers',
    typeDefs,
    createLoaders: () => ({ number: ++made }),
    caughtUp: async (position) => void waited.push(position),
    onError: (error) => void thrown.push(error),
    resolvers: {
      Query: {
        open: () => 1,
        loaders: (_: unknown, __: unknown, { loaders }: RequestContext<Loaders>) => loaders.number,
        moment: () => new Date('2010-12-01T08:26:00Z'),
        ratio: (_: unknown, { of }: { of: string }) => Number(of) / 1e9,
        fails: (_: unknown, { how }: { how: string }) => {
          if (how === 'shown') throw failure('NOT_FOUND', 'There is none.', { field: 'id' });
          throw new Error('relation "secrets" does not exist');
        },
      },
      Mutation: {
        write: (_: unknown, __: unknown, context: RequestContext<Loaders>) => {
          context.appended('9');
          context.appended('11');
          context.appended('10');
          return '11';
        },
      },
    },
  };
  const subgraph = defineSubgraph(definition);
  const ask = (query: string, context: FetchContext) => subgraph.execute({ document: parse(query), context });
  const codesOf = async (query: string, context: FetchContext) => (await ask(query, context)).errors?.map((error) => error.extensions);

  it('tells no sign-in from no right, and answers whoever has one of the roles', async () => {
    expect(await codesOf('{ open }', as(anonymous))).toMatchObject([{ code: 'UNAUTHENTICATED', requestId: 'r-1' }]);
    expect(await codesOf('{ open }', as(staff('marketer')))).toMatchObject([{ code: 'FORBIDDEN', requestId: 'r-1' }]);
    expect((await ask('{ open }', as(staff('marketer', 'admin')))).data).toMatchObject({ open: 1 });
  });

  it('makes its loaders anew for every fetch', async () => {
    const first = await ask('{ loaders a: loaders }', as(staff('ops')));
    const second = await ask('{ loaders }', as(staff('ops')));
    expect(first.data?.['loaders']).toBe(first.data?.['a']);
    expect(second.data?.['loaders']).not.toBe(first.data?.['loaders']);
  });

  it('waits until it has seen what the fetch asks for, before it answers', async () => {
    await ask('{ open }', as(staff('ops')));
    expect(waited).toEqual([]);
    await ask('{ open }', as(staff('ops'), '42'));
    expect(waited).toEqual(['42']);
  });

  it('says the latest position that a mutation has appended', async () => {
    expect((await ask('mutation { write }', as(staff('ops')))).extensions).toEqual({ position: '11' });
    expect((await ask('{ open }', as(staff('ops')))).extensions).toBeUndefined();
  });

  it('shows failures that are meant to be shown, masks everything else, and tells us what was thrown', async () => {
    expect(await codesOf('{ fails(how: "shown") }', as(staff('ops')))).toEqual([{ code: 'NOT_FOUND', field: 'id', requestId: 'r-1' }]);
    const masked = await ask('{ fails(how: "bug") }', as(staff('ops')));
    expect(JSON.stringify(masked)).not.toContain('secrets');
    expect(masked.errors?.[0]?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', requestId: 'r-1' });
    expect(thrown.at(-1)).toMatchObject({ message: 'relation "secrets" does not exist' });
  });

  it('writes moments with milliseconds and decimals without exponents', async () => {
    expect((await ask('{ moment ratio(of: "25") }', as(staff('ops')))).data).toMatchObject({
      moment: '2010-12-01T08:26:00.000Z',
      ratio: '0.000000025',
    });
    expect(() => decimalText(Number.NaN)).toThrow('not a finite number');
  });

  it('does not build without @role on a root field, or with a role that does not exist', () => {
    const build = (field: string) => () => defineSubgraph({ ...definition, typeDefs: `type Query { ${field} }`, resolvers: {} });
    expect(build('open: Int')).toThrow('Query.open has no @role(anyOf:)');
    expect(build('open: Int @role(anyOf: ["root"])')).toThrow('unknown role root');
    expect(build('open: Int @role(anyOf: [])')).toThrow('no role');
    expect(build('open: Int @role(anyOf: ["ops"])')).not.toThrow();
  });
});

describe('global ids', () => {
  it('say their type and key, and are refused where another type is wanted', () => {
    const id = toGlobalId('Customer', '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f');
    expect([typeOfGlobalId(id), fromGlobalId('Customer', id)]).toEqual(['Customer', '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f']);
    expect(() => fromGlobalId('Order', id)).toThrow('not an id of the type Order');
    for (const nonsense of ['', 'Customer', 'Customer:', 'customer:1']) expect(() => typeOfGlobalId(nonsense)).toThrow('not an id');
  });
});
