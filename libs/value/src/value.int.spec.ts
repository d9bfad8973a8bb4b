import { platformUnderTest, type PlatformUnderTest } from '../../testing/src/platform-under-test';
import { randomUUID } from 'node:crypto';

describe('strategy, value model and purpose, through the graph', () => {
  let platform: PlatformUnderTest;
  beforeAll(async () => {
    platform = await platformUnderTest();
  });
  afterAll(() => platform.stop());

  const text = (en: string) => ({ ja: `日本語 ${en}`, en });

  /** Sends a mutation and answers the union's member. */
  async function mutate(name: string, input: object, fields: string, role: 'marketer' | 'admin' | 'data' = 'marketer') {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const { data, errors } = await platform.ask(
      `mutation M($input: ${type}!) { result: ${name}(input: $input) { __typename ${fields} ... on CommandRefused { code field rule remedy } } }`,
      { input: { idempotencyKey: randomUUID(), ...input } },
      { role },
    );
    expect(errors).toEqual([]);
    return data.result;
  }
  const strategy = (name: string, input: object) =>
    mutate(name, input, '... on CustomerStrategyChanged { repeated strategy { strategyId version flags } }');
  const model = (name: string, input: object) =>
    mutate(name, input, '... on ValueModelChanged { repeated valueModel { valueModelId status modelVersion flags version } }');
  const purpose = (name: string, input: object, role: 'marketer' | 'data' = 'marketer') =>
    mutate(name, input, '... on PurposeChanged { purpose { purposeId status version kpi { indicatorId target } } }', role);

  const words = {
    why: 'Hair that combs through',
    what: 'A routine',
    how: 'A code in the package',
    target: 'Buyers with long hair',
    nonTarget: 'Bargain hunters',
    segmentRule: 'traits.hair == "long"',
  };
  const indicator = {
    unit: 'points',
    aggregate: 'LAST',
    direction: 'AT_LEAST',
    threshold: '4',
    windowDays: 14,
    sustainForDays: 28,
    everyDays: 7,
    source: 'self-assessment',
    reads: ['self_assessment.combing'],
  };

  async function valueModelOf(valueModelId: string): Promise<void> {
    const of = { valueModelId };
    expect(await model('defineConnectedValue', { ...of, layerId: 'c', text: text('at ease'), motive: text('be oneself') })).toMatchObject({
      __typename: 'ValueModelChanged',
    });
    expect(await model('defineExperientialValue', { ...of, layerId: 'e', parentId: 'c', text: text('combs through') })).toMatchObject({
      __typename: 'ValueModelChanged',
    });
    expect(
      await model('defineFunctionalValue', { ...of, layerId: 'f', parentId: 'e', text: text('smooths'), productIds: ['S'] }),
    ).toMatchObject({ __typename: 'ValueModelChanged' });
  }

  async function purposeOf(purposeId: string): Promise<void> {
    await valueModelOf(`${purposeId}-model`);
    expect(
      await purpose('definePurpose', { purposeId, valueModelId: `${purposeId}-model`, connectedValueId: 'c', statement: text('smooth') }),
    ).toMatchObject({ purpose: { status: 'DEFINED' } });
  }

  describe('the customer strategy', () => {
    it('is defined once, for somebody, and says why when it is for everybody [2.02] [2.31]', async () => {
      expect(await strategy('defineCustomerStrategy', { strategyId: 's1', strategy: words })).toMatchObject({
        strategy: { strategyId: 's1', version: 1 },
      });
      expect(await strategy('defineCustomerStrategy', { strategyId: 's1', strategy: words })).toMatchObject({
        code: 'STRATEGY_EXISTS',
        field: 'strategyId',
      });
      expect(await strategy('defineCustomerStrategy', { strategyId: 's2', strategy: { ...words, target: ' ' } })).toMatchObject({
        code: 'STRATEGY_WITHOUT_TARGET',
        field: 'target',
      });
      const everybody = { ...words, segmentRule: 'true' };
      expect(await strategy('defineCustomerStrategy', { strategyId: 's2', strategy: everybody })).toMatchObject({
        code: 'TARGET_IS_EVERYBODY',
        field: 'segmentRule',
      });
      expect(
        await strategy('defineCustomerStrategy', {
          strategyId: 's2',
          strategy: { ...everybody, reasonForEverybody: 'Everybody has hair' },
        }),
      ).toMatchObject({ strategy: { strategyId: 's2' } });
      expect(await strategy('reviseCustomerStrategy', { strategyId: 's2', strategy: everybody, reason: 'no' })).toMatchObject({
        code: 'TARGET_IS_EVERYBODY',
      });
      expect(await strategy('reviseCustomerStrategy', { strategyId: 'never', strategy: words, reason: 'no' })).toMatchObject({
        code: 'UNKNOWN_STRATEGY',
      });
      expect(
        await strategy('reviseCustomerStrategy', { strategyId: 's2', strategy: words, reason: 'narrower', expectedVersion: 7 }),
      ).toMatchObject({
        code: 'VERSION_CONFLICT',
      });
    });

    it('repeats its first answer for a repeated key, and refuses the key for other words', async () => {
      const input = { strategyId: 's3', strategy: words, idempotencyKey: 'the-same-key' };
      expect(await strategy('defineCustomerStrategy', input)).toMatchObject({ repeated: false });
      expect(await strategy('defineCustomerStrategy', input)).toMatchObject({ repeated: true });
      expect(await strategy('defineCustomerStrategy', { ...input, strategy: { ...words, why: 'other' } })).toMatchObject({
        code: 'IDEMPOTENCY_MISMATCH',
      });
    });

    it('keeps its assumptions by driver, and is flagged when one no longer holds until a review is held [2.03] [2.36]', async () => {
      await strategy('defineCustomerStrategy', { strategyId: 's4', strategy: words });
      const assumption = {
        strategyId: 's4',
        assumptionId: 'a1',
        driver: 'PSYCHOLOGY',
        text: 'People scan codes',
        reviewBy: '2026-06-01T00:00:00Z',
      };
      expect(await strategy('recordAssumption', { ...assumption, reviewBy: '2025-06-01T00:00:00Z' })).toMatchObject({
        code: 'REVIEW_IN_THE_PAST',
        field: 'reviewBy',
      });
      expect(await strategy('recordAssumption', assumption)).toMatchObject({ strategy: { version: 2 } });
      expect(await strategy('recordAssumption', assumption)).toMatchObject({ code: 'ASSUMPTION_EXISTS' });
      expect(await strategy('invalidateAssumption', { strategyId: 's4', assumptionId: 'a2', reason: 'x' })).toMatchObject({
        code: 'UNKNOWN_ASSUMPTION',
      });
      expect(await strategy('invalidateAssumption', { strategyId: 's4', assumptionId: 'a1', reason: 'They do not' })).toMatchObject({
        strategy: { flags: ['assumption a1: They do not'] },
      });
      expect(await strategy('scheduleReview', { strategyId: 's4', on: '2025-01-01T00:00:00Z' })).toMatchObject({
        code: 'REVIEW_IN_THE_PAST',
        field: 'on',
      });
      await strategy('scheduleReview', { strategyId: 's4', on: '2026-02-01T00:00:00Z' });
      expect(await strategy('holdReview', { strategyId: 's4', findings: 'Move into the shop' })).toMatchObject({ strategy: { flags: [] } });
      const { data } = await platform.ask(
        '{ customerStrategy(strategyId: "s4") { assumptions { driver invalidated } nextReview lastReview { findings } } }',
      );
      expect(data.customerStrategy).toEqual({
        assumptions: [{ driver: 'PSYCHOLOGY', invalidated: 'They do not' }],
        nextReview: null,
        lastReview: { findings: 'Move into the shop' },
      });
    });

    it('is listed page by page', async () => {
      const list =
        '{ customerStrategies(first: 2) { totalCount edges { node { strategyId } cursor } pageInfo { hasNextPage endCursor } } }';
      await platform.caughtUp();
      const { data } = await platform.ask(list);
      expect(data.customerStrategies.edges.map(({ node }: { node: { strategyId: string } }) => node.strategyId)).toEqual(['s1', 's2']);
      expect(data.customerStrategies.totalCount).toBe(4);
      const more = await platform.ask(list.replace('first: 2', `first: 100, after: "${data.customerStrategies.pageInfo.endCursor}"`));
      expect(more.data.customerStrategies.edges.map(({ node }: { node: { strategyId: string } }) => node.strategyId)).toEqual(['s3', 's4']);
    });
  });

  describe('the value model', () => {
    it('is defined from connected value downwards [2.22] [2.25] [2.27]', async () => {
      const of = { valueModelId: 'm1' };
      const functional = { ...of, layerId: 'f', parentId: 'e', text: text('smooths') };
      expect(await model('defineFunctionalValue', functional)).toMatchObject({ code: 'VALUE_LAYER_ORDER', field: 'parentId' });
      expect(await model('defineExperientialValue', { ...of, layerId: 'e', parentId: 'c', text: text('combs') })).toMatchObject({
        code: 'VALUE_LAYER_ORDER',
      });
      expect(await model('publishValueModel', { ...of, strategyId: 's1' })).toMatchObject({ code: 'UNKNOWN_VALUE_MODEL' });
      await model('defineConnectedValue', { ...of, layerId: 'c', text: text('at ease'), motive: text('be oneself') });
      expect(await model('defineFunctionalValue', { ...functional, parentId: 'c' })).toMatchObject({ code: 'VALUE_LAYER_ORDER' });
      await model('defineExperientialValue', { ...of, layerId: 'e', parentId: 'c', text: text('combs') });
      expect(await model('publishValueModel', { ...of, strategyId: 's1' })).toMatchObject({
        code: 'VALUE_LAYER_MISSING',
        field: 'functional',
      });
      expect(await model('defineFunctionalValue', functional)).toMatchObject({ valueModel: { status: 'DRAFT' } });
    });

    it('is published for a strategy only; what is published stands until it is revised [2.28] [2.31]', async () => {
      await valueModelOf('m2');
      expect(await model('publishValueModel', { valueModelId: 'm2', strategyId: 'never' })).toMatchObject({ code: 'NO_CUSTOMER_STRATEGY' });
      expect(await model('reviseValueModel', { valueModelId: 'm2', reason: 'x' })).toMatchObject({ code: 'VALUE_MODEL_NOT_PUBLISHED' });
      expect(await model('publishValueModel', { valueModelId: 'm2', strategyId: 's1' })).toMatchObject({
        valueModel: { status: 'PUBLISHED', modelVersion: 1 },
      });
      expect(await model('defineConnectedValue', { valueModelId: 'm2', layerId: 'c', text: text('a'), motive: text('b') })).toMatchObject({
        code: 'VALUE_MODEL_PUBLISHED',
      });
      expect(await model('reviseValueModel', { valueModelId: 'm2', reason: 'Online fitness in 2020' })).toMatchObject({
        valueModel: { status: 'DRAFT' },
      });
      expect(await model('publishValueModel', { valueModelId: 'm2', strategyId: 's1' })).toMatchObject({ valueModel: { modelVersion: 2 } });
      const { data } = await platform.ask(
        '{ valueModel(valueModelId: "m2") { history { what reason } strategy { strategyId } connected { motive { en } experiential { functional { productIds } } } } }',
      );
      expect(data.valueModel).toEqual({
        history: [
          { what: 'published', reason: null },
          { what: 'revised', reason: 'Online fitness in 2020' },
          { what: 'published', reason: null },
        ],
        strategy: { strategyId: 's1' },
        connected: [{ motive: { en: 'be oneself' }, experiential: [{ functional: [{ productIds: ['S'] }] }] }],
      });
    });

    it('and its strategy are tied both ways: revising one flags the other', async () => {
      await strategy('defineCustomerStrategy', { strategyId: 'tied', strategy: words });
      await valueModelOf('tied');
      await model('publishValueModel', { valueModelId: 'tied', strategyId: 'tied' });
      await strategy('reviseCustomerStrategy', { strategyId: 'tied', strategy: words, reason: 'Another target' });
      await platform.caughtUp();
      const flags = '{ valueModel(valueModelId: "tied") { flags } customerStrategy(strategyId: "tied") { flags } }';
      expect((await platform.ask(flags)).data).toEqual({
        valueModel: { flags: ['strategy tied: Another target'] },
        customerStrategy: { flags: [] },
      });
      await model('reviseValueModel', { valueModelId: 'tied', reason: 'A new experience' });
      await platform.caughtUp();
      expect((await platform.ask(flags)).data.customerStrategy).toEqual({ flags: ['value model tied: A new experience'] });
      await platform.caughtUp();
      const { data } = await platform.ask('{ customerStrategies(first: 5, flagged: true) { edges { node { strategyId } } } }');
      expect(data.customerStrategies.edges).toEqual([{ node: { strategyId: 's1' } }, { node: { strategyId: 'tied' } }]);
    });

    it('notes what the company cannot do yet [2.24]; a retired one does not change', async () => {
      await valueModelOf('m3');
      const gap = { valueModelId: 'm3', gapId: 'g1', layerId: 'e', needed: 'Advice for each kind of hair', present: 'A leaflet' };
      expect(await model('recordCapabilityGap', { ...gap, layerId: 'nowhere' })).toMatchObject({
        code: 'UNKNOWN_VALUE_LAYER',
        field: 'layerId',
      });
      expect(await model('recordCapabilityGap', gap)).toMatchObject({ __typename: 'ValueModelChanged' });
      expect(await model('retireValueModel', { valueModelId: 'm3', reason: 'Taken over' })).toMatchObject({
        valueModel: { status: 'RETIRED' },
      });
      expect(await model('recordCapabilityGap', { ...gap, gapId: 'g2' })).toMatchObject({ code: 'VALUE_MODEL_RETIRED' });
    });

    it.each(['PELOTON', 'WALGREENS', 'LULULEMON'])(
      'of %s is imported as a draft in two languages; each layer says whether it was told [2.26]',
      async (example) => {
        const valueModelId = `example-${example}`;
        expect(await model('importValueModelExample', { valueModelId, example })).toMatchObject({
          valueModel: { status: 'DRAFT', modelVersion: 0 },
        });
        expect(await model('importValueModelExample', { valueModelId, example })).toMatchObject({ code: 'VALUE_MODEL_EXISTS' });
        const { data } = await platform.ask(
          `{ valueModel(valueModelId: "${valueModelId}") { example connected { text { ja en } origin experiential { origin functional { origin } } } } }`,
        );
        const [connected] = data.valueModel.connected;
        expect(data.valueModel.example).toBe(example.toLowerCase());
        expect(connected.text.ja).not.toBe(connected.text.en);
        const origins = [connected.origin, connected.experiential[0].origin, connected.experiential[0].functional[0].origin];
        expect(origins).toEqual(example === 'LULULEMON' ? ['SOURCE', 'SOURCE', 'SOURCE'] : ['SOURCE', 'INTERPRETATION', 'INTERPRETATION']);
      },
    );
  });

  describe('the purpose', () => {
    it('begins as a hypothesis with evidence, and serves a connected value [0.24]', async () => {
      const hypothesis = { purposeId: 'p1', statement: text('smooth'), evidenceIds: ['voice-1'] };
      expect(await purpose('attachEvidence', { purposeId: 'p1', evidenceIds: ['voice-2'] })).toMatchObject({ code: 'UNKNOWN_PURPOSE' });
      expect(await purpose('proposePurposeHypothesis', hypothesis)).toMatchObject({ purpose: { status: 'HYPOTHESIS' } });
      expect(await purpose('proposePurposeHypothesis', hypothesis)).toMatchObject({ code: 'PURPOSE_EXISTS' });
      expect(await purpose('attachEvidence', { purposeId: 'p1', evidenceIds: [] })).toMatchObject({
        code: 'MISSING_FIELD',
        field: 'evidenceIds',
      });
      await purpose('attachEvidence', { purposeId: 'p1', evidenceIds: ['voice-2'] });
      expect(await purpose('defineOutcomeIndicator', { purposeId: 'p1', indicatorId: 'i', indicator })).toMatchObject({
        code: 'PURPOSE_WITHOUT_VALUE',
      });
      const defined = { purposeId: 'p1', valueModelId: 'm2', connectedValueId: 'nowhere', statement: text('smooth') };
      expect(await purpose('definePurpose', defined)).toMatchObject({ code: 'PURPOSE_WITHOUT_VALUE', field: 'connectedValueId' });
      expect(await purpose('definePurpose', { ...defined, valueModelId: 'never' })).toMatchObject({ code: 'PURPOSE_WITHOUT_VALUE' });
      expect(await purpose('definePurpose', { ...defined, connectedValueId: 'c' })).toMatchObject({ purpose: { status: 'DEFINED' } });
      const { data } = await platform.ask('{ purpose(purposeId: "p1") { evidenceIds valueModel { valueModelId } } }');
      expect(data.purpose).toEqual({ evidenceIds: ['voice-1', 'voice-2'], valueModel: { valueModelId: 'm2' } });
    });

    it('climbs the ladder of "what for?" to its success condition [2.23]', async () => {
      await purposeOf('p2');
      for (let step = 1; step <= 10; step++)
        expect(await purpose('addWhyStep', { purposeId: 'p2', answer: `because ${step}` })).toMatchObject({ __typename: 'PurposeChanged' });
      expect(await purpose('addWhyStep', { purposeId: 'p2', answer: 'once more' })).toMatchObject({ code: 'WHY_LADDER_ENDED' });
      await purpose('setSuccessCondition', { purposeId: 'p2', condition: 'The comb goes through in one stroke' });
      expect(await purpose('addWhyStep', { purposeId: 'p2', answer: 'more' })).toMatchObject({ code: 'WHY_LADDER_ENDED' });
    });

    it.each(['unit', 'aggregate', 'direction', 'threshold', 'source', 'reads'])(
      'has no indicator without %s: PURPOSE_NOT_MEASURABLE',
      async (field) => {
        if (field === 'unit') await purposeOf('p3');
        const input = { purposeId: 'p3', indicatorId: 'i', indicator: { ...indicator, [field]: undefined } };
        expect(await purpose('defineOutcomeIndicator', input)).toMatchObject({
          code: 'PURPOSE_NOT_MEASURABLE',
          field: `indicator.${field}`,
        });
      },
    );

    it('has indicators that another than their author approves, version by version [0.11] [0.15]', async () => {
      await purposeOf('p4');
      const of = { purposeId: 'p4', indicatorId: 'i' };
      expect(await purpose('approveOutcomeIndicator', of)).toMatchObject({ code: 'UNKNOWN_INDICATOR' });
      expect(await purpose('defineOutcomeIndicator', { ...of, indicator: { ...indicator, windowDays: 0 } })).toMatchObject({
        code: 'INVALID_FIELD',
        field: 'indicator.windowDays',
      });
      expect(await purpose('defineOutcomeIndicator', { ...of, indicator })).toMatchObject({ __typename: 'PurposeChanged' });
      expect(await purpose('defineOutcomeIndicator', { ...of, indicator })).toMatchObject({ code: 'INDICATOR_EXISTS' });
      expect(await purpose('approveOutcomeIndicator', of)).toMatchObject({ code: 'AUTHOR_CANNOT_APPROVE' });
      expect(await purpose('setKpi', { ...of, target: '0.6', period: 'QUARTER' })).toMatchObject({ code: 'INDICATOR_NOT_APPROVED' });
      expect(await purpose('approveOutcomeIndicator', of, 'data')).toMatchObject({ __typename: 'PurposeChanged' });
      expect(await purpose('setKpi', { ...of, target: '0.6', period: 'QUARTER' })).toMatchObject({
        purpose: { kpi: { indicatorId: 'i', target: '0.6' } },
      });
      expect(await purpose('setKpi', { ...of, target: '1.6', period: 'QUARTER' })).toMatchObject({ code: 'INVALID_FIELD' });
      await purpose('reviseOutcomeIndicator', { ...of, indicator: { threshold: '3' }, reason: 'Too strict' });
      const { data } = await platform.ask(
        '{ purpose(purposeId: "p4") { indicators { indicatorVersion approvedVersion threshold windowDays lagging } } }',
      );
      expect(data.purpose.indicators).toEqual([
        { indicatorVersion: 2, approvedVersion: 1, threshold: '3', windowDays: 14, lagging: false },
      ]);
      expect(await purpose('reviseOutcomeIndicator', { ...of, indicator: { threshold: 'x' }, reason: 'x' }).catch(String)).toContain(
        'Decimal',
      );
    });

    it('takes no lagging metric for a KPI, nor an indicator that reads nothing but results [0.16]', async () => {
      await purposeOf('p5');
      await purpose('registerResultMetric', { purposeId: 'p5', metricId: 'mrr' });
      const kpi = { purposeId: 'p5', target: '0.5', period: 'MONTH' };
      expect(await purpose('setKpi', { ...kpi, indicatorId: 'mrr' })).toMatchObject({
        code: 'LAGGING_INDICATOR_CANNOT_BE_KPI',
        field: 'indicatorId',
      });
      await purpose('defineOutcomeIndicator', {
        purposeId: 'p5',
        indicatorId: 'opens',
        indicator: { ...indicator, reads: ['opens', 'orders.count', 'subscription_state'] },
      });
      await purpose('approveOutcomeIndicator', { purposeId: 'p5', indicatorId: 'opens' }, 'data');
      expect(await purpose('setKpi', { ...kpi, indicatorId: 'opens' })).toMatchObject({ code: 'LAGGING_INDICATOR_CANNOT_BE_KPI' });
      expect(await purpose('setKpi', { ...kpi, indicatorId: 'never' })).toMatchObject({ code: 'UNKNOWN_INDICATOR' });
      await purpose('retirePurpose', { purposeId: 'p5', reason: 'Nobody declared it' });
      expect(await purpose('registerResultMetric', { purposeId: 'p5', metricId: 'ltv' })).toMatchObject({ code: 'PURPOSE_RETIRED' });
    });
  });
});
