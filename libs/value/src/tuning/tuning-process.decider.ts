import { accept, type Aggregate, decided, refuse } from '@tsunagari/command';
import {
  refusal,
  tuningDecisionDelegated,
  type TuningProcessDefined,
  tuningProcessDefined,
  tuningProcessFacts,
} from '@tsunagari/contracts';

/** How a service is tuned: data, meeting, criteria, decision maker, cadence. */
export type TuningProcess = TuningProcessDefined & { readonly delegate: { readonly to: string; readonly until: string } | null };

export type TuningProcessCommand = { readonly serviceId: string } & (
  | ({ readonly kind: 'DefineTuningProcess'; readonly serviceExists: boolean } & Partial<Omit<TuningProcessDefined, 'serviceId'>>)
  | { readonly kind: 'DelegateTuningDecision'; readonly to: string; readonly until: string; readonly by: string; readonly at: string }
);

/** Who may decide a tuning now. */
export function decidesFor({ decisionMaker, delegate }: TuningProcess, by: string, at: string): boolean {
  return by === decisionMaker || (delegate !== null && delegate.to === by && delegate.until > at);
}

/** "At least every month": a month has 31 days at most. */
const LONGEST_CADENCE_DAYS = 31;

export const tuningProcessAggregate: Aggregate<TuningProcessCommand, TuningProcess | null> = {
  context: 'value',
  category: 'tuningProcess',
  facts: tuningProcessFacts,
  decider: {
    initial: null,
    evolve(state, { type, data }) {
      if (type === tuningProcessDefined.type) return { ...(data as TuningProcessDefined), delegate: state?.delegate ?? null };
      if (type === tuningDecisionDelegated.type && state) return { ...state, delegate: data as { to: string; until: string } };
      return state;
    },
    decide(command, state) {
      const { serviceId } = command;
      if (command.kind === 'DefineTuningProcess') {
        if (!command.serviceExists)
          return refuse(refusal('UNKNOWN_SERVICE', 'serviceId', 'a tuning process is of a service', 'design the service first'));
        const { dataSet, meeting, criteria, decisionMaker, cadenceDays } = command;
        const missing = Object.entries({ dataSet, meeting, criteria, decisionMaker, cadenceDays }).find(
          ([, value]) => value === undefined || value === '' || (Array.isArray(value) && value.length === 0),
        );
        if (missing)
          return refuse(
            refusal(
              'TUNING_PROCESS_INCOMPLETE',
              missing[0],
              'a tuning process names its data, meeting, criteria, decision maker and cadence',
              `say its ${missing[0]}`,
            ),
          );
        if ((cadenceDays ?? 0) > LONGEST_CADENCE_DAYS)
          return refuse(
            refusal('CADENCE_TOO_LONG', 'cadenceDays', 'a service is tuned at least every month', `at most ${LONGEST_CADENCE_DAYS} days`),
          );
        return accept(decided(tuningProcessDefined, { serviceId, dataSet, meeting, criteria, decisionMaker, cadenceDays }));
      }
      if (state === null) return refuse(refusal('NO_TUNING_PROCESS', 'serviceId', 'this service has no tuning process', 'define it first'));
      if (command.by !== state.decisionMaker)
        return refuse(refusal('NOT_THE_DECISION_MAKER', null, 'the decision maker delegates', `ask ${state.decisionMaker}`));
      if (command.until <= command.at) return refuse(refusal('INVALID_FIELD', 'until', 'a delegation ends in the future'));
      return accept(decided(tuningDecisionDelegated, { serviceId, to: command.to, until: command.until }));
    },
  },
};
