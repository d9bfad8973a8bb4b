import type { MovableClock } from '@tsunagari/runtime';
import { randomUUID } from 'node:crypto';
import { platformUnderTest, type PlatformUnderTest } from '../../testing/src/platform-under-test';

/** What a brand reads: one strategy from nothing to goals that were reached, and the same history under another version. */
describe('the boards of value, through the graph', () => {
  let platform: PlatformUnderTest;
  let clock: MovableClock;
  beforeAll(async () => {
    platform = await platformUnderTest();
    clock = platform.deployment.clock as MovableClock;
  });
  afterAll(() => platform.stop());

  const text = (en: string) => ({ ja: `日本語 ${en}`, en });
  async function mutate(name: string, input: object, fields = '', role: 'admin' | 'data' = 'admin') {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const { data, errors } = await platform.ask(
      `mutation M($input: ${type}!) { result: ${name}(input: $input) { __typename ${fields} ... on CommandRefused { code rule } } }`,
      { input: { idempotencyKey: randomUUID(), ...input } },
      { role },
    );
    expect(errors).toEqual([]);
    expect(data.result.__typename).not.toBe('CommandRefused');
    return data.result;
  }
  const ask = async (query: string) => {
    await platform.caughtUp();
    const { data, errors } = await platform.ask(query);
    expect(errors).toEqual([]);
    return data;
  };
  const questions = async () => (await ask('{ fourQuestions(strategyId: "s") { gaps questions { question answered by } } }')).fourQuestions;
  const board = async (more = '') =>
    (
      await ask(
        `{ kpiBoard(strategyId: "s"${more}) { position unmeasured { purposeId } purposes { purpose { purposeId } indicatorVersion target targetReached metrics { name value reasonNull numerator denominator n class notes } } } }`,
      )
    ).kpiBoard;
  const DAY = 86_400_000;

  it('say what is missing before anything is there [2.35]', async () => {
    expect(await ask('{ fourQuestions(strategyId: "s") { gaps } kpiBoard(strategyId: "s") { asOf } }')).toEqual({
      fourQuestions: null,
      kpiBoard: null,
    });
    const strategy = { why: 'w', what: 'w', how: 'h', target: 't', nonTarget: 'n', segmentRule: 'traits.hair == "long"' };
    await mutate('defineCustomerStrategy', { strategyId: 's', strategy });
    expect(await questions()).toMatchObject({
      gaps: expect.arrayContaining(['no value model is published for this strategy']),
      questions: ['VALUE', 'TOUCHPOINTS', 'PROPOSALS', 'UNDERSTANDING'].map((question) => ({ question, answered: false })),
    });
  });

  it('name the object that is missing, question by question, and record an assessment [2.33] [2.35]', async () => {
    await mutate('defineConnectedValue', { valueModelId: 'm', layerId: 'c', text: text('ease'), motive: text('oneself') });
    await mutate('defineExperientialValue', { valueModelId: 'm', layerId: 'e', parentId: 'c', text: text('combs') });
    await mutate('defineFunctionalValue', { valueModelId: 'm', layerId: 'f', parentId: 'e', text: text('smooths') });
    await mutate('publishValueModel', { valueModelId: 'm', strategyId: 's' });
    for (const purposeId of ['smooth', 'shine'])
      await mutate('definePurpose', { purposeId, valueModelId: 'm', connectedValueId: 'c', statement: text(purposeId) });
    const { gaps, questions: asked } = await questions();
    expect(asked.map(({ answered }: { answered: boolean }) => answered)).toEqual([true, false, false, false]);
    expect(gaps).toContain('purpose shine: no launched service, so no touchpoint serves it');
    expect(gaps).toContain('purpose smooth: no published offer serves it');
    expect(gaps).toContain('purpose smooth: no approved indicator');
    const { strategy } = await mutate(
      'assessRetentionReadiness',
      { strategyId: 's' },
      '... on CustomerStrategyChanged { strategy { readiness { gaps questions { answered } } } }',
    );
    expect(strategy.readiness.questions.map(({ answered }: { answered: boolean }) => answered)).toEqual([true, false, false, false]);
    expect(strategy.readiness.gaps).toEqual(gaps);
  });

  it('show outcomes only, say which purposes nobody can measure, and keep results apart as lagging [0.11] [0.16]', async () => {
    const indicator = {
      ...{ unit: 'points', aggregate: 'LAST', direction: 'AT_LEAST', threshold: '4', windowDays: 14, sustainForDays: 10, everyDays: 7 },
      ...{ source: 'self-assessment', reads: ['self_assessment.combing'] },
    };
    await mutate('defineOutcomeIndicator', { purposeId: 'smooth', indicatorId: 'combing', indicator });
    await mutate('approveOutcomeIndicator', { purposeId: 'smooth', indicatorId: 'combing' }, '', 'data');
    await mutate('setKpi', { purposeId: 'smooth', indicatorId: 'combing', target: '0.6', period: 'QUARTER' });
    await mutate('registerResultMetric', { purposeId: 'smooth', metricId: 'mrr' });
    const empty = await board();
    expect(empty.unmeasured).toEqual([{ purposeId: 'shine' }]);
    expect(empty.purposes).toMatchObject([{ purpose: { purposeId: 'smooth' }, target: '0.6', targetReached: null }]);
    expect(empty.purposes[0].metrics).toMatchObject(
      ['achievement', 'sustain', 'timeToValue'].map((name) => ({ name, value: null, reasonNull: 'NO_BASE', class: 'OUTCOME' })),
    );
    expect((await ask('{ monitorBoard(strategyId: "s") { metricId lagging purpose { purposeId } } }')).monitorBoard).toEqual([
      { metricId: 'mrr', lagging: true, purpose: { purposeId: 'smooth' } },
    ]);
  });

  it('evaluate all of history anew: by day 60, sustained, and under another version of the indicator [0.15] [2.06]', async () => {
    const goals: string[] = [];
    for (let n = 0; n < 3; n++) {
      const result = await mutate(
        'declareGoal',
        { customer: { type: 'USER_ID', value: randomUUID() }, purposeId: 'smooth' },
        '... on CustomerGoalChanged { goal { goalId } }',
      );
      goals.push(result.goal.goalId);
    }
    const observe = (n: number, value: string) =>
      mutate('observeOutcome', { goalId: goals[n], value, unit: 'points', method: 'SELF_REPORT' });
    clock.advance(10 * DAY);
    await observe(0, '5');
    await observe(1, '3');
    clock.advance(10 * DAY);
    await observe(0, '4');
    expect((await board()).purposes[0].metrics[0]).toMatchObject({ value: null, notes: ['3 pending: confirmed less than 60 days ago'] });
    clock.advance(50 * DAY);
    const [smooth] = (await board()).purposes;
    expect(smooth).toMatchObject({ indicatorVersion: 1, targetReached: false });
    expect(smooth.metrics).toMatchObject([
      { name: 'achievement', numerator: '1', denominator: '3', n: 3 },
      { name: 'sustain', value: '1', n: 1 },
      { name: 'timeToValue', value: null, reasonNull: 'NOT_REACHED', numerator: '1', n: 3 },
    ]);
    await mutate('reviseOutcomeIndicator', {
      purposeId: 'smooth',
      indicatorId: 'combing',
      indicator: { threshold: '3' },
      reason: 'Too strict',
    });
    const [revised] = (await board(', indicatorVersion: 2')).purposes;
    expect(revised).toMatchObject({ indicatorVersion: 2, targetReached: true });
    expect(revised.metrics[0]).toMatchObject({ numerator: '2', denominator: '3' });
    expect(revised.metrics[2]).toMatchObject({ value: '10' });
    const then = new Date(Date.parse(clock.now()) - 65 * DAY).toISOString();
    expect((await board(`, asOf: "${then}"`)).purposes[0].metrics[2]).toMatchObject({ numerator: '0', n: 3 });
    expect(Number((await board()).position)).toBeGreaterThan(0);
  });

  it('count cycles that were decided within a month of those due, and name services that nobody tunes [0.20]', async () => {
    const of = { serviceId: 'course' };
    await mutate('designSuccessService', { ...of, purposeId: 'smooth', serviceKind: 'ADVICE', name: text('course') });
    await mutate('addServiceContent', { ...of, contentId: 'x', purposeId: 'smooth', title: text('x') });
    await mutate('chooseMeans', { ...of, touchpointIds: ['site'], returnPathId: 'site' });
    await mutate('defineTuningProcess', {
      ...of,
      dataSet: 'd',
      meeting: 'm',
      criteria: ['c'],
      decisionMaker: 'user:a-data',
      cadenceDays: 28,
    });
    const cadence = async () =>
      (await ask('{ tuningCadence { overdue { serviceId } metrics { name value numerator denominator reasonNull } } }')).tuningCadence;
    expect(await cadence()).toMatchObject({
      overdue: [],
      metrics: [{ name: 'cadence', value: null, reasonNull: 'NO_BASE' }, { name: 'hitRate' }, { name: 'leadTime' }],
    });
    await mutate('launchSuccessService', of);
    await platform.caughtUp();
    const tuning = { cycleId: 'course:1', tuningId: 't' };
    await mutate('recordTuningFinding', { cycleId: 'course:1', findingId: 'f', text: 'x' });
    clock.advance(2 * DAY);
    await mutate('proposeTuning', { ...tuning, target: 'CONTENT', hypothesis: 'h', expectedEffect: 'e', observationDays: 7 });
    await mutate(
      'decideTuning',
      {
        ...tuning,
        decision: 'ADOPT',
        meetingId: 'm',
        dataAsOf: (await board()).position,
        criteriaResults: [{ criterion: 'c', met: true }],
      },
      '',
      'data',
    );
    await mutate('applyTuning', { ...tuning, changeIds: ['x'] });
    clock.advance(7 * DAY);
    await mutate('evaluateTuning', { ...tuning, effect: '0.1', from: '0.05', to: '0.15' }, '', 'data');
    expect(await cadence()).toMatchObject({
      overdue: [],
      metrics: [
        { name: 'cadence', numerator: '1', denominator: '1' },
        { name: 'hitRate', numerator: '1', denominator: '1' },
        { name: 'leadTime', value: String(2 * 86_400) },
      ],
    });
    await mutate('closeTuningCycle', { cycleId: 'course:1' });
    await platform.caughtUp();
    clock.advance(40 * DAY);
    await platform.caughtUp();
    expect(await cadence()).toMatchObject({ overdue: [{ serviceId: 'course' }], metrics: [{ numerator: '1', denominator: '2' }, {}, {}] });
  });

  it('give each watched result what understanding says of it, and say why where it says nothing [0.16]', async () => {
    const watched = async (args = '') =>
      (
        await ask(
          `{ monitorBoard(strategyId: "s"${args}) { metricId lagging missing purpose { purposeId }
            metric { value reasonNull unit numerator denominator n currency class from to timeZone partial definitionVersion asOfDay position } } }`,
        )
      ).monitorBoard;
    const define = (metricId: string, kind: string, more: object = {}) =>
      mutate('defineMetric', {
        ...{ metricId, kind, name: text(metricId), class: 'RESULT', zeroDenominator: 'NULL_WITH_REASON', partialPeriods: 'MARKED' },
        ...more,
      });
    await mutate('recordOrder', {
      ...{ orderId: 'O-1', buyer: { type: 'USER_ID', value: 'a-buyer' }, currency: 'JPY', placedAt: '2026-01-10T08:00:00Z' },
      lines: [{ sku: 'shampoo', quantity: 1, unitPrice: '1980' }],
    });
    await platform.caughtUp();
    await define('brought', 'ltv-historic');
    for (const purposeId of ['smooth', 'shine']) await mutate('registerResultMetric', { purposeId, metricId: 'brought' });
    const row = (board: readonly { metricId: string; purpose: { purposeId: string } }[], metricId: string, purposeId = 'smooth') =>
      board.find((one) => one.metricId === metricId && one.purpose.purposeId === purposeId);

    expect(row(await watched(), 'brought')).toMatchObject({ metric: null, missing: expect.stringContaining('No day is closed yet') });
    await platform.services.closeDays('2026-02-10', '2025-12-20');
    await define('buyers', 'share', { rule: 'purchases > 0' });
    await define('active', 'active-users');
    for (const metricId of ['buyers', 'active']) await mutate('registerResultMetric', { purposeId: 'smooth', metricId });
    const board = await watched();
    expect(row(board, 'mrr')).toEqual({
      ...{ metricId: 'mrr', lagging: true, purpose: { purposeId: 'smooth' }, metric: null, missing: 'METRIC_NOT_DEFINED' },
    });
    const brought = { value: '1980', unit: 'money', currency: 'JPY', n: 1, class: 'RESULT', from: null, to: null, definitionVersion: 1 };
    for (const purposeId of ['smooth', 'shine'])
      expect(row(board, 'brought', purposeId)).toMatchObject({
        ...{ lagging: true, missing: null },
        metric: { ...brought, position: expect.stringMatching(/^[1-9]/) },
      });
    // Three who declared a goal, and one who bought.
    expect(row(board, 'buyers')).toMatchObject({ metric: { value: '0.25', numerator: '1', denominator: '4', asOfDay: '2026-02-10' } });
    // Without a period: the last month that is over.
    expect(row(board, 'active')).toMatchObject({
      metric: { value: '0', from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z', timeZone: 'UTC', partial: false },
    });
    const february = await watched(', period: { from: "2026-02-01", to: "2026-02-28" }');
    expect(row(february, 'active')).toMatchObject({ metric: { value: '0', partial: true, asOfDay: '2026-02-10' } });
    const turned = await watched(', period: { from: "2026-02-28", to: "2026-02-01" }');
    expect(row(turned, 'active')).toMatchObject({ metric: null, missing: 'from is not after to' });
    await define('mrr', 'mrr');
    expect(row(await watched(), 'mrr')).toMatchObject({ metric: null, missing: expect.stringContaining('There is no contract yet') });
  });
});
