import { type Edge, openEdge, openShop, type Shop } from '../../gateway/src/testing/shop';
import { createClient, RequestFailed } from './client';
import { TypedDocumentString } from './generated/operations';

type Rename = { renamePerson: { __typename: string; position?: string } };

const rename = new TypedDocumentString<Rename, { id: string; name: string }>(
  'mutation Rename($id: ID!, $name: String!) { renamePerson(id: $id, name: $name) { __typename ... on PersonRenamed { position } } }',
);
const graded = new TypedDocumentString<{ best: { nameAsGraded: string | null } }, Record<string, never>>('query { best { nameAsGraded } }');
const crash = new TypedDocumentString<{ crash: string | null; best: { name: string } }, Record<string, never>>(
  'query { crash best { name } }',
);

describe('@tsunagari/client', () => {
  let shop: Shop;
  let edge: Edge;
  beforeEach(async () => {
    shop = openShop();
    edge = await openEdge({ executors: shop.executors });
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
});
