import {
  assumptionInvalidated,
  assumptionRecorded,
  customerStrategyDefined,
  customerStrategyRevised,
  purposeRetired,
  retentionReadinessAssessed,
  reviewHeld,
  reviewScheduled,
  strategyFacts,
  strategyReviewFlagged,
} from '@tsunagari/contracts';
import { exampleOf, folded, given, recorded } from '@tsunagari/testing';
import { strategyAggregate } from './strategy.decider';

const { decider } = strategyAggregate;
const { strategyId, ...text } = exampleOf(customerStrategyDefined);
const { strategyId: _, ...assumption } = exampleOf(assumptionRecorded);
const { strategyId: __, ...readiness } = exampleOf(retentionReadinessAssessed);
const { assumptionId } = assumption;
const later = '2026-03-01T00:00:00.000Z';
const defined = recorded(customerStrategyDefined, { strategyId, ...text });
const believed = recorded(assumptionRecorded, { strategyId, ...assumption });
const another = recorded(assumptionRecorded, { strategyId, ...assumption, assumptionId: 'another' });
const disproved = recorded(assumptionInvalidated, { strategyId, assumptionId, reason: 'not so' });
const define = { kind: 'DefineCustomerStrategy', strategyId, ...text } as const;
const revise = { kind: 'ReviseCustomerStrategy', strategyId, ...text, why: 'Another why', reason: 'learned' } as const;
const record = { kind: 'RecordAssumption', strategyId, ...assumption, at: later } as const;
const invalidate = { kind: 'InvalidateAssumption', strategyId, assumptionId, reason: 'not so' } as const;
const schedule = { kind: 'ScheduleReview', strategyId, on: '2026-04-01T00:00:00.000Z', at: later } as const;

describe('a customer strategy [2.02]', () => {
  it('is defined once, and revised with a reason', () => {
    given(decider)
      .when(define)
      .then({ definition: customerStrategyDefined, subject: null, data: { strategyId, ...text } });
    given(decider, [defined]).when(define).thenRefused('STRATEGY_EXISTS', 'strategyId');
    const { kind: _, ...revised } = revise;
    given(decider, [defined]).when(revise).then({ definition: customerStrategyRevised, subject: null, data: revised });
  });

  it('names whom it is for', () => {
    given(decider)
      .when({ ...define, target: ' ' })
      .thenRefused('STRATEGY_WITHOUT_TARGET', 'target');
    given(decider, [defined])
      .when({ ...revise, target: ' ' })
      .thenRefused('STRATEGY_WITHOUT_TARGET', 'target');
  });

  it.each([[' '], ['true'], [' true ']])('for everybody (%j) says why', (segmentRule) => {
    given(decider)
      .when({ ...define, segmentRule })
      .thenRefused('TARGET_IS_EVERYBODY', 'segmentRule');
    given(decider)
      .when({ ...define, segmentRule, reasonForEverybody: ' ' })
      .thenRefused('TARGET_IS_EVERYBODY', 'segmentRule');
  });

  it('for everybody stands with a reason', () => {
    const everybody = { ...text, segmentRule: 'true', reasonForEverybody: 'Everybody washes' };
    given(decider)
      .when({ ...define, ...everybody })
      .then({ definition: customerStrategyDefined, subject: null, data: { strategyId, ...everybody } });
  });

  it('that nobody defined takes no other command', () => {
    for (const command of [revise, record, invalidate, schedule])
      given(decider).when(command).thenRefused('UNKNOWN_STRATEGY', 'strategyId');
  });
});

describe('what a strategy rests on [2.03]', () => {
  it('is recorded once, with a review to come', () => {
    given(decider, [defined])
      .when(record)
      .then({ definition: assumptionRecorded, subject: null, data: { strategyId, ...assumption } });
    given(decider, [defined, another, believed]).when(record).thenRefused('ASSUMPTION_EXISTS', 'assumptionId');
    for (const at of [assumption.reviewBy, '2026-12-01T00:00:00.000Z'])
      given(decider, [defined, another])
        .when({ ...record, at })
        .thenRefused('REVIEW_IN_THE_PAST', 'reviewBy');
  });

  it('is found not to hold once', () => {
    given(decider, [defined, another, believed])
      .when(invalidate)
      .then({ definition: assumptionInvalidated, subject: null, data: { strategyId, assumptionId, reason: 'not so' } });
    given(decider, [defined, another, believed, disproved]).when(invalidate).thenNothingHappened();
    given(decider, [defined, another]).when(invalidate).thenRefused('UNKNOWN_ASSUMPTION', 'assumptionId');
  });
});

describe('a review of a strategy', () => {
  it('is scheduled for a moment to come', () => {
    given(decider, [defined])
      .when(schedule)
      .then({ definition: reviewScheduled, subject: null, data: { strategyId, on: schedule.on } });
    for (const at of [schedule.on, '2026-12-01T00:00:00.000Z'])
      given(decider, [defined])
        .when({ ...schedule, at })
        .thenRefused('REVIEW_IN_THE_PAST', 'on');
  });

  it('is held, asked for by a revised value model, and leaves its answers to the four questions', () => {
    given(decider, [defined])
      .when({ kind: 'HoldReview', strategyId, findings: 'stands' })
      .then({ definition: reviewHeld, subject: null, data: { strategyId, findings: 'stands' } });
    given(decider, [defined])
      .when({ kind: 'FlagForReview', strategyId, valueModelId: 'm', reason: 'new' })
      .then({ definition: strategyReviewFlagged, subject: null, data: { strategyId, valueModelId: 'm', reason: 'new' } });
    given(decider, [defined])
      .when({ kind: 'AssessRetentionReadiness', strategyId, ...readiness })
      .then({ definition: retentionReadinessAssessed, subject: null, data: { strategyId, ...readiness } });
  });
});

describe('a strategy as it stands', () => {
  const fresh = {
    ...{ strategyId, ...text, definedAt: defined.occurred, revisions: 0, assumptions: [] },
    ...{ nextReview: null, lastReview: null, flags: [], readiness: null },
  };

  it('begins with its text', () => {
    expect(folded(decider, [defined])).toEqual(fresh);
  });

  it('holds what was told of it since', () => {
    const facts = [
      defined,
      recorded(customerStrategyRevised, { strategyId, ...text, why: 'Another why', reason: 'learned' }),
      another,
      believed,
      disproved,
      recorded(strategyReviewFlagged, { strategyId, valueModelId: 'm', reason: 'new' }),
      recorded(reviewScheduled, { strategyId, on: schedule.on }),
      recorded(retentionReadinessAssessed, { strategyId, ...readiness }, { occurred: later }),
    ];
    const stands = {
      ...{ ...fresh, why: 'Another why', revisions: 1, nextReview: schedule.on, readiness: { ...readiness, at: later } },
      assumptions: [
        { ...assumption, assumptionId: 'another', invalidated: null },
        { ...assumption, invalidated: 'not so' },
      ],
      flags: [`assumption ${assumptionId}: not so`, 'value model m: new'],
    };
    expect(folded(decider, facts)).toEqual(stands);
    expect(folded(decider, [...facts, recorded(reviewHeld, { strategyId, findings: 'stands' }, { occurred: later })])).toEqual({
      ...stands,
      nextReview: null,
      flags: [],
      lastReview: { at: later, findings: 'stands' },
    });
    expect(folded(decider, [defined, recorded(purposeRetired, { purposeId: 'p', reason: 'x' })])).toEqual(fresh);
  });

  it('is nothing before it is defined', () => {
    for (const definition of strategyFacts.slice(1)) expect(folded(decider, [recorded(definition, exampleOf(definition))])).toBeNull();
  });
});
