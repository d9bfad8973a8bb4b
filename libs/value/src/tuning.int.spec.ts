import { type As, specValue, text } from '../test-programs/spec-value';

const { platform, clock, mutate, refusedReactions } = specValue();

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
    await platform().caughtUp();
    const board = '{ tuningBoard(first: 5, open: true) { edges { node { cycleId n overdue openedAt dueBy service { serviceId } } } } }';
    const [{ node: opened }] = (await platform().ask(board)).data.tuningBoard.edges;
    expect(opened).toMatchObject({ cycleId: 'course:1', n: 1, overdue: false, service: { serviceId: 'course' } });
    clock().set(new Date(Date.parse(opened.dueBy) - 1).toISOString());
    await platform().caughtUp();
    expect((await platform().ask(board)).data.tuningBoard.edges[0].node.overdue).toBe(false);
    clock().advance(1);
    await platform().caughtUp();
    const late = await platform().ask(board.replace('open: true', 'overdue: true'));
    expect(late.data.tuningBoard.edges).toMatchObject([{ node: { cycleId: 'course:1', overdue: true } }]);
  });

  it('is found, proposed, decided on pinned data by who decides, applied, and evaluated when it was observed [0.18] [0.21] [0.25]', async () => {
    const finding = {
      cycleId: 'course:1',
      findingId: 'f1',
      text: 'Heat tangles',
      metricSnapshot: [{ metric: 'achievement', value: '0.4', asOf: clock().now() }],
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
    clock().set(applied.tunings[0].applied.observeUntil);
    expect(await cycle('evaluateTuning', { ...evaluation, to: '0.02' }, decider)).toMatchObject({
      code: 'INVALID_FIELD',
      field: 'interval',
    });
    expect(await cycle('evaluateTuning', evaluation, decider)).toMatchObject({ cycle: { tunings: [{ applied: { hit: true } }] } });
    expect(await cycle('evaluateTuning', evaluation, decider)).toMatchObject({ code: 'TUNING_EVALUATED' });
  });

  it('goes on: closing a cycle opens the next, once, and nothing was refused on the way', async () => {
    expect(await cycle('closeTuningCycle', { cycleId: 'course:1' })).toMatchObject({ __typename: 'TuningCycleChanged' });
    await platform().caughtUp();
    expect(await cycle('proposeTuning', { ...tuning, tuningId: 't2' })).toMatchObject({ code: 'CYCLE_CLOSED' });
    const { data } = await platform().ask(
      '{ tuningBoard(first: 5, serviceId: "course") { totalCount edges { node { cycleId closedAt } } } }',
    );
    expect(data.tuningBoard).toMatchObject({
      totalCount: 2,
      edges: [{ node: { cycleId: 'course:1' } }, { node: { cycleId: 'course:2', closedAt: null } }],
    });
    expect(await refusedReactions()).toEqual([]);
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
    await platform().caughtUp();
    const { data } = await platform().ask('{ tuningCycle(cycleId: "course:2") { findings { text evidenceIds } } }');
    expect(data.tuningCycle.findings).toEqual([
      { text: 'The assumption phones no longer holds: Codes are scanned in the shop', evidenceIds: [expect.any(String)] },
    ]);
  });
});
