import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpExecutor, subgraphHandler } from '@tsunagari/graphql';
import { WebSocket } from 'ws';
import { type Edge, openEdge, openShop, plainSigner, type Shop } from './testing/shop';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('the gateway', () => {
  let shop: Shop;
  let edge: Edge;
  beforeEach(async () => {
    shop = openShop();
    edge = await openEdge({ executors: shop.executors });
  });
  afterEach(() => edge.close());

  it('answers one query out of two subgraphs, by HTTP and by WebSocket alike', async () => {
    const query = '{ people(first: 2) { edges { node { id name points } } pageInfo { hasNextPage } } }';
    const expected = {
      people: {
        edges: [{ node: { id: 'Person:1', name: 'Person 1', points: 10 } }, { node: { id: 'Person:2', name: 'Person 2', points: 20 } }],
        pageInfo: { hasNextPage: true },
      },
    };
    expect((await edge.post({ query })).body).toEqual({ data: expected });
    expect(await edge.send({ query })).toEqual({ data: expected });
  });

  it('pages by cursor to the end', async () => {
    const query = 'query($after: String) { people(first: 2, after: $after) { edges { node { id } } pageInfo { endCursor hasNextPage } } }';
    const first = (await edge.post({ query })).body.data as unknown as { people: { pageInfo: { endCursor: string } } };
    const second = await edge.post({ query, variables: { after: first.people.pageInfo.endCursor } });
    expect(second.body.data).toMatchObject({ people: { edges: [{ node: { id: 'Person:3' } }], pageInfo: { hasNextPage: false } } });
  });

  it('completes node(id) from the owner, and answers null for what does not exist', async () => {
    const query = 'query($id: ID!) { node(id: $id) { __typename id ... on Person { name points } } }';
    const there = await edge.post({ query, variables: { id: 'Person:2' } });
    expect(there.body).toEqual({ data: { node: { __typename: 'Person', id: 'Person:2', name: 'Person 2', points: 20 } } });
    for (const id of ['Person:99', 'Person:-7']) {
      const absent = await edge.post({ query, variables: { id } });
      expect(absent.body).toMatchObject({ data: { node: null }, errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    }
    const nonsense = await edge.post({ query, variables: { id: 'drop table' } });
    expect(nonsense.body).toMatchObject({ data: { node: null }, errors: [{ extensions: { code: 'BAD_USER_INPUT', field: 'id' } }] });
  });

  describe('traps of the stack, reproduced', () => {
    it('(2) a failed String! of another subgraph empties the nearest parent that may be null, never a [null] inside [Person!]!', async () => {
      shop.failing.add('Person:2');
      const list = await edge.post({ query: '{ everybody { id grade } }' });
      expect(list.status).toBe(200);
      expect(list.body.data).toBeNull();
      expect(list.body.errors).toMatchObject([{ path: ['everybody', 1, 'grade'], extensions: { code: 'OVERLOADED' } }]);
      const one = await edge.post({
        query: '{ a: person(id: "Person:1") { grade } b: person(id: "Person:2") { ...G } } fragment G on Person { name grade }',
      });
      expect(one.body.data).toEqual({ a: { grade: 'A' }, b: null });
    });

    it('(3) a failed subrequest shows no address, query or variables', async () => {
      await edge.close();
      edge = await openEdge({
        executors: { ...shop.executors, grades: httpExecutor('grades', 'http://127.0.0.1:9/subgraphs/grades', plainSigner) },
      });
      const answer = await edge.post({ query: '{ everybody { id points } }' });
      expect(answer.body.data).toEqual({ everybody: [1, 2, 3].map((key) => ({ id: `Person:${key}`, points: null })) });
      expect(answer.body.errors?.length).toBeGreaterThan(0);
      for (const error of answer.body.errors ?? [])
        expect(error.extensions).toEqual({
          code: 'SUBGRAPH_UNAVAILABLE',
          subgraph: 'grades',
          remedy: expect.any(String),
          requestId: expect.any(String),
        });
      expect(answer.text).not.toMatch(/127\.0\.0\.1|_entities|representations|"request"|query/);
    });

    it('(4) an error without data is 200 with data: null', async () => {
      const answer = await edge.post({ query: '{ everybody { id } }' }, { authorization: 'Bearer marketer' });
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ data: null, errors: [{ extensions: { code: 'FORBIDDEN', requestId: expect.any(String) } }] });
    });

    it('(6) introspection mixed with data is refused, also through a fragment; alone it is answered', async () => {
      for (const query of [
        '{ __schema { queryType { name } } everybody { id } }',
        'query { ...Both } fragment Both on Query { everybody { id } ... on Query { __type(name: "Person") { name } } }',
      ]) {
        const answer = await edge.post({ query });
        expect([answer.status, answer.body.errors?.[0]?.extensions['code']]).toEqual([400, 'INTROSPECTION_MIXED']);
      }
      const alone = await edge.post({ query: '{ ...S } fragment S on Query { __schema { queryType { name } } __typename }' });
      expect(alone.body).toEqual({ data: { __schema: { queryType: { name: 'Query' } }, __typename: 'Query' } });
    });

    it("(8) a mutation's payload never shows state older than its append", async () => {
      const query = `mutation { renamePerson(id: "Person:1", name: "Aiko") { __typename
        ... on PersonRenamed { position person { name nameAsGraded } } } }`;
      const answer = await edge.post({ query });
      expect(answer.body.data).toEqual({
        renamePerson: { __typename: 'PersonRenamed', position: '11', person: { name: 'Aiko', nameAsGraded: 'Aiko' } },
      });
      expect(answer.body.extensions).toEqual({ position: '11' });
      expect(shop.fetches.map(({ subgraph, context }) => [subgraph, context.atLeast])).toEqual([
        ['people', null],
        ['grades', '11'],
      ]);
    });

    it('(9) a hash that was sent with its document once is enough afterwards (APQ)', async () => {
      const query = '{ best { name } }';
      const extensions = { persistedQuery: { version: 1, sha256Hash: sha256(query) } };
      expect((await edge.post({ extensions })).body.errors?.[0]?.extensions['code']).toBe('PERSISTED_QUERY_NOT_FOUND');
      expect((await edge.post({ query, extensions })).body.data).toEqual({ best: { name: 'Person 1' } });
      expect((await edge.post({ extensions })).body.data).toEqual({ best: { name: 'Person 1' } });
      expect((await edge.send({ query: '', extensions })).data).toEqual({ best: { name: 'Person 1' } });
    });

    it('(9) @defer is unknown and refused by name', async () => {
      const answer = await edge.post({ query: '{ best { id ... @defer { points } } }' });
      expect(answer.status).toBe(400);
      expect(answer.body.errors?.[0]).toMatchObject({
        message: 'Unknown directive "@defer".',
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      });
    });

    it('an error that no client was meant to see is masked, without a stack, and told to us whole', async () => {
      const answer = await edge.post({ query: '{ crash }' });
      expect(answer.body).toEqual({
        data: { crash: null },
        errors: [
          {
            message: 'Something failed on our side. Quote the requestId.',
            path: ['crash'],
            extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: answer.headers.get('x-request-id') },
          },
        ],
      });
      expect(answer.text).not.toMatch(/stack|ECONNREFUSED|hunter2|\.ts/);
      expect(shop.errors).toMatchObject([{ message: expect.stringContaining('ECONNREFUSED') }]);
    });
  });

  it('refuses what a principal has no right to, and asks for a sign-in where there is none', async () => {
    const query = '{ person(id: "Person:1") { name secret } }';
    const asOps = await edge.post({ query });
    expect(asOps.body).toMatchObject({
      data: { person: { name: 'Person 1', secret: null } },
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
    expect((await edge.post({ query }, { authorization: 'Bearer admin' })).body.data).toMatchObject({ person: { secret: 'xyzzy' } });
    expect((await edge.send({ query }, null)).errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    const bad = await edge.post({ query }, { authorization: 'Bearer bad' });
    expect([bad.status, bad.body.errors?.[0]?.extensions['code']]).toEqual([401, 'UNAUTHENTICATED']);
    await expect(edge.send({ query }, 'Bearer bad')).rejects.toThrow('closed with 4403');
  });

  it('answers a WebSocket at another path at once', async () => {
    const elsewhere = new WebSocket(edge.url.replace('http', 'ws').replace('/graphql', '/elsewhere'), 'graphql-transport-ws');
    await expect(new Promise((_, reject) => elsewhere.on('error', reject))).rejects.toThrow('404');
  });

  it('closes the socket of a token that expires', async () => {
    // Signed in and silent from then on: an operation could be answered before the clock comes round to the socket.
    const socket = new WebSocket(edge.url.replace('http', 'ws'), 'graphql-transport-ws');
    const closed = new Promise((resolve, reject) => {
      socket.on('close', (code, reason) => resolve(`${code} ${reason.toString()}`));
      socket.on('error', reject);
    });
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: 'Bearer ops 1' } })));
    expect(await closed).toBe('4403 Token expired');
  });

  it('takes atLeast from the header, from extensions and from an argument, and uses the latest', async () => {
    const query = '{ seenAtLeast }';
    expect((await edge.post({ query }, { 'x-tsunagari-position': '7' })).body.data).toEqual({ seenAtLeast: '7' });
    expect((await edge.send({ query, extensions: { atLeast: '8' } })).data).toEqual({ seenAtLeast: '8' });
    const byArgument = 'query($p: Position) { seenAtLeast person(id: "Person:1", atLeast: $p) { id } }';
    const latest = await edge.post({ query: byArgument, variables: { p: '12' }, extensions: { atLeast: '9' } });
    expect(latest.body.data).toMatchObject({ seenAtLeast: '12' });
    const wrong = await edge.post({ query, extensions: { atLeast: '-1' } });
    expect([wrong.status, wrong.body.errors?.[0]?.extensions]).toMatchObject([
      400,
      { code: 'BAD_USER_INPUT', field: 'extensions.atLeast' },
    ]);
  });

  it('reaches a subgraph in another process, which answers only the gateway', async () => {
    const server = createServer(subgraphHandler(shop.grades, plainSigner));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/subgraphs/grades`;
    await edge.close();
    edge = await openEdge({ executors: { ...shop.executors, grades: httpExecutor('grades', url, plainSigner) } });
    expect((await edge.post({ query: '{ best { name points } }' })).body.data).toEqual({ best: { name: 'Person 1', points: 10 } });
    const direct = await fetch(url, { method: 'POST', body: JSON.stringify({ query: '{ best { id } }' }) });
    expect([direct.status, ((await direct.json()) as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code]).toEqual([
      401,
      'UNAUTHENTICATED',
    ]);
    await new Promise((resolve) => server.close(resolve));
  });
});
