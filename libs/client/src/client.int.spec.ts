import { type Edge, openEdge, openShop, type Shop } from '../../gateway/src/testing/shop';
import { WebSocket } from 'ws';
import { createClient, RequestFailed } from './client';
import { TypedDocumentString } from './generated/operations';

type Rename = { renamePerson: { __typename: string; position?: string } };

const rename = new TypedDocumentString<Rename, { id: string; name: string }>(
  'mutation Rename($id: ID!, $name: String!) { renamePerson(id: $id, name: $name) { __typename ... on PersonRenamed { position } } }',
);
const graded = new TypedDocumentString<{ best: { nameAsGraded: string | null } }, Record<string, never>>('query { best { nameAsGraded } }');
type Changed = { personChanged: { position: string; person: { name: string; points: number } } };
const changed = new TypedDocumentString<Changed, { id: string }>(
  'subscription Changed($id: ID!, $after: Position) { personChanged(id: $id, after: $after) { position person { name points } } }',
);
const crash = new TypedDocumentString<{ crash: string | null; best: { name: string } }, Record<string, never>>(
  'query { crash best { name } }',
);

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

describe('@tsunagari/client', () => {
  let shop: Shop;
  let edge: Edge;
  beforeEach(async () => {
    shop = openShop();
    edge = await openEdge({ executors: shop.executors, subscribers: shop.subscribers });
  });
  afterEach(() => edge.close());

  it('reads its own writes from read models that follow later', async () => {
    const client = createClient({ url: edge.url, token: 'ops' });
    expect((await client.ask(graded, {})).data.best.nameAsGraded).toBe('Person 1');
    const { data } = await client.ask(rename, { id: 'Person:1', name: 'Aiko' });
    expect(client.position()).toBe(data.renamePerson.position);
    expect((await client.ask(graded, {})).data.best.nameAsGraded).toBe('Aiko');
  });

  it('names the parts that failed, and gives the rest', async () => {
    const answer = await createClient({ url: edge.url, token: 'ops' }).ask(crash, {});
    expect(answer.data).toEqual({ crash: null, best: { name: 'Person 1' } });
    expect(answer.failures).toMatchObject([{ code: 'INTERNAL_SERVER_ERROR', path: ['crash'], requestId: expect.any(String) }]);
  });

  it('throws with the codes when there is no data, and says so when the address is no GraphQL endpoint', async () => {
    const refused = createClient({ url: edge.url, token: 'bad' }).ask(graded, {});
    await expect(refused).rejects.toBeInstanceOf(RequestFailed);
    await expect(refused).rejects.toMatchObject({ status: 401, failures: [{ code: 'UNAUTHENTICATED' }] });
    await expect(createClient({ url: `${edge.url}/nothing` }).ask(graded, {})).rejects.toThrow('Is this the GraphQL endpoint?');
  });

  it('follows a subscription, and goes on after the last event when the connection is cut', async () => {
    const gone = new AbortController();
    const client = createClient({ url: edge.url, token: 'ops', webSocket: WebSocket });
    const events = client.subscribe(changed, { id: 'Person:1' }, { signal: gone.signal });
    const first = events.next();
    await until(() => shop.followers() === 1);
    shop.change('1', 'Aiko');
    expect((await first).value).toEqual({
      data: { personChanged: { position: '11', person: { name: 'Aiko', points: 10 } } },
      failures: [],
      position: '11',
    });
    const second = events.next();
    edge.cut();
    await until(() => shop.followers() === 0);
    shop.change('1', 'Aya');
    expect((await second).value).toMatchObject({ data: { personChanged: { person: { name: 'Aya' } } }, position: '12' });
    const silent = events.next();
    gone.abort();
    expect(await silent).toEqual({ done: true, value: undefined });
    await until(() => shop.followers() === 0);
  });

  it('throws what a subscription is refused for, and that nobody answers', async () => {
    const client = createClient({ url: edge.url, token: 'ops', webSocket: WebSocket });
    await expect(client.subscribe(changed, { id: 'Person:99' }).next()).rejects.toMatchObject({ failures: [{ code: 'NOT_FOUND' }] });
    const bad = createClient({ url: edge.url, token: 'bad', webSocket: WebSocket });
    await expect(bad.subscribe(changed, { id: 'Person:1' }).next()).rejects.toMatchObject({ failures: [{ code: 'UNAUTHENTICATED' }] });
    const nobody = createClient({ url: 'http://127.0.0.1:9/graphql', webSocket: WebSocket });
    await expect(nobody.subscribe(changed, { id: 'Person:1' }, { retries: 1 }).next()).rejects.toBeInstanceOf(RequestFailed);
  });
});
