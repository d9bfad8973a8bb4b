import { createHash } from 'node:crypto';
import { type Answer, type Edge, openEdge, openShop, type Shop } from './testing/shop';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const repeated = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

/** Each fragment spreads the next one twice: 2^25 fields in 700 bytes. */
const laughs = `{ everybody { ...F0 } } ${repeated(25, (i) => `fragment F${i} on Person { ...F${i + 1} ...F${i + 1} }`)} fragment F25 on Person { name }`;

const hostile: readonly [name: string, body: object, code: string][] = [
  ['a document that is no GraphQL', { query: '{ everybody { id' }, 'GRAPHQL_PARSE_FAILED'],
  ['an unknown field', { query: '{ everybody { password } }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['more tokens than the limit', { query: `{ ${repeated(2_100, () => '__typename')} }` }, 'GRAPHQL_PARSE_FAILED'],
  ['too many aliases', { query: `{ everybody { ${repeated(60, (i) => `a${i}: name`)} } }` }, 'LIMIT_EXCEEDED'],
  [
    'too many root fields',
    { query: `{ ${repeated(10, () => 'everybody { id }')} ${repeated(15, (i) => `a${i}: seenAtLeast`)} }` },
    'LIMIT_EXCEEDED',
  ],
  ['pages inside of nothing that is bounded', { query: '{ people(first: 30000) { edges { node { name } } } }' }, 'LIMIT_EXCEEDED'],
  [
    'the same by a variable',
    { query: 'query($n: Int!) { people(first: $n) { edges { node { name } } } }', variables: { n: 30_000 } },
    'LIMIT_EXCEEDED',
  ],
  ['fragments that double themselves', { query: laughs }, 'LIMIT_EXCEEDED'],
  [
    'fragments in a circle',
    { query: '{ everybody { ...A } } fragment A on Person { ...B } fragment B on Person { ...A }' },
    'GRAPHQL_VALIDATION_FAILED',
  ],
  [
    'introspection as deep as it goes',
    { query: `{ __schema { types ${'{ fields { type '.repeat(6)}{ name }${' } }'.repeat(6)} } }` },
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['introspection mixed with data', { query: '{ __schema { queryType { name } } everybody { id } }' }, 'INTROSPECTION_MIXED'],
  ['a variable of another type', { query: 'query($id: ID!) { person(id: $id) { id } }', variables: { id: {} } }, 'BAD_USER_INPUT'],
  ['a variable that is missing', { query: 'query($id: ID!) { person(id: $id) { id } }' }, 'BAD_USER_INPUT'],
  ['a day that is none', { query: 'query($d: Day!) { since(day: $d) }', variables: { d: '2010-02-30' } }, 'BAD_USER_INPUT'],
  ['a day that is none, in the document', { query: '{ since(day: "yesterday") }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['an operation that is not there', { query: 'query A { best { id } }', operationName: 'B' }, 'OPERATION_RESOLUTION_FAILURE'],
  ['two operations and none named', { query: 'query A { best { id } } query B { best { id } }' }, 'OPERATION_RESOLUTION_FAILURE'],
  ['a subscription where there are none', { query: 'subscription { everybody { id } }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['a position that is none', { query: '{ seenAtLeast }', extensions: { atLeast: "0' or 1=1" } }, 'BAD_USER_INPUT'],
  [
    'a hash nobody knows',
    { query: '', extensions: { persistedQuery: { version: 1, sha256Hash: sha256('?') } } },
    'PERSISTED_QUERY_NOT_FOUND',
  ],
];

const leak = /stack|node_modules|\.ts:|at Object|127\.0\.0\.1|representations/;

describe('hostile documents', () => {
  let shop: Shop;
  let edge: Edge;
  beforeAll(async () => {
    shop = openShop();
    edge = await openEdge({ executors: shop.executors });
  });
  afterAll(() => edge.close());

  it.each(hostile)('%s: the same refusal by HTTP and by WebSocket (trap 5), and no subgraph is asked', async (_name, body, code) => {
    shop.fetches.length = 0;
    const byHttp = await edge.post(body);
    const bySocket = await edge.send(body);
    expect(codes(byHttp.body)).toEqual([code]);
    expect(codes(bySocket)).toEqual([code]);
    expect(bySocket.errors?.[0]?.message).toBe(byHttp.body.errors?.[0]?.message);
    for (const answer of [byHttp.body, bySocket]) {
      expect(answer.errors?.[0]?.extensions['requestId']).toMatch(/^[0-9a-f-]{36}$/);
      expect(answer.data ?? null).toBeNull();
      expect(JSON.stringify(answer)).not.toMatch(leak);
    }
    expect(shop.fetches).toEqual([]);
  });

  it('a first beyond 100 is refused by the field itself, naming field and rule', async () => {
    const answer = await edge.post({ query: '{ people(first: 101) { edges { node { id } } } }' });
    expect(answer.body.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'first', rule: 'from 1 to 100' });
  });

  it.each([
    ['a batch', '[{"query":"{ best { id } }"}]', 'application/json', 400, 'BAD_REQUEST'],
    ['no JSON', '{"query": ', 'application/json', 400, 'BAD_REQUEST'],
    ['a body of another type', 'query=%7Bbest%7Bid%7D%7D', 'application/x-www-form-urlencoded', 400, 'BAD_REQUEST'],
    ['variables that are a list', '{"query":"{ best { id } }","variables":[1]}', 'application/json', 400, 'BAD_REQUEST'],
    [
      'a body beyond the limit',
      JSON.stringify({ query: `{ best { id } } # ${'x'.repeat(300_000)}` }),
      'application/json',
      413,
      'LIMIT_EXCEEDED',
    ],
  ])('%s is refused', async (_name, body, type, status, code) => {
    const answer = await edge.post(body, { 'content-type': type });
    expect([answer.status, ...codes(answer.body)]).toEqual([status, code]);
    expect(answer.text).not.toMatch(leak);
  });

  it('a message beyond the limit closes the socket', async () => {
    const reported = jest.spyOn(console, 'error').mockImplementation(() => undefined); // graphql-ws names the closed socket there
    await expect(edge.send({ query: `{ best { id } } # ${'x'.repeat(300_000)}` })).rejects.toThrow('closed with 1009');
    reported.mockRestore();
  });

  it('GET runs no operation', async () => {
    const answer = await fetch(`${edge.url}?query={best{id}}`, { headers: { authorization: 'Bearer ops' } });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('trusted documents', () => {
  const trusted = 'query Best { best { name } }';
  const manifest = { [sha256(trusted)]: trusted };
  const byHash = { query: '', extensions: { persistedQuery: { version: 1, sha256Hash: sha256(trusted) } } };
  let edge: Edge;
  afterEach(() => edge.close());

  it('enforced: a document of the manifest runs by its text and by its hash, any other is refused, by both transports (trap 9)', async () => {
    edge = await openEdge({ executors: openShop().executors, trustedDocuments: { mode: 'enforce', manifest } });
    for (const body of [{ query: trusted }, byHash]) {
      expect((await edge.post(body)).body).toEqual({ data: { best: { name: 'Person 1' } } });
      expect(await edge.send(body)).toEqual({ data: { best: { name: 'Person 1' } } });
    }
    const other = { query: 'query Best { best { name points } }' };
    const registered = { ...other, extensions: { persistedQuery: { version: 1, sha256Hash: sha256(other.query) } } };
    for (const body of [other, registered, { query: '{ __schema { queryType { name } } }' }]) {
      expect(codes((await edge.post(body)).body)).toEqual(['DOCUMENT_NOT_TRUSTED']);
      expect(codes(await edge.send(body))).toEqual(['DOCUMENT_NOT_TRUSTED']);
    }
  });

  it('logged: other documents run and are reported by their hash', async () => {
    const reported: string[] = [];
    const onUntrusted = (hash: string) => void reported.push(hash);
    edge = await openEdge({ executors: openShop().executors, trustedDocuments: { mode: 'log', manifest, onUntrusted } });
    const other = '{ best { name points } }';
    expect((await edge.post({ query: other })).body.data).toEqual({ best: { name: 'Person 1', points: 10 } });
    expect((await edge.post({ query: trusted })).body.data).toEqual({ best: { name: 'Person 1' } });
    expect(reported).toEqual([sha256(other)]);
  });
});

function codes(answer: Answer['body']): unknown[] {
  return (answer.errors ?? []).map((error) => error.extensions['code']);
}
