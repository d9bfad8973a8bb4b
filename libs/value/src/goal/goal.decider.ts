import { accept, type Aggregate, decided, type Decider, type Decision, refuse } from '@tsunagari/command';
import {
  type Fact,
  goalAbandoned,
  goalAchieved,
  goalConfirmed,
  goalDeclared,
  type GoalDeclared,
  goalFacts,
  goalLapsed,
  goalProgressed,
  goalRegained,
  goalRevised,
  type Indicator,
  outcomeCommitmentMissed,
  outcomeCommitted,
  type OutcomeCommitted,
  outcomeObserved,
  type OutcomeObserved,
  refusal,
  remedyGranted,
} from '@tsunagari/contracts';
import { milliseconds } from '../calendar';
import { evaluate } from './evaluation';
import { type Goal, isOpen } from './goal.state';

export type GoalCommand = { readonly goalId: string } &
  /** `indicator`: the approved one of the purpose, looked up by whoever sends it; null when there is none. */
  (
    | {
        readonly kind: 'DeclareGoal';
        readonly subject: string;
        readonly purposeId: string;
        readonly source: GoalDeclared['source'];
        readonly wish?: string;
        readonly indicator: { readonly indicatorId: string; readonly unit: string } | null;
        readonly purposeExists: boolean;
      }
    | { readonly kind: 'ConfirmGoal' }
    | { readonly kind: 'ReviseGoal'; readonly wish: string }
    | ({ readonly kind: 'ObserveOutcome'; readonly observedAt: string; readonly at: string } & Pick<
        OutcomeObserved,
        'value' | 'unit' | 'method' | 'evidenceIds' | 'baseline'
      >)
    | { readonly kind: 'EvaluateGoal'; readonly indicator: Indicator; readonly indicatorVersion: number; readonly asOf: string }
    | { readonly kind: 'AbandonGoal'; readonly reason?: string }
    | { readonly kind: 'CommitOutcome'; readonly promiseId: string; readonly promiseExists: boolean; readonly dueAt: string }
    | { readonly kind: 'MissCommitment'; readonly promiseId: string; readonly at: string }
    | { readonly kind: 'GrantRemedy'; readonly promiseId: string; readonly note?: string }
  );

/** How far ahead of the platform's clock an observation may be. */
const SKEW = 'an observation lies in the past';

function evolve(state: Goal | null, fact: Fact): Goal | null {
  const { type, data, occurred, id } = fact;
  if (type === goalDeclared.type) {
    const { goalId, purposeId, nth, source, indicatorId, unit, wish } = data as GoalDeclared;
    return {
      ...{ goalId, purposeId, nth, source, indicatorId, unit },
      ...{ subject: fact.subject ?? '', status: 'declared', wish: wish ?? null, wishOf: wish === undefined ? null : type },
      ...{ declaredAt: occurred, confirmedAt: null, achievedAt: null, observations: [] },
      ...{ progress: null, indicatorVersion: null, commitment: null },
    };
  }
  if (state === null) return state;
  switch (type) {
    case goalConfirmed.type:
      return { ...state, status: 'confirmed', confirmedAt: occurred };
    case goalRevised.type:
      return { ...state, wish: (data as { wish: string }).wish, wishOf: type };
    case outcomeObserved.type: {
      const { value, baseline, method, evidenceIds } = data as OutcomeObserved;
      return { ...state, observations: [...state.observations, { id, at: occurred, value, baseline, method, evidenceIds }] };
    }
    case goalProgressed.type: {
      const { to, indicatorVersion } = data as { to: string; indicatorVersion: number };
      return { ...state, progress: to, indicatorVersion };
    }
    case goalAchieved.type:
      return { ...state, status: 'achieved', achievedAt: occurred };
    case goalLapsed.type:
      return { ...state, status: 'lapsed' };
    case goalRegained.type:
      return { ...state, status: 'achieved' };
    case goalAbandoned.type:
      return { ...state, status: 'abandoned' };
    case outcomeCommitted.type: {
      const { promiseId, dueAt } = data as OutcomeCommitted;
      return { ...state, commitment: { promiseId, dueAt, missed: false, remedied: false } };
    }
    case outcomeCommitmentMissed.type:
      return { ...state, commitment: state.commitment && { ...state.commitment, missed: true } };
    case remedyGranted.type:
      return { ...state, commitment: state.commitment && { ...state.commitment, remedied: true } };
    default:
      return state;
  }
}

function decide(command: GoalCommand, state: Goal | null): Decision {
  const { goalId } = command;
  if (command.kind === 'DeclareGoal') return declare(command, state);
  if (state === null) return refuse(refusal('UNKNOWN_GOAL', 'goalId', 'no such goal was declared', 'declare it first'));
  const { subject, purposeId } = state;
  const of = { goalId, purposeId };
  if (!isOpen(state) && command.kind !== 'MissCommitment' && command.kind !== 'EvaluateGoal')
    return refuse(refusal('GOAL_ABANDONED', 'goalId', 'an abandoned goal does not change', 'declare it anew'));
  switch (command.kind) {
    case 'ConfirmGoal':
      return state.status === 'declared' ? accept(decided(goalConfirmed, of, subject)) : accept();
    case 'ReviseGoal':
      return accept(decided(goalRevised, { ...of, wish: command.wish }, subject));
    case 'AbandonGoal':
      return accept(decided(goalAbandoned, { ...of, ...(command.reason === undefined ? {} : { reason: command.reason }) }, subject));
    case 'ObserveOutcome': {
      const { value, unit, method, evidenceIds, baseline, observedAt, at } = command;
      if (unit !== state.unit)
        return refuse(refusal('OBSERVATION_UNIT', 'unit', `this goal is observed in ${state.unit}`, `convert the value to ${state.unit}`));
      if (observedAt > at) return refuse(refusal('FUTURE_EVENT', 'observedAt', SKEW, 'send it when it has happened'));
      if (observedAt < state.declaredAt && !baseline)
        return refuse(
          refusal('OBSERVATION_BEFORE_GOAL', 'observedAt', 'what was before the goal is a baseline', 'send it with baseline: true'),
        );
      return accept({
        ...decided(outcomeObserved, { ...of, value, unit, method, evidenceIds, baseline }, subject),
        occurred: observedAt,
      });
    }
    case 'EvaluateGoal':
      return isOpen(state) ? evaluated(command, state) : accept();
    case 'CommitOutcome':
      if (!command.promiseExists)
        return refuse(
          refusal('UNKNOWN_PROMISE', 'promiseId', 'a commitment is to a promise that was published', 'publish the promise first'),
        );
      if (state.status === 'declared')
        return refuse(
          refusal('GOAL_NOT_CONFIRMED', 'goalId', 'a commitment is to a goal that she has confirmed', 'ask her to confirm the goal'),
        );
      if (state.commitment?.promiseId === command.promiseId) return accept();
      return accept(decided(outcomeCommitted, { ...of, promiseId: command.promiseId, dueAt: command.dueAt }, subject));
    case 'MissCommitment': {
      const { commitment } = state;
      const stands = commitment !== null && commitment.promiseId === command.promiseId && commitment.dueAt <= command.at;
      if (!stands || commitment.missed || state.status === 'achieved' || !isOpen(state)) return accept();
      return accept(decided(outcomeCommitmentMissed, { ...of, promiseId: command.promiseId }, subject));
    }
    case 'GrantRemedy': {
      const { commitment } = state;
      if (commitment?.promiseId !== command.promiseId || !commitment.missed)
        return refuse(refusal('COMMITMENT_NOT_MISSED', 'promiseId', 'a remedy is granted for a commitment that was missed'));
      if (commitment.remedied) return accept();
      const { promiseId, note } = command;
      return accept(decided(remedyGranted, { ...of, promiseId, ...(note === undefined ? {} : { note }) }, subject));
    }
  }
}

function declare(command: Extract<GoalCommand, { kind: 'DeclareGoal' }>, state: Goal | null): Decision {
  const { goalId, subject, purposeId, source, wish, indicator } = command;
  if (!command.purposeExists)
    return refuse(refusal('UNKNOWN_PURPOSE', 'purposeId', 'a goal is of a purpose that is defined', 'choose one of the purposes'));
  if (!indicator)
    return refuse(
      refusal('INDICATOR_NOT_APPROVED', 'purposeId', 'a goal is measured by an approved indicator', 'approve an indicator of this purpose'),
    );
  if (state !== null && isOpen(state))
    return refuse(refusal('GOAL_OPEN_ALREADY', 'purposeId', 'there is one open goal of a purpose', 'revise it, or abandon it first'));
  const declared = {
    ...{ goalId, purposeId, nth: (state?.nth ?? 0) + 1, source, ...indicator },
    ...(wish === undefined ? {} : { wish }),
  };
  const facts = [decided(goalDeclared, declared, subject)];
  // Her own word is the confirmation; what others say of her waits for it.
  if (source === 'customer') facts.push(decided(goalConfirmed, { goalId, purposeId }, subject));
  return accept(...facts);
}

/** What a new evaluation announces. Only a confirmed goal is achieved. */
function evaluated(command: Extract<GoalCommand, { kind: 'EvaluateGoal' }>, state: Goal): Decision {
  const { indicator, indicatorVersion } = command;
  const { goalId, purposeId, subject, indicatorId, observations } = state;
  const asOf = observations.reduce((latest, { at }) => (at > latest ? at : latest), command.asOf);
  const seen = evaluate(indicator, observations, asOf);
  if (!seen) return accept();
  const under = { goalId, purposeId, indicatorId, indicatorVersion };
  const facts = [];
  if (seen.value !== state.progress || indicatorVersion !== state.indicatorVersion)
    facts.push({ ...decided(goalProgressed, { ...under, from: state.progress, to: seen.value }, subject), occurred: asOf });
  if (seen.met && state.status === 'confirmed' && state.confirmedAt !== null) {
    const timeToValueMs = Math.max(0, milliseconds(asOf) - milliseconds(state.confirmedAt));
    facts.push({ ...decided(goalAchieved, { ...under, observationIds: seen.observationIds, timeToValueMs }, subject), occurred: asOf });
  } else if (seen.met && state.status === 'lapsed') facts.push({ ...decided(goalRegained, under, subject), occurred: asOf });
  else if (!seen.met && state.status === 'achieved') facts.push({ ...decided(goalLapsed, under, subject), occurred: asOf });
  return accept(...facts);
}

export const goalAggregate: Aggregate<GoalCommand, Goal | null> = {
  context: 'value',
  category: 'goal',
  decider: { initial: null, evolve, decide } satisfies Decider<GoalCommand, Goal | null>,
  facts: goalFacts,
};
