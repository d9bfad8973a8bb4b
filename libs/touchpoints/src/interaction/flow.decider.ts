import { accept, type Decider, refuse } from '@tsunagari/command';
import {
  FLOW_KINDS,
  flowAbandoned,
  flowCompleted,
  flowStarted,
  flowStepTaken,
  refusal,
  type Fact,
  type FlowStarted,
  type FlowStepTaken,
} from '@tsunagari/contracts';
import { ms } from '../contact/moments';

export type FlowKind = (typeof FLOW_KINDS)[number];

export type FlowState = {
  readonly flow: FlowStarted;
  readonly subject: string;
  readonly startedAt: string;
  readonly steps: number;
  readonly ended: 'completed' | 'abandoned' | null;
};

export type FlowCommand = { readonly flowId: string; readonly at: string } & (
  | { readonly kind: 'StartFlow'; readonly subject: string; readonly touchpointId: string; readonly flowKind: FlowKind }
  | { readonly kind: 'TakeFlowStep'; readonly name: string }
  | { readonly kind: 'EndFlow'; readonly outcome: 'completed' | 'abandoned' }
);

/** Something that a customer does by herself, from its start to its end or to where she gave up. */
export const flowDecider: Decider<FlowCommand, FlowState | null> = {
  initial: null,
  evolve(state, fact: Fact) {
    if (fact.type === flowStarted.type)
      return { flow: fact.data as FlowStarted, subject: fact.subject ?? '', startedAt: fact.occurred, steps: 0, ended: null };
    if (state === null) return null;
    switch (fact.type) {
      case flowStepTaken.type:
        return { ...state, steps: (fact.data as FlowStepTaken).step };
      case flowCompleted.type:
        return { ...state, ended: 'completed' };
      case flowAbandoned.type:
        return { ...state, ended: 'abandoned' };
      default:
        return state;
    }
  },
  decide(command, state) {
    if (command.kind === 'StartFlow') {
      if (state !== null) return accept();
      const { flowId, touchpointId, flowKind, subject } = command;
      return accept({ definition: flowStarted, subject, data: { touchpointId, flowId, kind: flowKind } });
    }
    if (state === null) return refuse(refusal('UNKNOWN_FLOW', 'flowId', 'the flow is one that was started'));
    const { flow, subject, steps } = state;
    if (command.kind === 'EndFlow') {
      if (state.ended === command.outcome) return accept();
      // Whoever gave up and came back finishes after all; what is finished stays so.
      if (state.ended === 'completed') return refuse(ended);
      const elapsedS = Math.max(0, (ms(command.at) - ms(state.startedAt)) / 1000);
      const definition = command.outcome === 'completed' ? flowCompleted : flowAbandoned;
      return accept({ definition, subject, data: { ...flow, steps, elapsedS } });
    }
    if (state.ended !== null) return refuse(ended);
    return accept({ definition: flowStepTaken, subject, data: { ...flow, step: steps + 1, name: command.name } });
  },
};

const ended = refusal('FLOW_ENDED', 'flowId', 'a flow that has ended takes no further step', 'start another one');
