import { accept, type Aggregate, decided, type Decision, refuse } from '@tsunagari/command';
import {
  refusal,
  tuningCycleClosed,
  tuningCycleFacts,
  tuningCycleOpened,
  type TuningCycleOpened,
  tuningDecided,
  type TuningDecided,
  tuningFindingRecorded,
  type TuningFindingRecorded,
  tuningOverdueFlagged,
  tuningProposed,
  type TuningProposed,
  tuningRoleAssigned,
  type TuningRoleAssigned,
} from '@tsunagari/contracts';
import type { TuningProcess } from './tuning-process.decider';

type Of<T> = Omit<T, 'cycleId' | 'serviceId'>;
export type ProposedTuning = Of<TuningProposed> & {
  readonly proposedAt: string;
  readonly decision: (Of<TuningDecided> & { readonly at: string }) | null;
};

/** One round of finding, proposing and deciding. */
export type TuningCycle = TuningCycleOpened & {
  readonly openedAt: string;
  readonly findings: readonly (Of<TuningFindingRecorded> & { readonly at: string })[];
  readonly tunings: readonly ProposedTuning[];
  readonly roles: readonly Of<TuningRoleAssigned>[];
  readonly overdue: boolean;
  readonly closedAt: string | null;
};

export type TuningCycleCommand = { readonly cycleId: string } &
  /** `process`: of the service, looked up by whoever sends it. */
  (
    | {
        readonly kind: 'OpenTuningCycle';
        readonly serviceId: string;
        readonly n: number;
        readonly dueBy: string;
        readonly hasProcess: boolean;
      }
    | ({ readonly kind: 'RecordTuningFinding' } & Of<TuningFindingRecorded>)
    | ({ readonly kind: 'ProposeTuning' } & Of<TuningProposed>)
    | ({
        readonly kind: 'DecideTuning';
        readonly mayDecide: boolean;
        readonly process: Pick<TuningProcess, 'criteria' | 'decisionMaker'> | null;
      } & Omit<Of<TuningDecided>, 'dataAsOf'> & { readonly dataAsOf?: string })
    | ({ readonly kind: 'AssignTuningRole' } & Of<TuningRoleAssigned>)
    | { readonly kind: 'FlagOverdue'; readonly at: string }
    | { readonly kind: 'CloseTuningCycle' }
  );

function decide(command: TuningCycleCommand, state: TuningCycle | null): Decision {
  const { cycleId } = command;
  if (command.kind === 'OpenTuningCycle') {
    if (state !== null) return accept();
    if (!command.hasProcess)
      return refuse(refusal('NO_TUNING_PROCESS', 'serviceId', 'this service has no tuning process', 'define it first'));
    const { serviceId, n, dueBy } = command;
    return accept(decided(tuningCycleOpened, { cycleId, serviceId, n, dueBy }));
  }
  if (state === null)
    return refuse(refusal('UNKNOWN_CYCLE', 'cycleId', 'no such tuning cycle was opened', 'launching a service opens its first'));
  const { serviceId } = state;
  if (state.closedAt !== null) {
    if (command.kind === 'FlagOverdue' || command.kind === 'CloseTuningCycle') return accept();
    return refuse(refusal('CYCLE_CLOSED', 'cycleId', 'a closed cycle does not change', 'use the open one'));
  }
  switch (command.kind) {
    case 'RecordTuningFinding': {
      const { kind: _, ...finding } = command;
      if (state.findings.some(({ findingId }) => findingId === command.findingId))
        return refuse(refusal('FINDING_EXISTS', 'findingId', 'a finding is recorded once', 'choose another id'));
      return accept(decided(tuningFindingRecorded, { serviceId, ...finding }));
    }
    case 'ProposeTuning': {
      const { kind: _, ...proposal } = command;
      if (state.tunings.some(({ tuningId }) => tuningId === command.tuningId))
        return refuse(refusal('TUNING_EXISTS', 'tuningId', 'a tuning is proposed once', 'choose another id'));
      return accept(decided(tuningProposed, { serviceId, ...proposal }));
    }
    case 'AssignTuningRole': {
      const { kind: _, ...role } = command;
      return accept(decided(tuningRoleAssigned, { serviceId, ...role }));
    }
    case 'DecideTuning':
      return decideTuning(command, state);
    case 'FlagOverdue':
      if (state.overdue || state.dueBy > command.at) return accept();
      return accept(decided(tuningOverdueFlagged, { cycleId, serviceId }));
    case 'CloseTuningCycle': {
      const open = state.tunings.find(({ decision }) => decision === null);
      if (open)
        return refuse(
          refusal('UNDECIDED_TUNINGS', 'cycleId', 'a cycle closes when all its tunings are decided', `decide ${open.tuningId} first`),
        );
      return accept(decided(tuningCycleClosed, { cycleId, serviceId, n: state.n }));
    }
  }
}

function decideTuning(command: Extract<TuningCycleCommand, { kind: 'DecideTuning' }>, state: TuningCycle): Decision {
  const { kind: _, mayDecide, process, ...decision } = command;
  const tuning = state.tunings.find(({ tuningId }) => tuningId === command.tuningId);
  if (!tuning) return refuse(refusal('UNKNOWN_TUNING', 'tuningId', 'no such tuning was proposed in this cycle', 'propose it first'));
  if (tuning.decision) return refuse(refusal('TUNING_DECIDED', 'tuningId', 'a tuning is decided once', 'propose another'));
  if (!process) return refuse(refusal('NO_TUNING_PROCESS', 'cycleId', 'this service has no tuning process', 'define it first'));
  if (!mayDecide)
    return refuse(refusal('NOT_THE_DECISION_MAKER', null, `${process.decisionMaker} decides`, 'ask for the decision, or for a delegation'));
  if (decision.dataAsOf === undefined)
    return refuse(
      refusal(
        'DATA_NOT_PINNED',
        'dataAsOf',
        'a decision names the place in the log up to which its data was read',
        'send the position of the board',
      ),
    );
  const unanswered = process.criteria.find((criterion) => !decision.criteriaResults.some((result) => result.criterion === criterion));
  if (unanswered)
    return refuse(refusal('CRITERIA_UNANSWERED', 'criteriaResults', 'every criterion of the process is answered', `answer: ${unanswered}`));
  return accept(decided(tuningDecided, { serviceId: state.serviceId, ...decision }));
}

export const tuningCycleAggregate: Aggregate<TuningCycleCommand, TuningCycle | null> = {
  context: 'value',
  category: 'tuningCycle',
  facts: tuningCycleFacts,
  decider: {
    initial: null,
    evolve(state, { type, data, occurred }) {
      if (type === tuningCycleOpened.type)
        return {
          ...(data as TuningCycleOpened),
          openedAt: occurred,
          findings: [],
          tunings: [],
          roles: [],
          overdue: false,
          closedAt: null,
        };
      if (state === null) return state;
      const { cycleId: _, serviceId: __, ...rest } = data as { cycleId: string; serviceId: string };
      switch (type) {
        case tuningFindingRecorded.type:
          return { ...state, findings: [...state.findings, { ...(rest as Of<TuningFindingRecorded>), at: occurred }] };
        case tuningProposed.type:
          return { ...state, tunings: [...state.tunings, { ...(rest as Of<TuningProposed>), proposedAt: occurred, decision: null }] };
        case tuningDecided.type: {
          const decision = { ...(rest as Of<TuningDecided>), at: occurred };
          return {
            ...state,
            tunings: state.tunings.map((one) => (one.tuningId === decision.tuningId ? { ...one, decision } : one)),
          };
        }
        case tuningRoleAssigned.type:
          return { ...state, roles: [...state.roles, rest as Of<TuningRoleAssigned>] };
        case tuningOverdueFlagged.type:
          return { ...state, overdue: true };
        case tuningCycleClosed.type:
          return { ...state, closedAt: occurred };
        default:
          return state;
      }
    },
    decide,
  },
};
