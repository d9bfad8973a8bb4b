import { accept, type Aggregate, decided, type Decider, refuse } from '@tsunagari/command';
import {
  type AssumptionInvalidated,
  assumptionInvalidated,
  type AssumptionRecorded,
  assumptionRecorded,
  type CustomerStrategyRevised,
  customerStrategyDefined,
  customerStrategyRevised,
  refusal,
  type RetentionReadinessAssessed,
  retentionReadinessAssessed,
  reviewHeld,
  reviewScheduled,
  strategyFacts,
  strategyReviewFlagged,
  type StrategyText,
} from '@tsunagari/contracts';

export type Assumption = Omit<AssumptionRecorded, 'strategyId'> & { readonly invalidated: string | null };

/** A customer strategy as it stands. */
export type Strategy = StrategyText & {
  readonly strategyId: string;
  readonly definedAt: string;
  readonly revisions: number;
  readonly assumptions: readonly Assumption[];
  readonly nextReview: string | null;
  readonly lastReview: { readonly at: string; readonly findings: string } | null;
  /** Why somebody must look at it: its value model was revised, or an assumption no longer holds. */
  readonly flags: readonly string[];
  readonly readiness: (Pick<RetentionReadinessAssessed, 'questions' | 'gaps'> & { readonly at: string }) | null;
};

export type StrategyCommand = { readonly strategyId: string } & (
  | ({ readonly kind: 'DefineCustomerStrategy' } & StrategyText)
  | ({ readonly kind: 'ReviseCustomerStrategy'; readonly reason: string } & StrategyText)
  | ({ readonly kind: 'RecordAssumption'; readonly at: string } & Omit<AssumptionRecorded, 'strategyId'>)
  | { readonly kind: 'InvalidateAssumption'; readonly assumptionId: string; readonly reason: string }
  | { readonly kind: 'ScheduleReview'; readonly on: string; readonly at: string }
  | { readonly kind: 'HoldReview'; readonly findings: string }
  | ({ readonly kind: 'AssessRetentionReadiness' } & Pick<RetentionReadinessAssessed, 'questions' | 'gaps'>)
  | { readonly kind: 'FlagForReview'; readonly valueModelId: string; readonly reason: string }
);

const decider: Decider<StrategyCommand, Strategy | null> = {
  initial: null,

  evolve(state, { type, data, occurred }) {
    if (type === customerStrategyDefined.type)
      return {
        ...(data as StrategyText & { strategyId: string }),
        definedAt: occurred,
        revisions: 0,
        assumptions: [],
        nextReview: null,
        lastReview: null,
        flags: [],
        readiness: null,
      };
    if (state === null) return state;
    switch (type) {
      case customerStrategyRevised.type: {
        const { reason: _, ...text } = data as CustomerStrategyRevised;
        return { ...state, ...text, revisions: state.revisions + 1 };
      }
      case assumptionRecorded.type: {
        const { strategyId: _, ...assumption } = data as AssumptionRecorded;
        return { ...state, assumptions: [...state.assumptions, { ...assumption, invalidated: null }] };
      }
      case assumptionInvalidated.type: {
        const { assumptionId, reason } = data as AssumptionInvalidated;
        const assumptions = state.assumptions.map((one) => (one.assumptionId === assumptionId ? { ...one, invalidated: reason } : one));
        return { ...state, assumptions, flags: [...state.flags, `assumption ${assumptionId}: ${reason}`] };
      }
      case reviewScheduled.type:
        return { ...state, nextReview: (data as { on: string }).on };
      case reviewHeld.type:
        return { ...state, nextReview: null, flags: [], lastReview: { at: occurred, findings: (data as { findings: string }).findings } };
      case strategyReviewFlagged.type: {
        const { valueModelId, reason } = data as { valueModelId: string; reason: string };
        return { ...state, flags: [...state.flags, `value model ${valueModelId}: ${reason}`] };
      }
      case retentionReadinessAssessed.type: {
        const { questions, gaps } = data as RetentionReadinessAssessed;
        return { ...state, readiness: { questions, gaps, at: occurred } };
      }
      default:
        return state;
    }
  },

  decide({ strategyId, ...command }, state) {
    if (command.kind === 'DefineCustomerStrategy') {
      const { kind: _, ...text } = command;
      if (state !== null)
        return refuse(refusal('STRATEGY_EXISTS', 'strategyId', `${strategyId} is defined already`, 'revise it, or choose another id'));
      return brokenStrategy(text) ?? accept(decided(customerStrategyDefined, { strategyId, ...text }));
    }
    if (state === null)
      return refuse(refusal('UNKNOWN_STRATEGY', 'strategyId', `no customer strategy is called ${strategyId}`, 'define it first'));
    switch (command.kind) {
      case 'ReviseCustomerStrategy': {
        const { kind: _, ...text } = command;
        return brokenStrategy(text) ?? accept(decided(customerStrategyRevised, { strategyId, ...text }));
      }
      case 'RecordAssumption': {
        const { kind: _, at, ...assumption } = command;
        if (state.assumptions.some(({ assumptionId }) => assumptionId === assumption.assumptionId))
          return refuse(refusal('ASSUMPTION_EXISTS', 'assumptionId', 'an assumption is recorded once', 'choose another id'));
        if (assumption.reviewBy <= at) return refuse(inThePast('reviewBy'));
        return accept(decided(assumptionRecorded, { strategyId, ...assumption }));
      }
      case 'InvalidateAssumption': {
        const known = state.assumptions.find(({ assumptionId }) => assumptionId === command.assumptionId);
        if (!known) return refuse(refusal('UNKNOWN_ASSUMPTION', 'assumptionId', `${strategyId} has no such assumption`));
        if (known.invalidated !== null) return accept();
        return accept(decided(assumptionInvalidated, { strategyId, assumptionId: command.assumptionId, reason: command.reason }));
      }
      case 'ScheduleReview':
        if (command.on <= command.at) return refuse(inThePast('on'));
        return accept(decided(reviewScheduled, { strategyId, on: command.on }));
      case 'HoldReview':
        return accept(decided(reviewHeld, { strategyId, findings: command.findings }));
      case 'AssessRetentionReadiness':
        return accept(decided(retentionReadinessAssessed, { strategyId, questions: command.questions, gaps: command.gaps }));
      case 'FlagForReview':
        return accept(decided(strategyReviewFlagged, { strategyId, valueModelId: command.valueModelId, reason: command.reason }));
    }
  },
};

/** A strategy names whom it is for; one for everybody says why. */
function brokenStrategy({ target, segmentRule, reasonForEverybody }: StrategyText) {
  if (target.trim() === '')
    return refuse(refusal('STRATEGY_WITHOUT_TARGET', 'target', 'a customer strategy names its target', 'say whom it is for'));
  const rule = segmentRule.trim();
  if ((rule === '' || rule === 'true') && (reasonForEverybody ?? '').trim() === '')
    return refuse(
      refusal(
        'TARGET_IS_EVERYBODY',
        'segmentRule',
        'a rule that matches everybody says why',
        'narrow the rule, or give reasonForEverybody',
      ),
    );
  return undefined;
}

function inThePast(field: string) {
  return refusal('REVIEW_IN_THE_PAST', field, `${field} lies in the future`, 'choose a later moment');
}

export const strategyAggregate: Aggregate<StrategyCommand, Strategy | null> = {
  context: 'value',
  category: 'customerStrategy',
  decider,
  facts: strategyFacts,
};
