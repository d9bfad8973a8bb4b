import { facts as registry, goalPort, reactionRefused } from '@tsunagari/contracts';
import type { MovableClock } from '@tsunagari/runtime';
import { randomUUID } from 'node:crypto';
import { platformUnderTest, type PlatformUnderTest } from '../../testing/src/platform-under-test';

/** From a purpose to goals, a service and its tunings, through the graph. */
describe('goals, success services and tuning, through the graph', () => {
  let platform: PlatformUnderTest;
  let clock: MovableClock;
  beforeAll(async () => {
    platform = await platformUnderTest();
    clock = platform.deployment.clock as MovableClock;
    await mutate('defineConnectedValue', { valueModelId: 'm', layerId: 'c', text: text('at ease'), motive: text('oneself') });
    for (const purposeId of ['smooth', 'unmeasured'])
      await mutate('definePurpose', { purposeId, valueModelId: 'm', connectedValueId: 'c', statement: text('smooth') });
    await mutate('defineOutcomeIndicator', { purposeId: 'smooth', indicatorId: 'combing', indicator });
    await mutate('approveOutcomeIndicator', { purposeId: 'smooth', indicatorId: 'combing' }, '', { role: 'data' });
  });
  afterAll(() => platform.stop());

  const text = (en: string) => ({ ja: `日本語 ${en}`, en });
  const indicator = {
    ...{ unit: 'points', aggregate: 'LAST', direction: 'AT_LEAST', threshold: '4', windowDays: 14, sustainForDays: 28, everyDays: 7 },
    ...{ source: 'self-assessment', reads: ['self_assessment.combing'] },
  };
  type As = { readonly role?: 'marketer' | 'data' | 'success' | 'admin'; readonly userId?: string };

  async function mutate(name: string, input: object, fields = '', as: As = { role: 'marketer' }) {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`.replace(/^ConfirmGoal/, 'Goal');
    const { data, errors } = await platform.ask(
      `mutation M($input: ${type}!) { result: ${name}(input: $input) { __typename ${fields} ... on CommandRefused { code field rule } } }`,
      { input: { idempotencyKey: randomUUID(), ...input } },
      as,
    );
    expect(errors).toEqual([]);
    return data.result;
  }
  const success: As = { role: 'success' };
  const goal = (name: string, input: object, as: As = success) =>
    mutate(name, input, '... on CustomerGoalChanged { goal { goalId status progress wish nth commitment { missed remedied dueAt } } }', as);
  const service = (name: string, input: object) => mutate(name, input, '... on SuccessServiceChanged { service { serviceId stage } }');
  const process = (name: string, input: object, as?: As) =>
    mutate(name, input, '... on TuningProcessChanged { process { decisionMaker delegate { to } } }', as);
  const cycle = (name: string, input: object, as?: As) =>
    mutate(
      name,
      input,
      '... on TuningCycleChanged { cycle { cycleId overdue closedAt tunings { tuningId decision { decision decidedBy dataAsOf } applied { hit observeUntil } } } }',
      as,
    );

  const customer = () => ({ type: 'USER_ID', value: randomUUID() });
  async function declared(input: object = {}): Promise<string> {
    const { goal: made } = await goal('declareGoal', { customer: customer(), purposeId: 'smooth', ...input });
    return made.goalId as string;
  }
  const read = async (goalId: string) => {
    await platform.caughtUp();
    const { data } = await platform.ask(
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
      clock.advance(86_400_000);
      expect(await observe(goalId, '3')).toMatchObject({ __typename: 'CustomerGoalChanged' });
      expect(await read(goalId)).toMatchObject({ status: 'CONFIRMED', progress: '3' });
      clock.advance(86_400_000);
      await observe(goalId, '4');
      expect(await read(goalId)).toMatchObject({ status: 'ACHIEVED', progress: '4', achievedAt: clock.now() });
      clock.advance(86_400_000);
      await observe(goalId, '2');
      expect(await read(goalId)).toMatchObject({ status: 'LAPSED' });
      clock.advance(86_400_000);
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
      await platform.caughtUp();
      const { goal: made } = await goal('declareGoal', { customer: her, purposeId: 'smooth' });
      expect(await read(made.goalId)).toMatchObject({ status: 'CONFIRMED', observations: [] });
      clock.advance(1000);
      await assess([{ ...combing, question: 'shine' }]);
      await assess([{ ...combing, unit: 'percent' }]);
      await assess([combing], 'unmeasured');
      expect(await read(made.goalId)).toMatchObject({ status: 'CONFIRMED', observations: [] });
      await assess([{ ...combing, question: 'shine' }, combing]);
      expect(await read(made.goalId)).toMatchObject({ status: 'ACHIEVED', progress: '4', observations: [{ value: '4', baseline: false }] });
      const { data } = await platform.ask('query G($id: String!) { goal(goalId: $id) { observations { method evidenceIds } } }', {
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
      await platform.caughtUp();
      clock.set(due.commitment.dueAt);
      await platform.caughtUp();
      expect(await goal('grantRemedy', { goalId: committed, promiseId: 'p60' })).toMatchObject({
        goal: { commitment: { missed: true, remedied: true } },
      });
    });

    it('is hers alone: to another customer’s token it does not exist', async () => {
      const [ann, eve] = [randomUUID(), randomUUID()];
      await platform.send('/v1/identify', { userId: ann, traits: {} });
      await platform.send('/v1/identify', { userId: eve, traits: {} });
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
      expect((await platform.ask(asked, { id: goalId }, { userId: eve })).data.goal).toBeNull();
      await platform.caughtUp();
      expect((await platform.ask(asked, { id: goalId }, { userId: ann })).data.goal).toMatchObject({
        status: 'CONFIRMED',
        customer: { goals: [{ goalId }] },
      });
      expect(await observe(goalId, '4', {}, { userId: ann })).toMatchObject({ __typename: 'CustomerGoalChanged' });
      expect(await goal('declareGoal', { purposeId: 'smooth' }, { userId: randomUUID() })).toMatchObject({ code: 'UNKNOWN_CUSTOMER' });
    });

    it('of two customers who became one the older stands, and a split gives both back', async () => {
      const [ann, eve] = [customer(), customer()];
      const [older, younger] = [await declared({ customer: ann }), (clock.advance(1000), await declared({ customer: eve }))];
      await platform.caughtUp();
      const superseded = async () => {
        await platform.caughtUp();
        const { data } = await platform.ask(
          'query G($a: String!, $b: String!) { a: goal(goalId: $a) { supersededBy customer { id } } b: goal(goalId: $b) { supersededBy customer { id } } }',
          { a: older, b: younger },
        );
        return data;
      };
      const before = await superseded();
      expect([before.a.supersededBy, before.b.supersededBy]).toEqual([null, null]);
      await platform.ask('mutation M($i: MergeCustomersInput!) { mergeCustomers(input: $i) { __typename } }', {
        i: { customerIds: [before.a.customer.id, before.b.customer.id], reason: 'same', idempotencyKey: randomUUID() },
      });
      const merged = await superseded();
      expect(merged.a.customer.id).toBe(merged.b.customer.id);
      expect([merged.a.supersededBy, merged.b.supersededBy]).toEqual([null, `CustomerGoal:${older}`]);
    });

    it('is observed and read by other contexts through a port', async () => {
      const goalId = await declared();
      const [subject = ''] = goalId.split(':');
      const answers = platform.services.contexts
        .find(({ name }) => name === 'value')
        ?.ports?.find(({ declaration }) => declaration.name === goalPort.name);
      const input = {
        idempotencyKey: randomUUID(),
        goalId,
        value: '4',
        unit: 'points',
        method: 'measured',
        observedAt: clock.now(),
        by: 'system:spec',
        correlationId: 'spec',
      };
      expect(await answers?.call('observe', input)).toMatchObject({ kind: 'accepted' });
      expect(await answers?.call('observe', { ...input, idempotencyKey: 'other', unit: 'x' })).toMatchObject({
        kind: 'refused',
        code: 'OBSERVATION_UNIT',
      });
      await platform.caughtUp();
      expect(await answers?.call('ofSubjects', { subjects: [subject] })).toMatchObject({
        goals: [{ goalId, status: 'achieved', progress: '4' }],
      });
    });
  });

  describe('the success service', () => {
    it('has purpose, then content, then means; it launches measured, tuned and with a way to answer [0.13] [0.19]', async () => {
      const of = { serviceId: 'course' };
      const designed = { ...of, purposeId: 'smooth', serviceKind: 'ADVICE', name: text('Combing course') };
      const content = { ...of, contentId: 'gift', purposeId: 'smooth', title: text('A brush for free'), incentive: true };
      expect(await service('addServiceContent', content)).toMatchObject({ code: 'UNKNOWN_SERVICE' });
      expect(await service('designSuccessService', { ...designed, purposeId: 'never' })).toMatchObject({ code: 'UNKNOWN_PURPOSE' });
      expect(await service('designSuccessService', designed)).toMatchObject({ service: { stage: 'CONCEPT' } });
      expect(await service('designSuccessService', designed)).toMatchObject({ code: 'SERVICE_EXISTS' });
      expect(await service('chooseMeans', { ...of, touchpointIds: ['site'] })).toMatchObject({
        code: 'MEANS_BEFORE_PURPOSE',
        field: 'touchpointIds',
      });
      await service('addServiceContent', content);
      expect(await service('addServiceContent', content)).toMatchObject({ code: 'CONTENT_EXISTS' });
      expect(await service('chooseMeans', { ...of, touchpointIds: [] })).toMatchObject({ code: 'MISSING_FIELD' });
      await service('chooseMeans', { ...of, touchpointIds: ['site'] });
      expect(await service('launchSuccessService', of)).toMatchObject({ code: 'INCENTIVE_ONLY' });
      await service('addServiceContent', { ...content, contentId: 'wet-or-dry', incentive: false });
      expect(await service('launchSuccessService', of)).toMatchObject({ code: 'NO_RETURN_PATH', field: 'returnPathId' });
      await service('chooseMeans', { ...of, touchpointIds: ['site'], returnPathId: 'site' });
      expect(await service('launchSuccessService', of)).toMatchObject({ code: 'NO_TUNING_PROCESS' });
      expect(await service('advanceServiceStage', { ...of, to: 'IMPLEMENTED' })).toMatchObject({ code: 'SERVICE_STAGE_ORDER' });
      expect(await service('advanceServiceStage', { ...of, to: 'DESIGNED' })).toMatchObject({ service: { stage: 'DESIGNED' } });
      expect(await service('advanceServiceStage', { ...of, to: 'LAUNCHED' })).toMatchObject({
        code: 'SERVICE_STAGE_ORDER',
        rule: 'launched is a decision of its own',
      });
      const unmeasured = { serviceId: 'unmeasured' };
      await service('designSuccessService', { ...designed, ...unmeasured, purposeId: 'unmeasured' });
      await service('addServiceContent', { ...content, ...unmeasured, incentive: false });
      await service('chooseMeans', { ...unmeasured, touchpointIds: ['site'], returnPathId: 'site' });
      expect(await service('launchSuccessService', unmeasured)).toMatchObject({ code: 'INDICATOR_NOT_APPROVED' });
      await service('retireSuccessService', { ...unmeasured, reason: 'Nobody needs it' });
      expect(await service('launchSuccessService', unmeasured)).toMatchObject({ code: 'SERVICE_RETIRED' });
    });
  });

  describe('the tuning', () => {
    const defined = {
      serviceId: 'course',
      dataSet: 'kpiBoard',
      meeting: 'Mondays',
      criteria: ['achievement rises'],
      decisionMaker: 'user:a-data',
      cadenceDays: 28,
    };
    const tuning = {
      cycleId: 'course:1',
      tuningId: 't1',
      target: 'CONTENT',
      hypothesis: 'Show cool drying',
      expectedEffect: '+5 points',
      observationDays: 28,
    };
    const decision = {
      cycleId: 'course:1',
      tuningId: 't1',
      decision: 'ADOPT',
      meetingId: 'm1',
      dataAsOf: '1',
      criteriaResults: [{ criterion: 'achievement rises', met: true }],
    };
    const decider: As = { role: 'data' };

    it.each(['dataSet', 'meeting', 'criteria', 'decisionMaker', 'cadenceDays'])(
      'has no process without %s: TUNING_PROCESS_INCOMPLETE',
      async (field) => {
        expect(await process('defineTuningProcess', { ...defined, [field]: undefined })).toMatchObject({
          code: 'TUNING_PROCESS_INCOMPLETE',
          field,
        });
      },
    );

    it('happens at least every month, from the launch on [0.14] [0.20]', async () => {
      expect(await process('defineTuningProcess', { ...defined, cadenceDays: 32 })).toMatchObject({
        code: 'CADENCE_TOO_LONG',
        field: 'cadenceDays',
      });
      expect(await process('defineTuningProcess', { ...defined, serviceId: 'never' })).toMatchObject({ code: 'UNKNOWN_SERVICE' });
      expect(
        await process('delegateTuningDecision', { serviceId: 'course', to: 'user:a-success', until: '2090-01-01T00:00:00Z' }),
      ).toMatchObject({ code: 'NO_TUNING_PROCESS' });
      expect(await process('defineTuningProcess', defined)).toMatchObject({ process: { decisionMaker: 'user:a-data' } });
      expect(await cycle('proposeTuning', tuning)).toMatchObject({ code: 'UNKNOWN_CYCLE' });
      expect(await service('launchSuccessService', { serviceId: 'course' })).toMatchObject({ service: { stage: 'LAUNCHED' } });
      await platform.caughtUp();
      const board = '{ tuningBoard(first: 5, open: true) { edges { node { cycleId n overdue openedAt dueBy service { serviceId } } } } }';
      const [{ node: opened }] = (await platform.ask(board)).data.tuningBoard.edges;
      expect(opened).toMatchObject({ cycleId: 'course:1', n: 1, overdue: false, service: { serviceId: 'course' } });
      clock.set(new Date(Date.parse(opened.dueBy) - 1).toISOString());
      await platform.caughtUp();
      expect((await platform.ask(board)).data.tuningBoard.edges[0].node.overdue).toBe(false);
      clock.advance(1);
      await platform.caughtUp();
      const late = await platform.ask(board.replace('open: true', 'overdue: true'));
      expect(late.data.tuningBoard.edges).toMatchObject([{ node: { cycleId: 'course:1', overdue: true } }]);
    });

    it('is found, proposed, decided on pinned data by who decides, applied, and evaluated when it was observed [0.18] [0.21] [0.25]', async () => {
      const finding = {
        cycleId: 'course:1',
        findingId: 'f1',
        text: 'Heat tangles',
        metricSnapshot: [{ metric: 'achievement', value: '0.4', asOf: clock.now() }],
      };
      expect(await cycle('recordTuningFinding', finding)).toMatchObject({ __typename: 'TuningCycleChanged' });
      expect(await cycle('recordTuningFinding', finding)).toMatchObject({ code: 'FINDING_EXISTS' });
      expect(await cycle('assignTuningRole', { cycleId: 'course:1', role: 'RESPONSIBLE', staff: 'user:creator' })).toMatchObject({
        __typename: 'TuningCycleChanged',
      });
      expect(await cycle('decideTuning', decision, decider)).toMatchObject({ code: 'UNKNOWN_TUNING' });
      expect(await cycle('proposeTuning', tuning)).toMatchObject({ cycle: { tunings: [{ tuningId: 't1', decision: null }] } });
      expect(await cycle('proposeTuning', tuning)).toMatchObject({ code: 'TUNING_EXISTS' });
      expect(await cycle('applyTuning', { cycleId: 'course:1', tuningId: 't1', changeIds: ['c'] })).toMatchObject({
        code: 'TUNING_NOT_ADOPTED',
      });
      expect(await cycle('closeTuningCycle', { cycleId: 'course:1' })).toMatchObject({ code: 'UNDECIDED_TUNINGS' });
      expect(await cycle('decideTuning', { ...decision, dataAsOf: undefined }, decider)).toMatchObject({
        code: 'DATA_NOT_PINNED',
        field: 'dataAsOf',
      });
      expect(await cycle('decideTuning', { ...decision, criteriaResults: [] }, decider)).toMatchObject({ code: 'CRITERIA_UNANSWERED' });
      expect(await cycle('decideTuning', decision, { role: 'success' })).toMatchObject({ code: 'NOT_THE_DECISION_MAKER' });
      const delegation = { serviceId: 'course', to: 'user:a-success', until: '2090-01-01T00:00:00Z' };
      expect(await process('delegateTuningDecision', delegation)).toMatchObject({ code: 'NOT_THE_DECISION_MAKER' });
      expect(await process('delegateTuningDecision', { ...delegation, until: '2020-01-01T00:00:00Z' }, decider)).toMatchObject({
        code: 'INVALID_FIELD',
        field: 'until',
      });
      expect(await process('delegateTuningDecision', delegation, decider)).toMatchObject({
        process: { delegate: { to: 'user:a-success' } },
      });
      expect(await cycle('decideTuning', decision, { role: 'success' })).toMatchObject({
        cycle: { tunings: [{ decision: { decision: 'ADOPT', decidedBy: 'user:a-success', dataAsOf: '1' } }] },
      });
      expect(await cycle('decideTuning', decision, decider)).toMatchObject({ code: 'TUNING_DECIDED' });
      const evaluation = { cycleId: 'course:1', tuningId: 't1', effect: '0.05', from: '0.01', to: '0.09' };
      expect(await cycle('evaluateTuning', evaluation, decider)).toMatchObject({ code: 'UNKNOWN_TUNING' });
      expect(await cycle('applyTuning', { cycleId: 'course:1', tuningId: 't1', changeIds: [] })).toMatchObject({ code: 'MISSING_FIELD' });
      const { cycle: applied } = await cycle('applyTuning', { cycleId: 'course:1', tuningId: 't1', changeIds: ['content:cool-drying'] });
      expect(await cycle('evaluateTuning', evaluation, decider)).toMatchObject({ code: 'OBSERVATION_NOT_OVER' });
      clock.set(applied.tunings[0].applied.observeUntil);
      expect(await cycle('evaluateTuning', { ...evaluation, to: '0.02' }, decider)).toMatchObject({
        code: 'INVALID_FIELD',
        field: 'interval',
      });
      expect(await cycle('evaluateTuning', evaluation, decider)).toMatchObject({ cycle: { tunings: [{ applied: { hit: true } }] } });
      expect(await cycle('evaluateTuning', evaluation, decider)).toMatchObject({ code: 'TUNING_EVALUATED' });
    });

    it('goes on: closing a cycle opens the next, once, and nothing was refused on the way', async () => {
      expect(await cycle('closeTuningCycle', { cycleId: 'course:1' })).toMatchObject({ __typename: 'TuningCycleChanged' });
      await platform.caughtUp();
      expect(await cycle('proposeTuning', { ...tuning, tuningId: 't2' })).toMatchObject({ code: 'CYCLE_CLOSED' });
      const { data } = await platform.ask(
        '{ tuningBoard(first: 5, serviceId: "course") { totalCount edges { node { cycleId closedAt } } } }',
      );
      expect(data.tuningBoard).toMatchObject({
        totalCount: 2,
        edges: [{ node: { cycleId: 'course:1' } }, { node: { cycleId: 'course:2', closedAt: null } }],
      });
      const { facts } = await platform.deployment.log.read({ after: '0', limit: 100, types: [reactionRefused.type] });
      expect(facts.map((fact) => registry.decode(fact))).toEqual([]);
    });

    it('takes up what was believed of its strategy and no longer holds, as a finding of the open cycle [2.03]', async () => {
      const strategy = { why: 'so that it stays', what: 'combing', how: 'by a course', target: 'Who combs', nonTarget: 'Who shaves' };
      await mutate('defineCustomerStrategy', { strategyId: 's', strategy: { ...strategy, segmentRule: 'purchases >= 1' } });
      const of = { valueModelId: 'm' };
      await mutate('defineExperientialValue', { ...of, layerId: 'e', parentId: 'c', text: text('calm') });
      await mutate('defineFunctionalValue', { ...of, layerId: 'f', parentId: 'e', text: text('smooths'), productIds: ['S'] });
      expect(await mutate('publishValueModel', { ...of, strategyId: 's' })).toEqual({ __typename: 'ValueModelChanged' });
      const assumption = { strategyId: 's', assumptionId: 'phones' };
      const believed = { ...assumption, driver: 'TECHNOLOGY', text: 'Phones are in bathrooms', reviewBy: '2027-01-01T00:00:00Z' };
      expect(await mutate('recordAssumption', believed)).toEqual({ __typename: 'CustomerStrategyChanged' });
      await mutate('invalidateAssumption', { ...assumption, reason: 'Codes are scanned in the shop' });
      await platform.caughtUp();
      const { data } = await platform.ask('{ tuningCycle(cycleId: "course:2") { findings { text evidenceIds } } }');
      expect(data.tuningCycle.findings).toEqual([
        { text: 'The assumption phones no longer holds: Codes are scanned in the shop', evidenceIds: [expect.any(String)] },
      ]);
    });
  });
});
