import { definition, price, refused, specSubscriptions } from '../test-programs/spec-subscriptions';

const { facts, plan, planAsk, platform } = specSubscriptions();

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
    const { data } = await platform().ask(
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
