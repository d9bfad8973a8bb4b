import { TEST_NOW } from '../../testing/src/platform-under-test';
import { buyer, fresh, price, refused, specSubscriptions } from '../test-programs/spec-subscriptions';

const { ask, facts, plan, platform, subscribed } = specSubscriptions();

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
    await platform().caughtUp();
    const { data } = await platform().ask(
      'query C($identifier: IdentifierInput!) { customer(identifier: $identifier) { subscriptions(first: 5) { totalCount edges { node { subscriptionId } } } } }',
      { identifier: customer },
    );
    expect(data.customer.subscriptions.totalCount).toBe(2);
    expect(data.customer.subscriptions.edges.map(({ node }: { node: { subscriptionId: string } }) => node.subscriptionId).sort()).toEqual(
      ids.sort(),
    );
  });
});

describe("a customer's own token", () => {
  const seen = async (userId: string) => {
    await platform().send('/v1/identify', { userId, messageId: fresh('m') });
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
    const { data } = await platform().ask('{ mySubscriptions { subscriptionId status } }', {}, { userId });
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
    expect((await platform().ask(read, { subscriptionId }, { userId: mine })).data).toEqual({ subscription: null, mySubscriptions: [] });
    expect((await platform().ask(read, { subscriptionId }, { userId: hers })).data).toEqual({
      subscription: { version },
      mySubscriptions: [{ version }],
    });
    expect(Number(await facts())).toBe(Number(before) + 2);
  });

  it('reaches what a verified link joins, and never over a link that a browser claimed [2.21]', async () => {
    const [userId, attacked] = [await seen(fresh('linker')), await seen(fresh('attacked'))];
    const device = fresh('device');
    // A server says that both sign in on one device; a browser says that somebody's device is hers.
    await platform().send('/v1/identify', { userId, anonymousId: device, messageId: fresh('m') }, { source: 'server' });
    const linked = await subscribed({}, { type: 'ANONYMOUS_ID', value: device });
    const read = 'query S($subscriptionId: String!) { subscription(subscriptionId: $subscriptionId) { subscriptionId } }';
    await platform().caughtUp();
    expect((await platform().ask(read, { subscriptionId: linked.subscriptionId }, { userId })).data.subscription).toEqual({
      subscriptionId: linked.subscriptionId,
    });
    const claimed = fresh('claimed-device');
    const victim = await subscribed({}, { type: 'ANONYMOUS_ID', value: claimed });
    await platform().send('/v1/identify', { userId: attacked, anonymousId: claimed, messageId: fresh('m') }, { source: 'browser' });
    expect((await platform().ask(read, { subscriptionId: victim.subscriptionId }, { userId: attacked })).data.subscription).toBeNull();
    expect(await ask('cancelSubscription', { subscriptionId: victim.subscriptionId }, { userId: attacked })).toMatchObject({
      code: 'UNKNOWN_SUBSCRIPTION',
    });
  });
});

describe('what happens by itself', () => {
  it('one trial a person and family, also under another id of hers, and never twice by two at once', async () => {
    const [planId, userId, device] = [await plan(), fresh('trier'), fresh('device')];
    await platform().send('/v1/identify', { userId, anonymousId: device, messageId: fresh('m') });
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
        await platform().ask('query S($id: String!) { subscription(subscriptionId: $id) { status ending { how at voluntary } } }', {
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
    await platform().moveClock('2026-01-16T03:04:04.000Z');
    expect(await shown(trial)).toMatchObject({ status: 'TRIAL' });
    await platform().moveClock('2026-01-21T00:00:00.000Z');
    expect(await shown(trial)).toMatchObject({ status: 'ENDED', ending: { how: 'TRIAL_LAPSED', at: '2026-01-16T03:04:05.000Z' } });
    expect(await shown(paused)).toMatchObject({ status: 'LAPSED' });
    expect(await shown(leaving)).toMatchObject({ status: 'ACTIVE' });
    await platform().moveClock('2026-02-03T00:00:00.000Z');
    expect(await shown(leaving)).toMatchObject({
      status: 'ENDED',
      ending: { how: 'CANCELLED', at: '2026-02-02T03:04:05.000Z', voluntary: true },
    });
    expect(await shown(left)).toMatchObject({ status: 'ACTIVE' });
    await platform().moveClock('2026-03-05T00:00:00.000Z');
    expect(await shown(left)).toMatchObject({ status: 'ENDED', ending: { how: 'EXPIRED' } });
    await platform().moveClock(TEST_NOW);
  });
});
