import { accept, type Aggregate, decided, refuse } from '@tsunagari/command';
import { refusal, tuningApplied, type TuningApplied, tuningEvaluated, type TuningEvaluated, tuningFacts } from '@tsunagari/contracts';

/** A tuning that was adopted, from its application to what came of it. */
export type Tuning = TuningApplied & {
  readonly appliedAt: string;
  readonly evaluation: (Omit<TuningEvaluated, 'tuningId'> & { readonly at: string }) | null;
};

export type TuningCommand = { readonly tuningId: string } &
  /** `adopted`: as its cycle decided, looked up by whoever sends it; what is decided there stands. */
  (
    | ({ readonly kind: 'ApplyTuning'; readonly adopted: boolean } & Omit<TuningApplied, 'tuningId'>)
    | { readonly kind: 'EvaluateTuning'; readonly effect: string; readonly interval: readonly [string, string]; readonly at: string }
  );

export const tuningAggregate: Aggregate<TuningCommand, Tuning | null> = {
  context: 'value',
  category: 'tuning',
  facts: tuningFacts,
  decider: {
    initial: null,
    evolve(state, { type, data, occurred }) {
      if (type === tuningApplied.type) return { ...(data as TuningApplied), appliedAt: occurred, evaluation: null };
      if (type === tuningEvaluated.type && state) {
        const { tuningId: _, ...evaluation } = data as TuningEvaluated;
        return { ...state, evaluation: { ...evaluation, at: occurred } };
      }
      return state;
    },
    decide(command, state) {
      const { tuningId } = command;
      if (command.kind === 'ApplyTuning') {
        const { kind: _, adopted, ...applied } = command;
        if (!adopted)
          return refuse(refusal('TUNING_NOT_ADOPTED', 'tuningId', 'what is applied was decided', 'decide it in its cycle first'));
        if (state !== null) return accept();
        if (applied.changeIds.length === 0) return refuse(refusal('MISSING_FIELD', 'changeIds', 'what was changed is named'));
        return accept(decided(tuningApplied, applied));
      }
      if (state === null) return refuse(refusal('UNKNOWN_TUNING', 'tuningId', 'no such tuning was applied', 'apply it first'));
      if (state.evaluation) return refuse(refusal('TUNING_EVALUATED', 'tuningId', 'a tuning is evaluated once'));
      if (command.at < state.observeUntil)
        return refuse(refusal('OBSERVATION_NOT_OVER', 'tuningId', `it is observed until ${state.observeUntil}`, 'evaluate it then'));
      const [low, high] = command.interval.map(Number) as [number, number];
      if (!(low <= Number(command.effect) && Number(command.effect) <= high))
        return refuse(refusal('INVALID_FIELD', 'interval', 'the effect lies within its interval'));
      return accept(decided(tuningEvaluated, { tuningId, effect: command.effect, interval: [...command.interval], hit: low > 0 }));
    },
  },
};
