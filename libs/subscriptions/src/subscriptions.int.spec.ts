import { ROLES, type Role } from '@tsunagari/access';
import { platformUnderTest, type PlatformUnderTest, TEST_NOW } from '../../testing/src/platform-under-test';

let platform: PlatformUnderTest;
beforeAll(async () => {
  platform = await platformUnderTest();
});
afterAll(() => platform.stop());

let made = 0;
const fresh = (word: string): string => `${word}-${++made}`;
const refused = 'CommandRefused';

const FIELDS = `subscriptionId status planVersion periodEndsAt trialEndsAt mrr { amountMinor currency } pausedUntil cancellableAt version failedPayments
  plan { planId family } addOns { addOnId } content { name value } cancellation { effectiveAt reasonCode } ending { how voluntary reasonCode at }
  migratedFrom { licenceId product credit { amountMinor } } customer { id }`;
const INPUT_OF: Readonly<Record<string, string>> = {
  startTrial: 'StartSubscriptionInput',
  activateSubscription: 'StartSubscriptionInput',
  resumeSubscription: 'SubscriptionInput',
  renewSubscription: 'SubscriptionInput',
};
const inputOf = (mutation: string): string => INPUT_OF[mutation] ?? `${mutation[0]?.toUpperCase() ?? ''}${mutation.slice(1)}Input`;

type Asking = { readonly role?: Role; readonly userId?: string };
const ask = async (mutation: string, input: object, asking: Asking = {}) => {
  const { data, errors } = await platform.ask(
    `mutation M($input: ${inputOf(mutation)}!) { ${mutation}(input: $input) { __typename
      ... on SubscriptionAnswer { repeated position subscription { ${FIELDS} } } ... on CommandRefused { code field rule remedy } } }`,
    { input: { idempotencyKey: fresh('key'), ...input } },
    asking,
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data[mutation];
};
const planAsk = async (mutation: string, input: object) =>
  (
    await platform.ask(
      `mutation M($input: ${inputOf(mutation)}!) { ${mutation}(input: $input) { __typename
        ... on PlanAnswer { repeated plan { planId retired version offered { planVersion price { amountMinor } } versions { planVersion published terms { takesEffect noticeDays } } } }
        ... on CommandRefused { code field rule } } }`,
      { input: { idempotencyKey: fresh('key'), ...input } },
    )
  ).data[mutation];

const price = (amountMinor: string, currency = 'JPY') => ({ amountMinor, currency });
const definition = (planId: string, over: object = {}) => ({
  planId,
  family: planId,
  name: { ja: '詰め替え', en: 'Refill' },
  price: price('1980'),
  interval: 'MONTH',
  trialDays: 14,
  ...over,
});
async function plan(over: object = {}): Promise<string> {
  const planId = fresh('plan');
  expect(await planAsk('definePlan', definition(planId, over))).toMatchObject({ __typename: 'PlanAnswer' });
  expect(await planAsk('publishPlan', { planId, planVersion: 1 })).toMatchObject({ __typename: 'PlanAnswer' });
  return planId;
}
const buyer = (userId = fresh('buyer')) => ({ type: 'USER_ID', value: userId });
async function subscribed(over: object = {}, customer = buyer(), terms: object = {}) {
  const planId = await plan({ terms });
  const { subscription } = await ask('activateSubscription', { planId, customer, ...over });
  return subscription as { subscriptionId: string; version: number; customer: { id: string }; plan: { planId: string } };
}
/** Once everything that follows has followed: a cancellation stands on the request board a moment later. */
const facts = async (): Promise<string> => {
  await platform.caughtUp();
  const { rows } = await platform.deployment.pool.query<{ n: string }>('select count(*) as n from events');
  return rows[0]?.n ?? '';
};

describe('a plan through the graph', () => {
  it('is defined, published, given a new price by a new version, and retired', async () => {
    const planId = await plan();
    expect(
      await planAsk('definePlan', definition(planId, { price: price('2480'), terms: { takesEffect: 'IMMEDIATELY', noticeDays: 3 } })),
    ).toMatchObject({
      plan: {
        offered: { planVersion: 1, price: { amountMinor: '1980' } },
        versions: [
          { planVersion: 1, published: true, terms: { takesEffect: 'PERIOD_END', noticeDays: 0 } },
          { planVersion: 2, published: false, terms: { takesEffect: 'IMMEDIATELY', noticeDays: 3 } },
        ],
      },
    });
    expect(await planAsk('publishPlan', { planId, planVersion: 2 })).toMatchObject({ plan: { offered: { planVersion: 2 } } });
    expect(await planAsk('retirePlan', { planId, reason: 'gone' })).toMatchObject({ plan: { retired: true, offered: null } });
    const { data } = await platform.ask(
      'query P($planId: String!) { plan(planId: $planId) { id family retired } }',
      { planId },
      { userId: 'anybody' },
    );
    expect(data.plan).toEqual({ id: `Plan:${planId}`, family: planId, retired: true });
  });

  it.each([
    ['PLAN_VERSION_FIXED', 'planVersion', 'definePlan', (planId: string) => definition(planId, { planVersion: 1, price: price('1') })],
    ['INVALID_FIELD', 'planVersion', 'definePlan', (planId: string) => definition(planId, { planVersion: 7 })],
    ['INVALID_FIELD', 'family', 'definePlan', (planId: string) => definition(planId, { family: 'another' })],
    ['INVALID_FIELD', 'price', 'definePlan', (planId: string) => definition(planId, { price: price('-1') })],
    ['INVALID_FIELD', 'price.amountMinor', 'definePlan', (planId: string) => definition(planId, { price: price('1.5') })],
    ['INVALID_FIELD', 'price.currency', 'definePlan', (planId: string) => definition(planId, { price: price('1', 'yen') })],
    ['INVALID_FIELD', 'planId', 'definePlan', () => definition('not an id')],
    ['INVALID_FIELD', 'trialDays', 'definePlan', (planId: string) => definition(planId, { trialDays: 1000 })],
    ['UNKNOWN_PLAN', 'planVersion', 'publishPlan', (planId: string) => ({ planId, planVersion: 9 })],
    ['UNKNOWN_PLAN', 'planId', 'retirePlan', () => ({ planId: 'never' })],
    ['VERSION_CONFLICT', 'expectedVersion', 'retirePlan', (planId: string) => ({ planId, expectedVersion: 77 })],
  ] as const)('refuses %s at %s of %s, and writes nothing', async (code, field, mutation, input) => {
    const given = input(await plan());
    const before = await facts();
    expect(await planAsk(mutation, given)).toMatchObject({ __typename: refused, code, field, rule: expect.stringMatching(/./) });
    expect(await facts()).toBe(before);
  });

  it('refuses PLAN_RETIRED', async () => {
    const planId = await plan();
    await planAsk('retirePlan', { planId });
    expect(await planAsk('definePlan', definition(planId))).toMatchObject({ code: 'PLAN_RETIRED', field: 'planId' });
    expect(await planAsk('publishPlan', { planId, planVersion: 1 })).toMatchObject({ code: 'PLAN_RETIRED', field: 'planId' });
  });
});

describe('a subscription through the graph', () => {
  it('lives from trial over changes and a pause to an undone and an effective cancellation [2.09] [4.02]', async () => {
    const customer = buyer();
    const [planId, plus] = [await plan(), await plan({ price: price('2980') })];
    const trial = await ask('startTrial', { planId, customer });
    expect(trial).toMatchObject({
      __typename: 'SubscriptionAnswer',
      subscription: { status: 'TRIAL', trialEndsAt: '2026-01-16T03:04:05.000Z', mrr: null, plan: { planId } },
    });
    const { subscriptionId } = trial.subscription;
    const of = (more: object = {}) => ({ subscriptionId, ...more });
    expect(await ask('activateSubscription', of({ planId }))).toMatchObject({
      subscription: {
        status: 'ACTIVE',
        mrr: price('1980'),
        periodEndsAt: '2026-02-02T03:04:05.000Z',
        cancellableAt: '2026-02-02T03:04:05.000Z',
      },
    });
    expect(await ask('changePlan', of({ planId: plus }))).toMatchObject({ subscription: { mrr: price('2980'), plan: { planId: plus } } });
    expect(await ask('addAddOn', of({ addOnId: 'brush', price: price('300') }))).toMatchObject({
      subscription: { mrr: price('3280'), addOns: [{ addOnId: 'brush' }] },
    });
    const content = [{ name: 'fragrance', value: 'hinoki' }];
    expect(await ask('changeServiceContent', of({ content }))).toMatchObject({ subscription: { content } });
    expect(await ask('renewSubscription', of())).toMatchObject({ subscription: { periodEndsAt: '2026-03-02T03:04:05.000Z' } });
    expect(await ask('pauseSubscription', of({ until: '2026-04-01T00:00:00Z' }))).toMatchObject({
      subscription: { status: 'PAUSED', mrr: price('0'), pausedUntil: '2026-04-01T00:00:00.000Z' },
    });
    expect(await ask('resumeSubscription', of())).toMatchObject({
      subscription: { status: 'ACTIVE', mrr: price('3280'), pausedUntil: null },
    });
    expect(await ask('cancelSubscription', of())).toMatchObject({
      subscription: { status: 'ACTIVE', cancellation: { effectiveAt: '2026-02-02T03:04:05.000Z', reasonCode: null } },
    });
    expect(await ask('undoCancellation', of())).toMatchObject({ subscription: { cancellation: null } });
    expect(await ask('recordPaymentFailure', of({ attempt: 1, final: false }))).toMatchObject({
      subscription: { status: 'ACTIVE', failedPayments: 1 },
    });
    expect(await ask('recordPaymentFailure', of({ attempt: 2, final: true }))).toMatchObject({
      subscription: {
        status: 'ENDED',
        mrr: price('0'),
        ending: { how: 'CANCELLED', voluntary: false, reasonCode: 'payment-failed', at: TEST_NOW },
      },
    });
  });

  it('takes over a licence that was bought for ever [3.10]', async () => {
    const licence = { licenceId: 'L-1', product: 'Brush 2019', boughtAt: '2019-04-01T00:00:00Z', credit: price('500') };
    const input = { planId: await plan(), customer: buyer(), licence };
    expect(await ask('migratePerpetualLicence', input)).toMatchObject({
      subscription: { status: 'ACTIVE', migratedFrom: { licenceId: 'L-1', product: 'Brush 2019', credit: { amountMinor: '500' } } },
    });
    expect(await ask('migratePerpetualLicence', { ...input, licence: { ...licence, credit: price('1', 'EUR') } })).toMatchObject({
      code: 'MIXED_CURRENCY',
    });
    expect(await ask('migratePerpetualLicence', { ...input, licence: { ...licence, credit: price('x') } })).toMatchObject({
      code: 'INVALID_FIELD',
      field: 'licence.credit.amountMinor',
    });
    expect(await ask('migratePerpetualLicence', { ...input, licence: { ...licence, boughtAt: '2030-01-01T00:00:00Z' } })).toMatchObject({
      code: 'FUTURE_EVENT',
    });
  });

  it('is cancelled with nothing but its name, by the key twice, and by another key again, as one cancellation', async () => {
    const { subscriptionId } = await subscribed();
    const first = await ask('cancelSubscription', { subscriptionId, idempotencyKey: 'once' });
    const version = first.subscription.version;
    expect(await ask('cancelSubscription', { subscriptionId, idempotencyKey: 'once' })).toMatchObject({
      repeated: true,
      subscription: { version },
    });
    expect(await ask('cancelSubscription', { subscriptionId })).toMatchObject({ subscription: { version, status: 'ACTIVE' } });
  });

  it('whose terms end at once is over at once, and cannot be undone', async () => {
    const { subscriptionId } = await subscribed({}, buyer(), { takesEffect: 'IMMEDIATELY' });
    expect(await ask('cancelSubscription', { subscriptionId, reasonCode: 'moved' })).toMatchObject({
      subscription: { status: 'ENDED', ending: { how: 'CANCELLED', voluntary: true, reasonCode: 'moved' } },
    });
    expect(await ask('undoCancellation', { subscriptionId })).toMatchObject({ __typename: refused, code: 'CANCELLATION_EFFECTIVE' });
    expect(await ask('cancelSubscription', { subscriptionId })).toMatchObject({ __typename: 'SubscriptionAnswer' });
  });

  it('terms move the day and nothing else', async () => {
    const { subscriptionId } = await subscribed({}, buyer(), { noticeDays: 90, minimumMonths: 12 });
    expect(await ask('cancelSubscription', { subscriptionId })).toMatchObject({
      subscription: { cancellation: { effectiveAt: '2027-01-02T03:04:05.000Z' } },
    });
  });

  it('every one of a customer is on her page, newest first', async () => {
    const customer = buyer();
    const ids = [(await subscribed({}, customer)).subscriptionId, (await subscribed({}, customer)).subscriptionId];
    await platform.caughtUp();
    const { data } = await platform.ask(
      'query C($identifier: IdentifierInput!) { customer(identifier: $identifier) { subscriptions(first: 5) { totalCount edges { node { subscriptionId } } } } }',
      { identifier: customer },
    );
    expect(data.customer.subscriptions.totalCount).toBe(2);
    expect(data.customer.subscriptions.edges.map(({ node }: { node: { subscriptionId: string } }) => node.subscriptionId).sort()).toEqual(
      ids.sort(),
    );
  });
});

describe('a subscription refuses, with field and rule, and writes nothing', () => {
  const ended = async (): Promise<string> => {
    const { subscriptionId } = await subscribed({}, buyer(), { takesEffect: 'IMMEDIATELY' });
    await ask('cancelSubscription', { subscriptionId });
    return subscriptionId;
  };
  const trial = async () => (await ask('startTrial', { planId: await plan(), customer: buyer() })).subscription.subscriptionId as string;
  const active = async () => (await subscribed()).subscriptionId;
  const paused = async (): Promise<string> => {
    const subscriptionId = await active();
    await ask('pauseSubscription', { subscriptionId, until: '2026-06-01T00:00:00Z' });
    return subscriptionId;
  };
  const leaving = async (): Promise<string> => {
    const subscriptionId = await active();
    await ask('cancelSubscription', { subscriptionId });
    return subscriptionId;
  };
  const none = async () => 'never-begun';

  type Case = readonly [code: string, field: string, mutation: string, make: () => Promise<string>, more: object];
  const cases: readonly Case[] = [
    ['UNKNOWN_SUBSCRIPTION', 'subscriptionId', 'cancelSubscription', none, {}],
    ['UNKNOWN_SUBSCRIPTION', 'subscriptionId', 'cancelSubscription', async () => 'no id at all', {}],
    ['UNKNOWN_SUBSCRIPTION', 'subscriptionId', 'recordPaymentFailure', none, { attempt: 1, final: false }],
    ['SUBSCRIPTION_EXISTS', 'subscriptionId', 'startTrial', active, { plan: true, customer: true }],
    ['SUBSCRIPTION_EXISTS', 'subscriptionId', 'activateSubscription', active, { plan: true }],
    ['SUBSCRIPTION_ENDED', 'subscriptionId', 'activateSubscription', ended, { plan: true }],
    ['SUBSCRIPTION_ENDED', 'subscriptionId', 'changePlan', ended, { plan: true }],
    ['SUBSCRIPTION_ENDED', 'subscriptionId', 'addAddOn', ended, { addOnId: 'a', price: price('1') }],
    ['SUBSCRIPTION_ENDED', 'subscriptionId', 'changeServiceContent', ended, { content: [] }],
    ['SUBSCRIPTION_ENDED', 'subscriptionId', 'pauseSubscription', ended, { until: '2026-06-01T00:00:00Z' }],
    ['SUBSCRIPTION_ENDED', 'subscriptionId', 'resumeSubscription', ended, {}],
    ['SUBSCRIPTION_ENDED', 'subscriptionId', 'renewSubscription', ended, {}],
    ['SUBSCRIPTION_NOT_ACTIVE', 'subscriptionId', 'changePlan', paused, { plan: true }],
    ['SUBSCRIPTION_NOT_ACTIVE', 'subscriptionId', 'renewSubscription', trial, {}],
    ['SUBSCRIPTION_NOT_ACTIVE', 'subscriptionId', 'pauseSubscription', trial, { until: '2026-06-01T00:00:00Z' }],
    ['ALREADY_PAUSED', 'subscriptionId', 'pauseSubscription', paused, { until: '2026-06-01T00:00:00Z' }],
    ['NOT_PAUSED', 'subscriptionId', 'resumeSubscription', active, {}],
    ['NO_CANCELLATION', 'subscriptionId', 'undoCancellation', active, {}],
    ['EFFECTIVE_BEFORE_REQUEST', 'effectiveAt', 'cancelSubscription', active, { effectiveAt: '2025-12-31T00:00:00Z' }],
    ['INVALID_FIELD', 'until', 'pauseSubscription', active, { until: '2025-06-01T00:00:00Z' }],
    ['INVALID_FIELD', 'price.currency', 'addAddOn', active, { addOnId: 'a', price: price('1', 'E') }],
    ['INVALID_FIELD', 'addOnId', 'addAddOn', active, { addOnId: 'not an id', price: price('1') }],
    ['INVALID_FIELD', 'reasonCode', 'cancelSubscription', active, { reasonCode: 'no code' }],
    ['MIXED_CURRENCY', 'price.currency', 'addAddOn', active, { addOnId: 'a', price: price('1', 'EUR') }],
    ['UNKNOWN_PLAN', 'planId', 'changePlan', active, { planId: 'never' }],
    ['VERSION_CONFLICT', 'expectedVersion', 'resumeSubscription', paused, { expectedVersion: 9 }],
    ['INVALID_FIELD', 'due.amountMinor', 'recordPaymentFailure', active, { attempt: 1, final: false, due: price('a') }],
  ];
  it.each(cases)('%s at %s of %s', async (code, field, mutation, make, more) => {
    const subscriptionId = await make();
    const { plan: wantsPlan, customer: wantsCustomer, ...rest } = more as { plan?: boolean; customer?: boolean };
    const input = {
      subscriptionId,
      ...rest,
      ...(wantsPlan ? { planId: await plan() } : {}),
      ...(wantsCustomer ? { customer: buyer('known') } : {}),
    };
    const before = await facts();
    expect(await ask(mutation, input)).toMatchObject({ __typename: refused, code, field, rule: expect.stringMatching(/./) });
    expect(await facts()).toBe(before);
  });

  it('what begins without a plan, a customer or an id', async () => {
    const planId = await plan();
    const before = await facts();
    const customer = buyer('not-to-be');
    const expectRefused = async (code: string, field: string, mutation: string, input: object, asking: Asking = {}) =>
      expect(await ask(mutation, input, asking)).toMatchObject({ __typename: refused, code, field });
    await expectRefused('UNKNOWN_PLAN', 'planId', 'startTrial', { planId: 'never', customer });
    await expectRefused('UNKNOWN_PLAN', 'planVersion', 'startTrial', { planId, planVersion: 3, customer });
    await expectRefused('MISSING_FIELD', 'customer', 'startTrial', { planId });
    await expectRefused('UNKNOWN_IDENTIFIER', 'customer', 'startTrial', { planId, customer: { type: 'USER_ID', value: '' } });
    await expectRefused('INVALID_FIELD', 'subscriptionId', 'startTrial', { planId, customer, subscriptionId: 'no id' });
    await expectRefused('INVALID_FIELD', 'customer', 'startTrial', { planId, customer }, { userId: 'somebody' });
    await expectRefused('UNKNOWN_CUSTOMER', 'customer', 'startTrial', { planId }, { userId: 'never-seen' });
    expect(await facts()).toBe(before);
  });

  it('a plan that is not published, is retired, or has no trial', async () => {
    const [unpublished, retired, without] = [fresh('plan'), await plan(), await plan({ trialDays: 0 })];
    await planAsk('definePlan', definition(unpublished));
    await planAsk('retirePlan', { planId: retired });
    const customer = buyer();
    expect(await ask('startTrial', { planId: unpublished, customer })).toMatchObject({ code: 'PLAN_NOT_PUBLISHED', field: 'planId' });
    expect(await ask('startTrial', { planId: unpublished, planVersion: 1, customer })).toMatchObject({
      code: 'PLAN_NOT_PUBLISHED',
      field: 'planId',
    });
    expect(await ask('activateSubscription', { planId: retired, customer })).toMatchObject({ code: 'PLAN_RETIRED', field: 'planId' });
    expect(await ask('startTrial', { planId: without, customer })).toMatchObject({ code: 'NO_TRIAL', field: 'planId' });
  });

  it('another currency, an add-on twice, an erased customer, a key with another body', async () => {
    const customer = buyer();
    const { subscriptionId, customer: owner } = await subscribed({}, customer);
    const euro = await plan({ price: price('1500', 'EUR') });
    expect(await ask('changePlan', { subscriptionId, planId: euro })).toMatchObject({ code: 'MIXED_CURRENCY', field: 'planId' });
    await ask('addAddOn', { subscriptionId, addOnId: 'brush', price: price('1') });
    expect(await ask('addAddOn', { subscriptionId, addOnId: 'brush', price: price('1') })).toMatchObject({
      code: 'DUPLICATE_CONTENT',
      field: 'addOnId',
    });
    await ask('pauseSubscription', { subscriptionId, until: '2026-06-01T00:00:00Z', idempotencyKey: 'twice' });
    expect(await ask('pauseSubscription', { subscriptionId, until: '2026-07-01T00:00:00Z', idempotencyKey: 'twice' })).toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    });
    await platform.caughtUp();
    await platform.ask(
      'mutation E($id: ID!) { eraseCustomer(input: { customerId: $id, confirm: "ERASE", idempotencyKey: "e" }) { __typename } }',
      { id: owner.id },
    );
    expect(await ask('startTrial', { planId: euro, customer })).toMatchObject({ code: 'SUBJECT_ERASED', field: 'customer' });
  });

  it('a cancellation asked for twice at once is one', async () => {
    const subscriptionId = await leaving();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('cancelSubscription', { subscriptionId })));
    expect(new Set(answers.map(({ subscription }) => subscription.version))).toEqual(new Set([2]));
  });
});

describe("a customer's own token", () => {
  const seen = async (userId: string) => {
    await platform.send('/v1/identify', { userId, messageId: fresh('m') });
    return userId;
  };
  it('subscribes, changes and cancels for herself [2.09]', async () => {
    const userId = await seen(fresh('self'));
    const { subscription } = await ask('activateSubscription', { planId: await plan() }, { userId });
    const { subscriptionId } = subscription;
    expect(await ask('pauseSubscription', { subscriptionId, until: '2026-06-01T00:00:00Z' }, { userId })).toMatchObject({
      subscription: { status: 'PAUSED' },
    });
    expect(await ask('cancelSubscription', { subscriptionId }, { userId })).toMatchObject({ subscription: { status: 'ENDED' } });
    const { data } = await platform.ask('{ mySubscriptions { subscriptionId status } }', {}, { userId });
    expect(data.mySubscriptions).toEqual([{ subscriptionId, status: 'ENDED' }]);
  });

  it('reaches nobody else: to her another one’s subscription does not exist', async () => {
    const [mine, hers] = [await seen(fresh('mine')), await seen(fresh('hers'))];
    const { subscriptionId, version } = await subscribed({}, buyer(hers));
    const before = await facts();
    for (const [mutation, more] of [
      ['cancelSubscription', {}],
      ['undoCancellation', {}],
      ['pauseSubscription', { until: '2026-06-01T00:00:00Z' }],
      ['resumeSubscription', {}],
      ['changePlan', { planId: 'never' }],
      ['changeServiceContent', { content: [] }],
    ] as const)
      expect(await ask(mutation, { subscriptionId, ...more }, { userId: mine })).toMatchObject({
        __typename: refused,
        code: 'UNKNOWN_SUBSCRIPTION',
      });
    expect(await ask('activateSubscription', { subscriptionId, planId: await plan() }, { userId: mine })).toMatchObject({
      code: 'SUBSCRIPTION_EXISTS',
    });
    const read =
      'query S($subscriptionId: String!) { subscription(subscriptionId: $subscriptionId) { version } mySubscriptions { version } }';
    expect((await platform.ask(read, { subscriptionId }, { userId: mine })).data).toEqual({ subscription: null, mySubscriptions: [] });
    expect((await platform.ask(read, { subscriptionId }, { userId: hers })).data).toEqual({
      subscription: { version },
      mySubscriptions: [{ version }],
    });
    expect(Number(await facts())).toBe(Number(before) + 2);
  });

  it('reaches what a verified link joins, and never over a link that a browser claimed [2.21]', async () => {
    const [userId, attacked] = [await seen(fresh('linker')), await seen(fresh('attacked'))];
    const device = fresh('device');
    // A server says that both sign in on one device; a browser says that somebody's device is hers.
    await platform.send('/v1/identify', { userId, anonymousId: device, messageId: fresh('m') }, { source: 'server' });
    const linked = await subscribed({}, { type: 'ANONYMOUS_ID', value: device });
    const read = 'query S($subscriptionId: String!) { subscription(subscriptionId: $subscriptionId) { subscriptionId } }';
    await platform.caughtUp();
    expect((await platform.ask(read, { subscriptionId: linked.subscriptionId }, { userId })).data.subscription).toEqual({
      subscriptionId: linked.subscriptionId,
    });
    const claimed = fresh('claimed-device');
    const victim = await subscribed({}, { type: 'ANONYMOUS_ID', value: claimed });
    await platform.send('/v1/identify', { userId: attacked, anonymousId: claimed, messageId: fresh('m') }, { source: 'browser' });
    expect((await platform.ask(read, { subscriptionId: victim.subscriptionId }, { userId: attacked })).data.subscription).toBeNull();
    expect(await ask('cancelSubscription', { subscriptionId: victim.subscriptionId }, { userId: attacked })).toMatchObject({
      code: 'UNKNOWN_SUBSCRIPTION',
    });
  });
});

describe('what happens by itself', () => {
  it('one trial a person and family, also under another id of hers, and never twice by two at once', async () => {
    const [planId, userId, device] = [await plan(), fresh('trier'), fresh('device')];
    await platform.send('/v1/identify', { userId, anonymousId: device, messageId: fresh('m') });
    const tried = await Promise.all([1, 2, 3, 4].map(() => ask('startTrial', { planId, customer: buyer(userId) })));
    expect(tried.map(({ code }) => code ?? 'started').sort()).toEqual(['SECOND_TRIAL', 'SECOND_TRIAL', 'SECOND_TRIAL', 'started']);
    expect(await ask('startTrial', { planId, customer: { type: 'ANONYMOUS_ID', value: device } })).toMatchObject({
      code: 'SECOND_TRIAL',
      field: 'planId',
    });
    expect(await ask('startTrial', { planId: await plan(), customer: buyer(userId) })).toMatchObject({ subscription: { status: 'TRIAL' } });
  });

  it('trials end, pauses lapse, cancellations take effect and periods expire when their time comes', async () => {
    const shown = async (subscriptionId: string) =>
      (
        await platform.ask('query S($id: String!) { subscription(subscriptionId: $id) { status ending { how at voluntary } } }', {
          id: subscriptionId,
        })
      ).data.subscription;
    const trial = (await ask('startTrial', { planId: await plan(), customer: buyer() })).subscription.subscriptionId as string;
    const [paused, leaving, left] = [
      (await subscribed()).subscriptionId,
      (await subscribed()).subscriptionId,
      (await subscribed()).subscriptionId,
    ];
    await ask('pauseSubscription', { subscriptionId: paused, until: '2026-01-20T00:00:00Z' });
    await ask('cancelSubscription', { subscriptionId: leaving });
    await platform.moveClock('2026-01-16T03:04:04.000Z');
    expect(await shown(trial)).toMatchObject({ status: 'TRIAL' });
    await platform.moveClock('2026-01-21T00:00:00.000Z');
    expect(await shown(trial)).toMatchObject({ status: 'ENDED', ending: { how: 'TRIAL_LAPSED', at: '2026-01-16T03:04:05.000Z' } });
    expect(await shown(paused)).toMatchObject({ status: 'LAPSED' });
    expect(await shown(leaving)).toMatchObject({ status: 'ACTIVE' });
    await platform.moveClock('2026-02-03T00:00:00.000Z');
    expect(await shown(leaving)).toMatchObject({
      status: 'ENDED',
      ending: { how: 'CANCELLED', at: '2026-02-02T03:04:05.000Z', voluntary: true },
    });
    expect(await shown(left)).toMatchObject({ status: 'ACTIVE' });
    await platform.moveClock('2026-03-05T00:00:00.000Z');
    expect(await shown(left)).toMatchObject({ status: 'ENDED', ending: { how: 'EXPIRED' } });
    await platform.moveClock(TEST_NOW);
  });
});

describe('who may do what', () => {
  const self: readonly Role[] = ['customer', 'frontend', 'success', 'ops', 'admin'];
  const table: Readonly<Record<string, readonly [readonly Role[], object]>> = {
    definePlan: [
      ['marketer', 'ops', 'admin'],
      { planId: '-', family: 'f', name: { ja: 'x', en: 'x' }, price: price('1'), interval: 'MONTH' },
    ],
    publishPlan: [['marketer', 'ops', 'admin'], { planId: '-', planVersion: 1 }],
    retirePlan: [['marketer', 'ops', 'admin'], { planId: '-' }],
    startTrial: [self, { planId: 'never' }],
    activateSubscription: [self, { planId: 'never' }],
    migratePerpetualLicence: [self, { planId: 'never', licence: { licenceId: 'L', product: 'P', boughtAt: TEST_NOW, credit: price('x') } }],
    changePlan: [self, { subscriptionId: 'never', planId: 'never' }],
    addAddOn: [['frontend', 'success', 'ops', 'admin'], { subscriptionId: 'never', addOnId: 'a', price: price('1') }],
    changeServiceContent: [self, { subscriptionId: 'never', content: [] }],
    pauseSubscription: [self, { subscriptionId: 'never', until: TEST_NOW }],
    resumeSubscription: [self, { subscriptionId: 'never' }],
    cancelSubscription: [self, { subscriptionId: 'never' }],
    undoCancellation: [self, { subscriptionId: 'never' }],
    renewSubscription: [['frontend', 'ops', 'admin'], { subscriptionId: 'never' }],
    recordPaymentFailure: [['frontend', 'ops', 'admin'], { subscriptionId: 'never', attempt: 1, final: false }],
  };
  it.each(Object.entries(table))('%s', async (mutation, [allowed, input]) => {
    const tried = (role: Role | null) =>
      platform.ask(
        `mutation M($input: ${inputOf(mutation)}!) { ${mutation}(input: $input) { __typename } }`,
        { input: { ...input, idempotencyKey: 'k' } },
        { role },
      );
    expect((await tried(null)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    for (const role of ROLES) {
      const { data, errors } = await tried(role);
      if (allowed.includes(role)) expect([role, data?.[mutation]?.__typename]).toEqual([role, refused]);
      else expect([role, errors[0]?.extensions['code']]).toEqual([role, 'FORBIDDEN']);
    }
  });
});
