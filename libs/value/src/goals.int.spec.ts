import { goalPort } from '@tsunagari/contracts';
import { randomUUID } from 'node:crypto';
import { type As, specValue, text } from '../test-programs/spec-value';

const { platform, clock, mutate, refusedReactions } = specValue();

const success: As = { role: 'success' };
const goal = (name: string, input: object, as: As = success) =>
  mutate(name, input, '... on CustomerGoalChanged { goal { goalId status progress wish nth commitment { missed remedied dueAt } } }', as);
const customer = () => ({ type: 'USER_ID', value: randomUUID() });
async function declared(input: object = {}): Promise<string> {
  const { goal: made } = await goal('declareGoal', { customer: customer(), purposeId: 'smooth', ...input });
  return made.goalId as string;
}
const read = async (goalId: string) => {
  await platform().caughtUp();
  const { data } = await platform().ask(
    'query G($id: String!) { goal(goalId: $id) { status progress achievedAt observations { value baseline } } }',
    { id: goalId },
  );
  return data.goal;
};
const observe = (goalId: string, value: string, more: object = {}, as: As = success) =>
  goal('observeOutcome', { goalId, value, unit: 'points', method: 'SELF_REPORT', ...more }, as);

describe('the goal', () => {
  it('is one open goal of a purpose that can be measured [0.07] [0.11]', async () => {
    const her = customer();
    expect(await goal('declareGoal', { customer: her, purposeId: 'never' })).toMatchObject({
      code: 'UNKNOWN_PURPOSE',
      field: 'purposeId',
    });
    expect(await goal('declareGoal', { customer: her, purposeId: 'unmeasured' })).toMatchObject({ code: 'INDICATOR_NOT_APPROVED' });
    expect(await goal('declareGoal', { purposeId: 'smooth' })).toMatchObject({ code: 'MISSING_FIELD', field: 'customer' });
    expect(await goal('declareGoal', { customer: { type: 'USER_ID', value: '' }, purposeId: 'smooth' })).toMatchObject({
      code: 'UNKNOWN_IDENTIFIER',
    });
    const first = await goal('declareGoal', { customer: her, purposeId: 'smooth', wish: 'No more knots' });
    expect(first.goal).toMatchObject({ status: 'CONFIRMED', wish: 'No more knots', nth: 1 });
    expect(await goal('declareGoal', { customer: her, purposeId: 'smooth' })).toMatchObject({
      code: 'GOAL_OPEN_ALREADY',
      field: 'purposeId',
    });
    const { goalId } = first.goal;
    expect(await goal('reviseGoal', { goalId, wish: 'Also on rainy days' })).toMatchObject({ goal: { wish: 'Also on rainy days' } });
    await goal('abandonGoal', { goalId, reason: 'Cut her hair' });
    expect(await observe(goalId, '5')).toMatchObject({ code: 'GOAL_ABANDONED' });
    expect(await goal('declareGoal', { customer: her, purposeId: 'smooth' })).toMatchObject({
      goal: { goalId, status: 'CONFIRMED', nth: 2 },
    });
    expect(await goal('confirmGoal', { goalId: 'never' })).toMatchObject({ code: 'UNKNOWN_GOAL' });
  });

  it('is announced as achieved, lapsed and regained by what is observed [2.06]', async () => {
    const goalId = await declared();
    clock().advance(86_400_000);
    expect(await observe(goalId, '3')).toMatchObject({ __typename: 'CustomerGoalChanged' });
    expect(await read(goalId)).toMatchObject({ status: 'CONFIRMED', progress: '3' });
    clock().advance(86_400_000);
    await observe(goalId, '4');
    expect(await read(goalId)).toMatchObject({ status: 'ACHIEVED', progress: '4', achievedAt: clock().now() });
    clock().advance(86_400_000);
    await observe(goalId, '2');
    expect(await read(goalId)).toMatchObject({ status: 'LAPSED' });
    clock().advance(86_400_000);
    await observe(goalId, '5');
    expect(await read(goalId)).toMatchObject({ status: 'ACHIEVED' });
  });

  it('takes observations in its own unit, since it was declared, or as a baseline [1.02]', async () => {
    const goalId = await declared();
    expect(await observe(goalId, '4', { unit: 'percent' })).toMatchObject({ code: 'OBSERVATION_UNIT', field: 'unit' });
    expect(await observe(goalId, '4', { observedAt: '2020-01-01T00:00:00Z' })).toMatchObject({
      code: 'OBSERVATION_BEFORE_GOAL',
      field: 'observedAt',
    });
    expect(await observe(goalId, '4', { observedAt: '2090-01-01T00:00:00Z' })).toMatchObject({ code: 'FUTURE_EVENT' });
    expect(await observe(goalId, '5', { observedAt: '2020-01-01T00:00:00Z', baseline: true })).toMatchObject({
      __typename: 'CustomerGoalChanged',
    });
    expect(await read(goalId)).toMatchObject({ status: 'CONFIRMED', progress: null, observations: [{ value: '5', baseline: true }] });
  });

  it('learns of her self-assessments, once each, where its indicator reads the answer [0.10]', async () => {
    const her = customer();
    await mutate(
      'registerTouchpoint',
      {
        ...{ touchpointId: 'diary', name: text('diary'), kind: 'APP', direction: 'TWO_WAY', online: true },
      },
      '',
      { role: 'admin' },
    );
    const assess = (answers: object[], purposeId = 'smooth') =>
      mutate('submitSelfAssessment', { customer: her, touchpointId: 'diary', purposeId, answers }, '', { role: 'admin' });
    const combing = { question: 'combing', value: 4, unit: 'points' };
    await assess([combing]);
    await platform().caughtUp();
    const { goal: made } = await goal('declareGoal', { customer: her, purposeId: 'smooth' });
    expect(await read(made.goalId)).toMatchObject({ status: 'CONFIRMED', observations: [] });
    clock().advance(1000);
    await assess([{ ...combing, question: 'shine' }]);
    await assess([{ ...combing, unit: 'percent' }]);
    await assess([combing], 'unmeasured');
    expect(await read(made.goalId)).toMatchObject({ status: 'CONFIRMED', observations: [] });
    await assess([{ ...combing, question: 'shine' }, combing]);
    expect(await read(made.goalId)).toMatchObject({ status: 'ACHIEVED', progress: '4', observations: [{ value: '4', baseline: false }] });
    const { data } = await platform().ask('query G($id: String!) { goal(goalId: $id) { observations { method evidenceIds } } }', {
      id: made.goalId,
    });
    expect(data.goal.observations).toEqual([{ method: 'SELF_REPORT', evidenceIds: [expect.stringMatching(/^[0-9a-f-]{36}$/)] }]);
  });

  it('that others declared waits for her word; a commitment is to a confirmed one, falls due by the clock, and is made good [2.07]', async () => {
    const promise = {
      promiseId: 'p60',
      purposeId: 'smooth',
      kind: 'PLAN',
      of: 'refill',
      promise: text('smooth in 60 days'),
      remedy: text('money back'),
      withinDays: 60,
    };
    expect(await mutate('publishOutcomePromise', { ...promise, purposeId: 'never' })).toMatchObject({ code: 'UNKNOWN_PURPOSE' });
    expect(await mutate('publishOutcomePromise', promise)).toMatchObject({ __typename: 'OutcomePromiseChanged' });
    expect(await mutate('publishOutcomePromise', promise)).toMatchObject({ code: 'PROMISE_EXISTS' });
    const goalId = await declared({ source: 'INFERRED' });
    expect(await goal('commitOutcome', { goalId, promiseId: 'never' })).toMatchObject({ code: 'UNKNOWN_PROMISE' });
    expect(await goal('commitOutcome', { goalId, promiseId: 'p60' })).toMatchObject({ code: 'GOAL_NOT_CONFIRMED' });
    await observe(goalId, '5');
    expect(await read(goalId)).toMatchObject({ status: 'DECLARED' });
    await goal('abandonGoal', { goalId });
    const committed = await declared();
    expect(await goal('grantRemedy', { goalId: committed, promiseId: 'p60' })).toMatchObject({ code: 'COMMITMENT_NOT_MISSED' });
    const { goal: due } = await goal('commitOutcome', { goalId: committed, promiseId: 'p60' });
    await platform().caughtUp();
    clock().set(due.commitment.dueAt);
    await platform().caughtUp();
    expect(await goal('grantRemedy', { goalId: committed, promiseId: 'p60' })).toMatchObject({
      goal: { commitment: { missed: true, remedied: true } },
    });
  });

  it('is hers alone: to another customer’s token it does not exist', async () => {
    const [ann, eve] = [randomUUID(), randomUUID()];
    await platform().send('/v1/identify', { userId: ann, traits: {} });
    await platform().send('/v1/identify', { userId: eve, traits: {} });
    const made = await goal('declareGoal', { purposeId: 'smooth', source: 'INFERRED' }, { userId: ann });
    expect(made.goal).toMatchObject({ status: 'CONFIRMED' });
    const { goalId } = made.goal;
    for (const [name, input] of [
      ['abandonGoal', {}],
      ['reviseGoal', { wish: 'x' }],
      ['observeOutcome', { value: '1', unit: 'points', method: 'SELF_REPORT' }],
    ] as const)
      expect(await goal(name, { goalId, ...input }, { userId: eve })).toMatchObject({ code: 'UNKNOWN_GOAL' });
    const asked = 'query G($id: String!) { goal(goalId: $id) { status customer { id goals { goalId } } } }';
    expect((await platform().ask(asked, { id: goalId }, { userId: eve })).data.goal).toBeNull();
    await platform().caughtUp();
    expect((await platform().ask(asked, { id: goalId }, { userId: ann })).data.goal).toMatchObject({
      status: 'CONFIRMED',
      customer: { goals: [{ goalId }] },
    });
    expect(await observe(goalId, '4', {}, { userId: ann })).toMatchObject({ __typename: 'CustomerGoalChanged' });
    expect(await goal('declareGoal', { purposeId: 'smooth' }, { userId: randomUUID() })).toMatchObject({ code: 'UNKNOWN_CUSTOMER' });
  });

  it('of two customers who became one the older stands, and a split gives both back', async () => {
    const [ann, eve] = [customer(), customer()];
    const [older, younger] = [await declared({ customer: ann }), (clock().advance(1000), await declared({ customer: eve }))];
    await platform().caughtUp();
    const superseded = async () => {
      await platform().caughtUp();
      const { data } = await platform().ask(
        'query G($a: String!, $b: String!) { a: goal(goalId: $a) { supersededBy customer { id } } b: goal(goalId: $b) { supersededBy customer { id } } }',
        { a: older, b: younger },
      );
      return data;
    };
    const before = await superseded();
    expect([before.a.supersededBy, before.b.supersededBy]).toEqual([null, null]);
    await platform().ask('mutation M($i: MergeCustomersInput!) { mergeCustomers(input: $i) { __typename } }', {
      i: { customerIds: [before.a.customer.id, before.b.customer.id], reason: 'same', idempotencyKey: randomUUID() },
    });
    const merged = await superseded();
    expect(merged.a.customer.id).toBe(merged.b.customer.id);
    expect([merged.a.supersededBy, merged.b.supersededBy]).toEqual([null, `CustomerGoal:${older}`]);
  });

  it('is observed and read by other contexts through a port', async () => {
    const goalId = await declared();
    const [subject = ''] = goalId.split(':');
    const answers = platform()
      .services.contexts.find(({ name }) => name === 'value')
      ?.ports?.find(({ declaration }) => declaration.name === goalPort.name);
    const input = {
      idempotencyKey: randomUUID(),
      goalId,
      value: '4',
      unit: 'points',
      method: 'measured',
      observedAt: clock().now(),
      by: 'system:spec',
      correlationId: 'spec',
    };
    expect(await answers?.call('observe', input)).toMatchObject({ kind: 'accepted' });
    expect(await answers?.call('observe', { ...input, idempotencyKey: 'other', unit: 'x' })).toMatchObject({
      kind: 'refused',
      code: 'OBSERVATION_UNIT',
    });
    await platform().caughtUp();
    expect(await answers?.call('ofSubjects', { subjects: [subject] })).toMatchObject({
      goals: [{ goalId, status: 'achieved', progress: '4' }],
    });
  });

  it('was refused nothing that followed by itself', async () => {
    await platform().caughtUp();
    expect(await refusedReactions()).toEqual([]);
  });
});
