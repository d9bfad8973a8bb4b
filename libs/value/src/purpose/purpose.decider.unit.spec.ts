import {
  goalAbandoned,
  kpiSet,
  outcomeIndicatorApproved,
  outcomeIndicatorDefined,
  outcomeIndicatorRevised,
  purposeDefined,
  purposeEvidenceAttached,
  purposeFacts,
  purposeHypothesisProposed,
  purposeRetired,
  resultMetricRegistered,
  successConditionSet,
  whyStepAdded,
} from '@tsunagari/contracts';
import { exampleOf, folded, given, recorded } from '@tsunagari/testing';
import { isLagging } from './indicator';
import { purposeAggregate, type PurposeCommand } from './purpose.decider';

const { decider } = purposeAggregate;
const { purposeId, ...hypothesis } = exampleOf(purposeHypothesisProposed);
const definition = exampleOf(purposeDefined);
const { indicatorId, indicator } = exampleOf(outcomeIndicatorDefined);
const kpi = exampleOf(kpiSet);
const [author, colleague] = ['user:author', 'user:colleague'];
const by = (actor: string) => ({ meta: { actor, source: 'test', correlationId: 'test' } });

const proposed = recorded(purposeHypothesisProposed, { purposeId, ...hypothesis });
const defined = recorded(purposeDefined, definition);
const measured = recorded(outcomeIndicatorDefined, { purposeId, indicatorId, indicatorVersion: 1, indicator }, by(author));
const other = recorded(outcomeIndicatorDefined, { purposeId, indicatorId: 'other', indicatorVersion: 1, indicator }, by(author));
const approved = recorded(outcomeIndicatorApproved, { purposeId, indicatorId, indicatorVersion: 1 }, by(colleague));
const looser = { ...indicator, threshold: '3' };
const revised = recorded(
  outcomeIndicatorRevised,
  { purposeId, indicatorId, indicatorVersion: 2, indicator: looser, reason: 'too strict' },
  by(author),
);
const ended = recorded(successConditionSet, { purposeId, condition: 'one stroke' });
const registered = recorded(resultMetricRegistered, { purposeId, metricId: 'mrr', lagging: true });
const retired = recorded(purposeRetired, { purposeId, reason: 'nobody' });
const climbed = (steps: number) => Array.from({ length: steps }, (_, n) => recorded(whyStepAdded, { purposeId, n: n + 1, answer: `${n}` }));

const propose = { kind: 'ProposePurposeHypothesis', purposeId, ...hypothesis } as const;
const define = { kind: 'DefinePurpose', ...definition, connectedValueExists: true } as const;
const attach = { kind: 'AttachEvidence', purposeId, evidenceIds: ['voice-13'], note: 'Interviews' } as const;
const climb = { kind: 'AddWhyStep', purposeId, answer: 'So that' } as const;
const measure = { kind: 'DefineOutcomeIndicator', purposeId, indicatorId, indicator } as const;
const revise = { kind: 'ReviseOutcomeIndicator', purposeId, indicatorId, indicator: { threshold: '3' }, reason: 'too strict' } as const;
const approve = { kind: 'ApproveOutcomeIndicator', purposeId, indicatorId, by: colleague } as const;
const setKpi = { kind: 'SetKpi', ...kpi } as const;
const setCondition = { kind: 'SetSuccessCondition', purposeId, condition: 'one stroke' } as const;
const watch = { kind: 'RegisterResultMetric', purposeId, metricId: 'mrr' } as const;
const retire = { kind: 'RetirePurpose', purposeId, reason: 'nobody' } as const;
const later: readonly PurposeCommand[] = [attach, climb, setCondition, measure, revise, approve, setKpi, watch, retire];

describe('a purpose [0.07] [0.24]', () => {
  it('begins as a hypothesis with evidence', () => {
    given(decider)
      .when(propose)
      .then({ definition: purposeHypothesisProposed, subject: null, data: { purposeId, ...hypothesis } });
    given(decider, [defined]).when(propose).thenRefused('PURPOSE_EXISTS', 'purposeId');
    given(decider, [proposed])
      .when(attach)
      .then({ definition: purposeEvidenceAttached, subject: null, data: { purposeId, evidenceIds: ['voice-13'], note: 'Interviews' } });
    given(decider, [proposed])
      .when({ ...attach, evidenceIds: [] })
      .thenRefused('MISSING_FIELD', 'evidenceIds');
  });

  it('serves a connected value', () => {
    for (const facts of [[], [proposed], [defined]])
      given(decider, facts).when(define).then({ definition: purposeDefined, subject: null, data: definition });
    given(decider, [proposed])
      .when({ ...define, connectedValueExists: false })
      .thenRefused('PURPOSE_WITHOUT_VALUE', 'connectedValueId');
  });

  it('takes no other command before it stands, and none when it is retired', () => {
    for (const command of later) given(decider).when(command).thenRefused('UNKNOWN_PURPOSE', 'purposeId');
    for (const command of [propose, define, ...later])
      given(decider, [defined, retired]).when(command).thenRefused('PURPOSE_RETIRED', 'purposeId');
    given(decider, [defined])
      .when(retire)
      .then({ definition: purposeRetired, subject: null, data: { purposeId, reason: 'nobody' } });
  });
});

describe('the ladder of "what for?" [2.23]', () => {
  it('has ten steps at most, and ends with the success condition', () => {
    for (const steps of [0, 1, 9])
      given(decider, [defined, ...climbed(steps)])
        .when(climb)
        .then({ definition: whyStepAdded, subject: null, data: { purposeId, n: steps + 1, answer: 'So that' } });
    given(decider, [defined, ...climbed(10)])
      .when(climb)
      .thenRefused('WHY_LADDER_ENDED', 'answer');
    given(decider, [defined, ended]).when(climb).thenRefused('WHY_LADDER_ENDED', 'answer');
  });

  it('may get another success condition', () => {
    for (const facts of [[defined], [defined, ended]])
      given(decider, facts)
        .when(setCondition)
        .then({ definition: successConditionSet, subject: null, data: { purposeId, condition: 'one stroke' } });
  });
});

describe('an indicator of a purpose [0.11]', () => {
  it('is defined once, of a purpose that serves a value', () => {
    given(decider, [defined, other])
      .when(measure)
      .then({ definition: outcomeIndicatorDefined, subject: null, data: { purposeId, indicatorId, indicatorVersion: 1, indicator } });
    given(decider, [defined, measured]).when(measure).thenRefused('INDICATOR_EXISTS', 'indicatorId');
    given(decider, [proposed]).when(measure).thenRefused('PURPOSE_WITHOUT_VALUE', 'purposeId');
  });

  it.each(['aggregate', 'direction', 'threshold', 'source', 'unit', 'reads'] as const)('says its %s', (field) => {
    const { [field]: _, ...rest } = indicator;
    const refused = ['PURPOSE_NOT_MEASURABLE', `indicator.${field}`] as const;
    given(decider, [defined])
      .when({ ...measure, indicator: rest })
      .thenRefused(...refused);
    given(decider, [defined])
      .when({ ...measure, indicator: { ...indicator, [field]: field === 'reads' ? [] : '' } })
      .thenRefused(...refused);
  });

  it('is one that facts can hold, also when it is revised', () => {
    given(decider, [defined])
      .when({ ...measure, indicator: { ...indicator, threshold: 'four' } })
      .thenRefused('INVALID_FIELD', 'indicator.threshold');
    given(decider, [defined, measured])
      .when({ ...revise, indicator: { windowDays: 0 } })
      .thenRefused('INVALID_FIELD', 'indicator.windowDays');
  });

  it('is revised version by version, from what it was [0.15]', () => {
    given(decider, [defined, other, measured])
      .when(revise)
      .then({
        definition: outcomeIndicatorRevised,
        subject: null,
        data: { purposeId, indicatorId, indicatorVersion: 2, indicator: looser, reason: 'too strict' },
      });
    given(decider, [defined, other]).when(revise).thenRefused('UNKNOWN_INDICATOR', 'indicatorId');
  });

  it('is approved by another than its author, each version once', () => {
    const told = (indicatorVersion: number) => ({
      definition: outcomeIndicatorApproved,
      subject: null,
      data: { purposeId, indicatorId, indicatorVersion },
    });
    given(decider, [defined, measured]).when(approve).then(told(1));
    given(decider, [defined, measured])
      .when({ ...approve, by: author })
      .thenRefused('AUTHOR_CANNOT_APPROVE', 'indicatorId');
    given(decider, [defined, measured, approved]).when(approve).thenNothingHappened();
    given(decider, [defined, measured, approved, revised]).when(approve).then(told(2));
    given(decider, [defined, other]).when(approve).thenRefused('UNKNOWN_INDICATOR', 'indicatorId');
  });
});

describe('a KPI [0.16]', () => {
  const lagging = recorded(outcomeIndicatorDefined, {
    ...{ purposeId, indicatorId: 'logins', indicatorVersion: 1 },
    indicator: { ...indicator, reads: ['logins.count', 'MRR'] },
  });

  it('rests on an approved indicator', () => {
    given(decider, [defined, other, measured, approved]).when(setKpi).then({ definition: kpiSet, subject: null, data: kpi });
    given(decider, [defined, measured]).when(setKpi).thenRefused('INDICATOR_NOT_APPROVED', 'indicatorId');
    given(decider, [defined, other]).when(setKpi).thenRefused('UNKNOWN_INDICATOR', 'indicatorId');
  });

  it('is no result: neither a metric that is watched, nor an indicator that reads results only', () => {
    given(decider, [defined, registered])
      .when({ ...setKpi, indicatorId: 'mrr' })
      .thenRefused('LAGGING_INDICATOR_CANNOT_BE_KPI', 'indicatorId');
    given(decider, [defined, measured, lagging])
      .when({ ...setKpi, indicatorId: 'logins' })
      .thenRefused('LAGGING_INDICATOR_CANNOT_BE_KPI', 'indicatorId');
  });

  it.each(['orders', 'purchases', 'revenue', 'margin', 'mrr', 'ltv', 'subscription', 'subscription_state', 'logins', 'sessions', 'visits'])(
    'that reads %s lags',
    (attribute) => expect(isLagging({ reads: [attribute] })).toBe(true),
  );
  it.each(['page_views', 'opens', 'clicks', 'Orders.count'])('that reads %s lags', (attribute) =>
    expect(isLagging({ reads: [attribute, 'mrr'] })).toBe(true),
  );
  it('that reads an outcome beside results does not lag', () => {
    expect(isLagging({ reads: ['mrr', 'self_assessment.combing'] })).toBe(false);
    expect(isLagging({ reads: ['self_assessment.mrr'] })).toBe(false);
  });

  it('has results beside it, each watched once', () => {
    given(decider, [defined])
      .when(watch)
      .then({ definition: resultMetricRegistered, subject: null, data: { purposeId, metricId: 'mrr', lagging: true } });
    given(decider, [defined, registered]).when(watch).thenNothingHappened();
  });
});

describe('a purpose as it stands', () => {
  const fresh = {
    ...{ purposeId, status: 'hypothesis', statement: hypothesis.statement, valueModelId: null, connectedValueId: null, evidenceIds: [] },
    ...{ why: [], successCondition: null, indicators: [], kpi: null, resultMetrics: [] },
  };

  it('is what was proposed, then what was defined', () => {
    const { evidenceIds } = hypothesis;
    expect(folded(decider, [proposed])).toEqual({ ...fresh, evidenceIds });
    expect(folded(decider, [defined])).toEqual({ ...fresh, ...definition, status: 'defined' });
    expect(folded(decider, [proposed, defined])).toEqual({ ...fresh, evidenceIds, ...definition, status: 'defined' });
  });

  it('holds what was told of it since, its indicators with all versions and the approved one', () => {
    const version = (indicatorVersion: number, of = indicator) => ({ indicatorVersion, indicator: of });
    const facts = [
      proposed,
      recorded(purposeEvidenceAttached, { purposeId, evidenceIds: [...hypothesis.evidenceIds, 'voice-13'] }),
      defined,
      ...climbed(2),
      ended,
      other,
      measured,
      approved,
      revised,
      registered,
      recorded(kpiSet, kpi),
    ];
    const { purposeId: _, ...steered } = kpi;
    const stands = {
      ...{ ...fresh, ...definition, status: 'defined', evidenceIds: [...hypothesis.evidenceIds, 'voice-13'], why: ['0', '1'] },
      ...{ successCondition: 'one stroke', kpi: steered, resultMetrics: ['mrr'] },
      indicators: [
        { indicatorId: 'other', ...version(1), versions: [version(1)], author, approved: null },
        {
          ...{ indicatorId, ...version(2, looser), versions: [version(1), version(2, looser)], author },
          approved: { ...version(1), by: colleague },
        },
      ],
    };
    expect(folded(decider, facts)).toEqual(stands);
    expect(folded(decider, [...facts, recorded(goalAbandoned, exampleOf(goalAbandoned))])).toEqual(stands);
    expect(folded(decider, [...facts, retired])).toEqual({ ...stands, status: 'retired' });
  });

  it('is nothing before it is proposed or defined', () => {
    const begins = [purposeHypothesisProposed.type, purposeDefined.type];
    for (const fact of purposeFacts.filter(({ type }) => !begins.includes(type)))
      expect(folded(decider, [recorded(fact, exampleOf(fact))])).toBeNull();
  });
});
