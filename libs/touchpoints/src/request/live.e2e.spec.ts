import { platformUnderTest, type PlatformUnderTest } from '../../../testing/src/platform-under-test';
import type { Subscribed } from '../../../testing/src/subscription';

let platform: PlatformUnderTest;
beforeAll(async () => {
  platform = await platformUnderTest();
  for (const userId of ['ann', 'bea']) await platform.send('/v1/identify', { userId, messageId: userId });
});
afterAll(() => platform.stop());

let made = 0;
const ANSWER = '{ __typename ... on RequestAnswer { request { requestId status } } ... on CommandRefused { code rule } }';
async function submit(userId: string): Promise<string> {
  const { data } = await platform.ask(`mutation($input: SubmitRequestInput!) { submitRequest(input: $input) ${ANSWER} }`, {
    input: { customer: { type: 'USER_ID', value: userId }, kind: 'QUESTION', text: 'how?', idempotencyKey: `key-${++made}` },
  });
  expect(data.submitRequest.__typename).toBe('RequestAnswer');
  return data.submitRequest.request.requestId;
}
async function acknowledge(requestId: string): Promise<void> {
  const { data } = await platform.ask(`mutation($input: RequestInput!) { acknowledgeRequest(input: $input) ${ANSWER} }`, {
    input: { requestId, idempotencyKey: `key-${++made}` },
  });
  expect(data.acknowledgeRequest.request.status).toBe('ACKNOWLEDGED');
}

const CHANGED = `subscription($customerId: ID, $after: Position) { requestChanged(customerId: $customerId, after: $after) {
  position request { requestId status kind } } }`;
const follow = async (customerId: string | null, options: object = {}, after?: string): Promise<Subscribed> =>
  platform.subscribe(CHANGED, { customerId, after: after ?? (await platform.head()) }, options);
const idOf = async (userId: string): Promise<string> =>
  (await platform.ask(`{ customer(identifier: { type: USER_ID, value: "${userId}" }) { id } }`)).data.customer.id;
const changed = (followed: Subscribed, requestId: string, status: string) =>
  followed.until(({ data }) => data?.requestChanged.request.requestId === requestId && data.requestChanged.request.status === status);

describe('requestChanged', () => {
  it('tells those who serve of every request as it stands on the board', async () => {
    const followed = await follow(null, { role: 'success' });
    const [hers, others] = [await submit('ann'), await submit('bea')];
    await changed(followed, hers, 'SUBMITTED');
    await changed(followed, others, 'SUBMITTED');
    await acknowledge(hers);
    const { data, position } = await changed(followed, hers, 'ACKNOWLEDGED');
    expect(data.requestChanged).toEqual({ position, request: { requestId: hers, status: 'ACKNOWLEDGED', kind: 'QUESTION' } });
  });

  it('of one customer tells nothing of others', async () => {
    const followed = await follow(await idOf('ann'), { role: 'success' });
    await submit('bea');
    const hers = await submit('ann');
    expect((await followed.next())?.data.requestChanged.request.requestId).toBe(hers);
  });

  it('goes on where a client was cut off', async () => {
    const before = await platform.head();
    const [one, two] = [await submit('ann'), await submit('bea')];
    await platform.caughtUp();
    const followed = await follow(null, { role: 'success' }, before);
    const first = await followed.next();
    expect(first?.data.requestChanged.request.requestId).toBe(one);
    await followed.end();
    const again = await follow(null, { role: 'success' }, first?.position);
    expect((await again.next())?.data.requestChanged.request.requestId).toBe(two);
  });

  it("a customer's own token follows herself without a name, and nobody else", async () => {
    const own = await follow(null, { userId: 'ann' });
    await submit('bea');
    const hers = await submit('ann');
    expect((await own.next())?.data.requestChanged.request.requestId).toBe(hers);
    const denied = await follow(await idOf('bea'), { userId: 'ann' });
    expect(await denied.next()).toMatchObject({ data: null, errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    const unseen = await follow(null, { userId: 'never-seen' });
    expect((await unseen.next())?.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
    const marketer = await follow(null, { role: 'marketer' });
    expect((await marketer.next())?.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    const nobody = await follow(null, { role: null });
    expect((await nobody.next())?.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });
});
