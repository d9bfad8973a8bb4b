import { accept, type Aggregate, decided, type Decider, refuse } from '@tsunagari/command';
import {
  type Indicator,
  type KpiSet,
  kpiSet,
  type LocalisedText,
  outcomeIndicatorApproved,
  type OutcomeIndicatorDefined,
  outcomeIndicatorDefined,
  outcomeIndicatorRevised,
  purposeDefined,
  type PurposeDefined,
  purposeEvidenceAttached,
  purposeFacts,
  type PurposeHypothesisProposed,
  purposeHypothesisProposed,
  purposeRetired,
  refusal,
  resultMetricRegistered,
  successConditionSet,
  whyStepAdded,
} from '@tsunagari/contracts';
import { isLagging, measurable } from './indicator';

/** An indicator in its newest version. Goals are evaluated under the newest version that was approved. */
export type PurposeIndicator = {
  readonly indicatorId: string;
  readonly indicatorVersion: number;
  readonly indicator: Indicator;
  /** All versions, oldest first: boards evaluate history under the one that is asked for. */
  readonly versions: readonly { readonly indicatorVersion: number; readonly indicator: Indicator }[];
  /** As facts name people. */
  readonly author: string;
  /** The newest version that was approved, as it was then; null before. */
  readonly approved: { readonly indicatorVersion: number; readonly indicator: Indicator; readonly by: string } | null;
};

/** What a customer wants to be able to, and how anybody can tell that she can. */
export type Purpose = {
  readonly purposeId: string;
  readonly status: 'hypothesis' | 'defined' | 'retired';
  readonly statement: LocalisedText;
  readonly valueModelId: string | null;
  readonly connectedValueId: string | null;
  readonly evidenceIds: readonly string[];
  /** The answers to "what for?", the first one first. */
  readonly why: readonly string[];
  readonly successCondition: string | null;
  readonly indicators: readonly PurposeIndicator[];
  readonly kpi: Omit<KpiSet, 'purposeId'> | null;
  /** Lagging: watched, never steered by. */
  readonly resultMetrics: readonly string[];
};

type IndicatorInput = { readonly indicatorId: string; readonly indicator: Partial<Indicator> };

export type PurposeCommand = { readonly purposeId: string } & (
  | { readonly kind: 'ProposePurposeHypothesis'; readonly statement: LocalisedText; readonly evidenceIds: readonly string[] }
  | { readonly kind: 'AttachEvidence'; readonly evidenceIds: readonly string[]; readonly note?: string }
  /** `connectedValueExists`: looked up by whoever sends it. */
  | {
      readonly kind: 'DefinePurpose';
      readonly valueModelId: string;
      readonly connectedValueId: string;
      readonly statement: LocalisedText;
      readonly connectedValueExists: boolean;
    }
  | { readonly kind: 'AddWhyStep'; readonly answer: string }
  | { readonly kind: 'SetSuccessCondition'; readonly condition: string }
  | ({ readonly kind: 'DefineOutcomeIndicator' } & IndicatorInput)
  | ({ readonly kind: 'ReviseOutcomeIndicator'; readonly reason: string } & IndicatorInput)
  | { readonly kind: 'ApproveOutcomeIndicator'; readonly indicatorId: string; readonly by: string }
  | ({ readonly kind: 'SetKpi' } & Omit<KpiSet, 'purposeId'>)
  | { readonly kind: 'RegisterResultMetric'; readonly metricId: string }
  | { readonly kind: 'RetirePurpose'; readonly reason: string }
);

/** Ten times "what for?" is more than anybody needs: the tenth answer is the purpose of another. */
const WHY_STEPS = 10;

const decider: Decider<PurposeCommand, Purpose | null> = {
  initial: null,

  evolve(state, { type, data, meta }) {
    if (type === purposeHypothesisProposed.type) {
      const { purposeId, statement, evidenceIds } = data as PurposeHypothesisProposed;
      return { ...fresh(purposeId, statement), evidenceIds };
    }
    if (type === purposeDefined.type) {
      const defined = data as PurposeDefined;
      return { ...(state ?? fresh(defined.purposeId, defined.statement)), ...defined, status: 'defined' };
    }
    if (state === null) return state;
    switch (type) {
      case purposeEvidenceAttached.type:
        return { ...state, evidenceIds: [...new Set([...state.evidenceIds, ...(data as { evidenceIds: string[] }).evidenceIds])] };
      case whyStepAdded.type:
        return { ...state, why: [...state.why, (data as { answer: string }).answer] };
      case successConditionSet.type:
        return { ...state, successCondition: (data as { condition: string }).condition };
      case outcomeIndicatorDefined.type:
      case outcomeIndicatorRevised.type: {
        const { indicatorId, indicatorVersion, indicator } = data as OutcomeIndicatorDefined;
        const known = state.indicators.find((one) => one.indicatorId === indicatorId);
        const versions = [...(known?.versions ?? []), { indicatorVersion, indicator }];
        const next = { indicatorId, indicatorVersion, indicator, versions, author: meta.actor, approved: known?.approved ?? null };
        return { ...state, indicators: known ? state.indicators.map((one) => (one === known ? next : one)) : [...state.indicators, next] };
      }
      case outcomeIndicatorApproved.type: {
        const { indicatorId, indicatorVersion } = data as { indicatorId: string; indicatorVersion: number };
        const indicators = state.indicators.map((one) =>
          one.indicatorId === indicatorId ? { ...one, approved: { indicatorVersion, indicator: one.indicator, by: meta.actor } } : one,
        );
        return { ...state, indicators };
      }
      case kpiSet.type: {
        const { purposeId: _, ...kpi } = data as KpiSet;
        return { ...state, kpi };
      }
      case resultMetricRegistered.type:
        return { ...state, resultMetrics: [...state.resultMetrics, (data as { metricId: string }).metricId] };
      case purposeRetired.type:
        return { ...state, status: 'retired' };
      default:
        return state;
    }
  },

  decide(command, state) {
    const { purposeId } = command;
    if (state?.status === 'retired')
      return refuse(refusal('PURPOSE_RETIRED', 'purposeId', 'a retired purpose does not change', 'define another'));
    if (command.kind === 'ProposePurposeHypothesis') {
      if (state !== null)
        return refuse(refusal('PURPOSE_EXISTS', 'purposeId', `${purposeId} stands already`, 'attach evidence to it, or choose another id'));
      return accept(decided(purposeHypothesisProposed, { purposeId, statement: command.statement, evidenceIds: command.evidenceIds }));
    }
    if (command.kind === 'DefinePurpose') {
      if (!command.connectedValueExists)
        return refuse(
          refusal(
            'PURPOSE_WITHOUT_VALUE',
            'connectedValueId',
            'a purpose serves a connected value',
            'define the connected value of a value model first',
          ),
        );
      const { kind: _, connectedValueExists: __, ...defined } = command;
      return accept(decided(purposeDefined, defined));
    }
    if (state === null)
      return refuse(refusal('UNKNOWN_PURPOSE', 'purposeId', `no purpose is called ${purposeId}`, 'propose or define it first'));
    switch (command.kind) {
      case 'AttachEvidence': {
        const { kind: _, ...attached } = command;
        if (command.evidenceIds.length === 0)
          return refuse(refusal('MISSING_FIELD', 'evidenceIds', 'at least one piece of evidence is named'));
        return accept(decided(purposeEvidenceAttached, attached));
      }
      case 'AddWhyStep':
        if (state.successCondition !== null)
          return refuse(
            refusal('WHY_LADDER_ENDED', 'answer', 'the ladder ends with the success condition', 'set the success condition anew'),
          );
        if (state.why.length === WHY_STEPS)
          return refuse(refusal('WHY_LADDER_ENDED', 'answer', `a ladder has at most ${WHY_STEPS} steps`, 'set the success condition'));
        return accept(decided(whyStepAdded, { purposeId, n: state.why.length + 1, answer: command.answer }));
      case 'SetSuccessCondition':
        return accept(decided(successConditionSet, { purposeId, condition: command.condition }));
      case 'RetirePurpose':
        return accept(decided(purposeRetired, { purposeId, reason: command.reason }));
      case 'RegisterResultMetric':
        if (state.resultMetrics.includes(command.metricId)) return accept();
        return accept(decided(resultMetricRegistered, { purposeId, metricId: command.metricId, lagging: true }));
      case 'SetKpi': {
        const { kind: _, ...kpi } = command;
        return setKpi(state, kpi);
      }
      default:
        return decideIndicator(command, state);
    }
  },
};

function decideIndicator(command: Extract<PurposeCommand, { kind: `${string}OutcomeIndicator` }>, state: Purpose) {
  const { purposeId } = state;
  const { indicatorId } = command;
  const known = state.indicators.find((one) => one.indicatorId === indicatorId);
  if (command.kind === 'DefineOutcomeIndicator') {
    if (known)
      return refuse(refusal('INDICATOR_EXISTS', 'indicatorId', `${indicatorId} is defined already`, 'revise it, or choose another id'));
    if (state.status !== 'defined')
      return refuse(refusal('PURPOSE_WITHOUT_VALUE', 'purposeId', 'a hypothesis has no indicator', 'define the purpose first'));
    const checked = measurable(command.indicator);
    if (checked.kind === 'refused') return refuse(checked.refusal);
    return accept(decided(outcomeIndicatorDefined, { purposeId, indicatorId, indicatorVersion: 1, indicator: checked.indicator }));
  }
  if (!known) return refuse(refusal('UNKNOWN_INDICATOR', 'indicatorId', `${purposeId} has no indicator ${indicatorId}`, 'define it first'));
  if (command.kind === 'ReviseOutcomeIndicator') {
    const checked = measurable({ ...known.indicator, ...command.indicator });
    if (checked.kind === 'refused') return refuse(checked.refusal);
    return accept(
      decided(outcomeIndicatorRevised, {
        purposeId,
        indicatorId,
        indicatorVersion: known.indicatorVersion + 1,
        indicator: checked.indicator,
        reason: command.reason,
      }),
    );
  }
  if (known.approved?.indicatorVersion === known.indicatorVersion) return accept();
  if (known.author === command.by)
    return refuse(
      refusal('AUTHOR_CANNOT_APPROVE', 'indicatorId', 'an indicator is approved by another than its author', 'ask a colleague'),
    );
  return accept(decided(outcomeIndicatorApproved, { purposeId, indicatorId, indicatorVersion: known.indicatorVersion }));
}

function setKpi(state: Purpose, kpi: Omit<KpiSet, 'purposeId'>) {
  const { indicatorId } = kpi;
  const known = state.indicators.find((one) => one.indicatorId === indicatorId);
  if (state.resultMetrics.includes(indicatorId) || (known && isLagging(known.indicator)))
    return refuse(
      refusal(
        'LAGGING_INDICATOR_CANNOT_BE_KPI',
        'indicatorId',
        'a KPI measures the customer’s outcome: results (orders, logins, opens, subscription state, MRR) lag behind it',
        'choose an indicator that rests on what the customer can do or says she can; watch results on the monitor board',
      ),
    );
  if (!known)
    return refuse(refusal('UNKNOWN_INDICATOR', 'indicatorId', `${state.purposeId} has no indicator ${indicatorId}`, 'define it first'));
  if (!known.approved)
    return refuse(refusal('INDICATOR_NOT_APPROVED', 'indicatorId', 'a KPI rests on an approved indicator', 'have a colleague approve it'));
  return accept(decided(kpiSet, { purposeId: state.purposeId, ...kpi }));
}

function fresh(purposeId: string, statement: LocalisedText): Purpose {
  return {
    purposeId,
    status: 'hypothesis',
    statement,
    valueModelId: null,
    connectedValueId: null,
    evidenceIds: [],
    why: [],
    successCondition: null,
    indicators: [],
    kpi: null,
    resultMetrics: [],
  };
}

export const purposeAggregate: Aggregate<PurposeCommand, Purpose | null> = {
  context: 'value',
  category: 'purpose',
  decider,
  facts: purposeFacts,
};
