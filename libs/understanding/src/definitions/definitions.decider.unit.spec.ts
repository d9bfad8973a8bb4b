import {
  definitionRetired,
  healthModelActivated,
  healthModelBacktested,
  healthModelDefined,
  metricDefined,
  needDefined,
  needPrioritised,
  segmentDefined,
} from '@tsunagari/contracts';
import { given, recorded } from '@tsunagari/testing';
import { foldDefinition, EMPTY_BOOK } from './definition-book';
import { definitionsDecider, type DefinitionCommand } from './definitions.decider';

const name = { ja: '名', en: 'Name' };
const metric: Extract<DefinitionCommand, { kind: 'DefineMetric' }> = {
  kind: 'DefineMetric',
  metricId: 'loyal',
  name,
  metricKind: 'share',
  class: 'RESULT',
  rule: 'purchases >= 5',
  base: 'purchases >= 1',
  zeroDenominator: 'null-with-reason',
  partialPeriods: 'marked',
};
const segment = { segmentId: 'quiet', version: 1, name, rule: 'days_since_purchase > 90' };
const health = {
  modelId: 'health',
  version: 1,
  name,
  outcome: 'purchase',
  horizonDays: 90,
  features: ['purchases', 'days_since_purchase'],
};
const backTest = {
  modelId: 'health',
  version: 1,
  backtestId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  asOfDay: '2026-01-31',
  inputsPosition: '9',
  customers: 100,
  report: { auc: 0.8 },
  fitted: { intercept: 1 },
  leaking: [] as string[],
};
const { version: _, ...testing } = backTest;

describe('definitions are facts', () => {
  it('a metric says what it answers without a base and in an open period [metric without zero-denominator behaviour is refused]', () => {
    const { kind: __, metricKind, ...rest } = metric;
    given(definitionsDecider)
      .when(metric)
      .then({ definition: metricDefined, subject: null, data: { ...rest, kind: metricKind, version: 1 } });
    given(definitionsDecider)
      .when({ ...metric, zeroDenominator: null })
      .thenRefused('ZERO_DENOMINATOR_UNDEFINED', 'zeroDenominator');
    given(definitionsDecider)
      .when({ ...metric, partialPeriods: null })
      .thenRefused('PARTIAL_PERIOD_UNDEFINED', 'partialPeriods');
  });

  it('a metric is of a known kind and class, over a known segment, by valid rules', () => {
    given(definitionsDecider)
      .when({ ...metric, metricKind: 'vibes' })
      .thenRefused('UNKNOWN_METRIC_KIND', 'kind');
    given(definitionsDecider)
      .when({ ...metric, metricKind: 'nrr', class: 'OUTCOME' })
      .thenRefused('INVALID_FIELD', 'class');
    given(definitionsDecider)
      .when({ ...metric, base: 'purchased > 1' })
      .thenRefused('RULE_NOT_VALID', 'base');
    given(definitionsDecider)
      .when({ ...metric, rule: undefined } as unknown as DefinitionCommand)
      .thenRefused('MISSING_FIELD', 'rule');
    given(definitionsDecider)
      .when({ ...metric, metricKind: 'mean' })
      .thenRefused('MISSING_FIELD', 'formula');
    given(definitionsDecider)
      .when({ ...metric, metricKind: 'mean', formula: 'subscriber' })
      .thenRefused('RULE_NOT_VALID', 'formula');
    given(definitionsDecider)
      .when({ ...metric, segmentId: 'quiet' })
      .thenRefused('UNKNOWN_DEFINITION', 'segmentId');
    const { kind: __, metricKind, ...rest } = metric;
    const third = recorded(metricDefined, { ...rest, kind: metricKind, version: 3 });
    given(definitionsDecider, [third])
      .when(metric)
      .then({ definition: metricDefined, subject: null, data: { ...rest, kind: metricKind, version: 4 } });
  });

  it('a rule that is none is refused with its place and what to write', () => {
    const decision = definitionsDecider.decide(
      { kind: 'DefineSegment', segmentId: 'quiet', name, rule: 'days_since_purchase > "90"' },
      EMPTY_BOOK,
    );
    expect(decision).toMatchObject({
      kind: 'refused',
      refusal: {
        code: 'RULE_NOT_VALID',
        field: 'rule',
        message: expect.stringContaining('Line 1, column 1') as string,
        remedy: 'Write a number on the right of `>`.',
      },
    });
    given(definitionsDecider)
      .when({
        kind: 'DefineLifecycle',
        stages: [
          { stageId: 'new', name, rule: 'purchases < 2' },
          { stageId: 'old', name, rule: 'nothing' },
        ],
      })
      .thenRefused('RULE_NOT_VALID', 'stages.1.rule');
    given(definitionsDecider)
      .when({
        kind: 'DefineLifecycle',
        stages: [
          { stageId: 'new', name, rule: 'purchases < 2' },
          { stageId: 'new', name, rule: 'purchases > 2' },
        ],
      })
      .thenRefused('INVALID_FIELD', 'stages.1.stageId');
  });

  it('what a live definition or another context refers to is not retired', () => {
    const facts = [
      recorded(segmentDefined, segment),
      recorded(metricDefined, { ...metric, kind: 'share', version: 1, segmentId: 'quiet' }, { position: '2' }),
    ];
    const retire = { kind: 'RetireDefinition', of: 'segment', definitionId: 'quiet', reason: 'old', usedBy: [] } as const;
    given(definitionsDecider, facts).when(retire).thenRefused('DEFINITION_IN_USE', 'definitionId');
    given(definitionsDecider, facts.slice(0, 1))
      .when({ ...retire, usedBy: ['offer welcome'] })
      .thenRefused('DEFINITION_IN_USE', 'definitionId');
    given(definitionsDecider, facts.slice(0, 1))
      .when(retire)
      .then({ definition: definitionRetired, subject: null, data: { kind: 'segment', definitionId: 'quiet', reason: 'old' } });
    given(definitionsDecider).when(retire).thenRefused('UNKNOWN_DEFINITION', 'definitionId');
    const gone = recorded(definitionRetired, { kind: 'segment', definitionId: 'quiet', reason: 'old' }, { position: '3' });
    given(definitionsDecider, [facts[0]!, gone]).when(retire).thenRefused('UNKNOWN_DEFINITION', 'definitionId');
  });

  it('[1.17] [1.23] a need is prioritised or declined once it is defined', () => {
    const defined = recorded(needDefined, { needId: 'refill', version: 1, name, rule: 'purchases > 3' });
    given(definitionsDecider, [defined])
      .when({ kind: 'PrioritiseNeed', needId: 'refill', priority: 2, reason: 'many' })
      .then({ definition: needPrioritised, subject: null, data: { needId: 'refill', priority: 2, reason: 'many' } });
    given(definitionsDecider, [defined])
      .when({ kind: 'PrioritiseNeed', needId: 'refill', priority: 6, reason: 'many' })
      .thenRefused('INVALID_FIELD', 'priority');
    given(definitionsDecider).when({ kind: 'DeclineNeed', needId: 'refill', reason: 'no' }).thenRefused('UNKNOWN_DEFINITION', 'needId');
  });
});

describe('a health model', () => {
  const define = {
    kind: 'DefineHealthModel',
    modelId: 'health',
    name,
    outcome: 'purchase',
    horizonDays: 90,
    features: ['purchases'],
  } as const;

  it('is made of numbers that do not know the outcome', () => {
    given(definitionsDecider)
      .when({ ...define, features: ['purchase_probability_90d'] })
      .thenRefused('FEATURE_LEAKS_LABEL', 'features.0');
    given(definitionsDecider)
      .when({ ...define, outcome: 'renewal', features: ['purchases', 'leaving'] })
      .thenRefused('FEATURE_LEAKS_LABEL', 'features.1');
    given(definitionsDecider)
      .when({ ...define, features: ['mood'] })
      .thenRefused('UNKNOWN_ATTRIBUTE', 'features.0');
    given(definitionsDecider)
      .when({ ...define, features: ['kind'] })
      .thenRefused('INVALID_FIELD', 'features.0');
    given(definitionsDecider)
      .when({ ...define, features: ['purchases', 'purchases'] })
      .thenRefused('INVALID_FIELD', 'features');
  });

  it('is activated with a back-test only, and not with one in which a feature leaked', () => {
    const activate = { kind: 'ActivateHealthModel', modelId: 'health', backtestId: null } as const;
    const defined = recorded(healthModelDefined, health);
    given(definitionsDecider, [defined]).when(activate).thenRefused('NO_BACK_TEST', 'modelId');
    given(definitionsDecider).when(activate).thenRefused('UNKNOWN_DEFINITION', 'modelId');
    const tested = recorded(healthModelBacktested, backTest, { position: '2' });
    const activation = { modelId: 'health', version: 1, backtestId: backTest.backtestId };
    given(definitionsDecider, [defined, tested]).when(activate).then({ definition: healthModelActivated, subject: null, data: activation });
    given(definitionsDecider, [defined, recorded(healthModelBacktested, { ...backTest, leaking: ['purchases'] }, { position: '2' })])
      .when(activate)
      .thenRefused('FEATURE_LEAKS_LABEL', 'modelId');
    // A new version has no back-test yet.
    given(definitionsDecider, [defined, tested, recorded(healthModelDefined, { ...health, version: 2 }, { position: '3' })])
      .when(activate)
      .thenRefused('NO_BACK_TEST', 'modelId');
    const activated = recorded(healthModelActivated, activation, { position: '3' });
    given(definitionsDecider, [defined, tested, activated]).when(activate).thenNothingHappened();
    given(definitionsDecider, [defined, tested, activated])
      .when({ kind: 'RetireDefinition', of: 'health-model', definitionId: 'health', reason: 'old', usedBy: [] })
      .thenRefused('DEFINITION_IN_USE', 'definitionId');
  });

  it('keeps answering by its activated version while a new one is tried', () => {
    const book = [
      recorded(healthModelDefined, health),
      recorded(healthModelBacktested, backTest, { position: '2' }),
      recorded(healthModelActivated, { modelId: 'health', version: 1, backtestId: backTest.backtestId }, { position: '3' }),
      recorded(healthModelDefined, { ...health, version: 2 }, { position: '4' }),
    ].reduce(foldDefinition, EMPTY_BOOK);
    expect(book.activeHealth).toMatchObject({ version: 1, outcome: 'purchase', horizonDays: 90 });
    given(definitionsDecider, [])
      .when({ kind: 'RecordHealthBackTest', ...testing })
      .thenRefused('UNKNOWN_DEFINITION', 'modelId');
  });
});
