import { ROLES, type Role } from '@tsunagari/access';
import { TEST_NOW } from '../../testing/src/platform-under-test';
import { type Asking, buyer, definition, fresh, inputOf, price, refused, specSubscriptions } from '../test-programs/spec-subscriptions';

const { ask, facts, plan, planAsk, platform, subscribed } = specSubscriptions();

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
    await platform().caughtUp();
    await platform().ask(
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
      platform().ask(
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
