import type { Subscribed } from '../../../testing/src/subscription';
import { platformUnderTest, type PlatformUnderTest } from '../../../testing/src/platform-under-test';

let platform: PlatformUnderTest;
beforeAll(async () => (platform = await platformUnderTest()));
afterAll(() => platform.stop());

let made = 0;
const fresh = (word: string): string => `${word}-${++made}`;
const identify = (userId: string, traits: object = {}): Promise<unknown> =>
  platform.send('/v1/identify', { userId, traits, messageId: fresh('m') });
const idOf = async (userId: string): Promise<string> =>
  (await platform.ask(`{ customer(identifier: { type: USER_ID, value: "${userId}" }) { id } }`)).data.customer.id;
const known = async (): Promise<{ userId: string; id: string }> => {
  const userId = fresh('u');
  await identify(userId);
  return { userId, id: await idOf(userId) };
};

const CHANGED = `subscription($id: ID!, $after: Position) { customerChanged(id: $id, after: $after) {
  position causes evidence customer { id kind identifiers { value } profile { traits freshness { position } } } } }`;
const follow = async (id: string, options: { userId?: string } = {}, after?: string): Promise<Subscribed> =>
  platform.subscribe(CHANGED, { id, after: after ?? (await platform.head()) }, options);

describe('customerChanged', () => {
  it('tells what was taken in, when it can be read, with fields of other contexts', async () => {
    const { userId, id } = await known();
    const followed = await follow(id);
    await identify(userId, { plan: 'gold' });
    const told = await followed.next();
    const { position, causes, evidence, customer } = told?.data.customerChanged ?? {};
    expect(told?.errors).toEqual([]);
    expect([causes, customer.id, customer.identifiers]).toEqual([['FACTS'], id, [{ value: userId }]]);
    expect(JSON.parse(customer.profile.traits)).toMatchObject({ plan: 'gold' });
    expect(BigInt(customer.profile.freshness.position)).toBeGreaterThanOrEqual(BigInt(position));
    expect(told?.position).toBe(position);
    const facts = await platform.deployment.journal.byIds(evidence);
    expect(facts.map(({ subject }) => `Customer:${subject}`)).toEqual(evidence.map(() => id));
  });

  it('tells nothing of others', async () => {
    const [her, other] = [await known(), await known()];
    const followed = await follow(her.id);
    await identify(other.userId, { name: 'other' });
    await identify(her.userId, { name: 'her' });
    expect(JSON.parse((await followed.next())?.data.customerChanged.customer.profile.traits)).toMatchObject({ name: 'her' });
  });

  it('goes with her through a merge and a split', async () => {
    const [older, younger] = [await known(), await known()];
    const followed = await follow(younger.id);
    await platform.ask(
      'mutation($ids: [ID!]!) { mergeCustomers(input: { customerIds: $ids, reason: "one", idempotencyKey: "merge" }) { __typename } }',
      { ids: [older.id, younger.id] },
    );
    const merged = await followed.next();
    expect(merged?.data.customerChanged).toMatchObject({ causes: ['IDENTITY'], customer: { id: older.id } });
    await identify(older.userId, { name: 'both' });
    expect((await followed.next())?.data.customerChanged).toMatchObject({ causes: ['FACTS'], customer: { id: older.id } });
    const { data } = await platform.ask(
      `{ customer(identifier: { type: USER_ID, value: "${younger.userId}" }) { identifiers { id value } } }`,
    );
    const own = data.customer.identifiers.find(({ value }: { value: string }) => value === younger.userId).id;
    const split = await platform.ask(
      'mutation($input: SplitCustomerInput!) { splitCustomer(input: $input) { __typename ... on CommandRefused { code field rule } } }',
      { input: { customerId: older.id, identifierIds: [own], reason: 'two', idempotencyKey: 'split' } },
    );
    expect(split.data.splitCustomer).toEqual({ __typename: 'CustomerCameApart' });
    expect((await followed.next())?.data.customerChanged).toMatchObject({ causes: ['IDENTITY'], customer: { id: younger.id } });
  });

  it('tells everybody of a day that has ended', async () => {
    const { id } = await known();
    const followed = await follow(id);
    await platform.services.closeDays('2026-01-01', '2026-01-01');
    expect((await followed.next())?.data.customerChanged).toMatchObject({ causes: ['DAY_CLOSED'], evidence: [], customer: { id } });
  });

  it('loses nothing of a client that was away: what happened since comes first, as one change', async () => {
    const { userId, id } = await known();
    const followed = await follow(id);
    await identify(userId, { one: true });
    const first = await followed.next();
    await followed.end();
    await identify(userId, { two: true });
    await identify(userId, { three: true });
    const again = await follow(id, {}, first?.position);
    const missed = await again.next();
    expect(missed?.data.customerChanged.evidence).toHaveLength(2);
    expect(JSON.parse(missed?.data.customerChanged.customer.profile.traits)).toEqual({ one: true, two: true, three: true });
    await identify(userId, { four: true });
    expect((await again.next())?.data.customerChanged.evidence).toHaveLength(1);
  });

  it("a customer's own token follows herself, along verified links, and nobody else", async () => {
    const [her, other] = [await known(), await known()];
    const device = fresh('device');
    // A browser says that the device is hers: nothing proves it.
    const browser = { source: 'browser' } as const;
    await platform.send('/v1/identify', { userId: her.userId, anonymousId: device, messageId: fresh('m') }, browser);
    const id = await idOf(her.userId);
    const denied = await follow(other.id, { userId: her.userId });
    expect(await denied.next()).toMatchObject({ data: null, errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    expect(await denied.next()).toBeNull();
    const unseen = await follow(her.id, { userId: 'never-seen' });
    expect((await unseen.next())?.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);

    const own = await follow(id, { userId: her.userId });
    await platform.send('/v1/page', { anonymousId: device, name: 'home', messageId: fresh('m') }, browser);
    await identify(her.userId, { name: 'herself' });
    const told = await own.next();
    const facts = await platform.deployment.journal.byIds(told?.data.customerChanged.evidence);
    expect(facts.map(({ type }) => type)).toEqual(['retention.customers.traits-updated']);
    expect(JSON.parse(told?.data.customerChanged.customer.profile.traits)).toEqual({ name: 'herself' });
  });

  it('knows the present only, and no object of another type', async () => {
    const { id } = await known();
    expect((await (await follow(`${id}@1`)).next())?.errors).toMatchObject([{ extensions: { code: 'AS_OF_UNSUPPORTED' } }]);
    expect((await (await follow('Job:1')).next())?.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: 'id' } }]);
    const nobody = await platform.subscribe(CHANGED, { id }, { role: null });
    expect((await nobody.next())?.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });
});

describe('projectionProgress', () => {
  const PROGRESS = `subscription($projection: String!) { projectionProgress(projection: $projection) {
    position status { name position head rebuilding generations { generation live phase done factsPerSecond remainingMs } } } }`;

  it('says where a read model stands, and follows a rebuild to its end', async () => {
    await known();
    const watched = await platform.subscribe(PROGRESS, { projection: 'profile' }, { role: 'data' });
    expect((await watched.next())?.data.projectionProgress.status).toMatchObject({
      name: 'profile',
      generations: [{ generation: 1, live: true, phase: 'READY' }],
    });
    await platform.ask('mutation { startRebuild(input: { projection: "profile" }) { __typename } }');
    const ended = await watched.until(
      ({ data }) => data.projectionProgress.status.generations[0].live && data.projectionProgress.status.generations.length === 2,
    );
    expect(ended.data.projectionProgress.status.generations[0]).toMatchObject({ generation: 2, phase: 'READY', done: '1', remainingMs: 0 });
  });

  it('names what there is to follow, to those who may', async () => {
    const unknown = await platform.subscribe(PROGRESS, { projection: 'moods' });
    expect((await unknown.next())?.errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', field: 'projection', rule: expect.stringMatching(/^one of .*profile, purchases/) } },
    ]);
    const marketer = await platform.subscribe(PROGRESS, { projection: 'profile' }, { role: 'marketer' });
    expect((await marketer.next())?.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });
});
