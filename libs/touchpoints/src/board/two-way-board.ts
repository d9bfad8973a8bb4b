import {
  BEGINNING,
  type Fact,
  type FactRegistry,
  type FlowStarted,
  flowAbandoned,
  flowCompleted,
  flowStarted,
  flowStepTaken,
  type InteractionRecorded,
  interactionRecorded,
} from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import { type CancelParity, cancelParity, type Flow, type Metric, reciprocity } from '@tsunagari/metrics';

/** Whether customers can speak first, and whether leaving is as easy as joining. Both are measured over what was recorded. */
export type TwoWayBoard = { readonly reciprocity: Metric; readonly cancelParity: CancelParity };

/** Moments ISO 8601: interactions within [from, to), flows started within it. */
export type TwoWayQuestion = { readonly from?: string; readonly to?: string };

export const TWO_WAY_TYPES: readonly string[] = [interactionRecorded, flowStarted, flowStepTaken, flowCompleted, flowAbandoned].map(
  ({ type }) => type,
);

type Begun = { readonly kind: FlowStarted['kind']; readonly at: number; steps: number; last: number; completed: boolean };

/**
 * Folds the facts in the order of the log. A flow that nobody finished counts with the steps and the seconds of the last that was heard
 * of it: censored, never dropped. Who gave up and came back and finished has finished.
 */
export class TwoWayCount {
  private readonly interactions = { byCustomer: 0, all: 0 };
  private readonly flows = new Map<string, Begun>();

  constructor(private readonly question: TwoWayQuestion = {}) {}

  add({ type, data, occurred }: Fact): void {
    if (type === interactionRecorded.type) {
      if (!this.within(occurred)) return;
      this.interactions.all += 1;
      if ((data as InteractionRecorded).initiator === 'customer') this.interactions.byCustomer += 1;
      return;
    }
    const { flowId, kind } = data as FlowStarted;
    const at = Date.parse(occurred);
    if (type === flowStarted.type) {
      if (this.within(occurred)) this.flows.set(flowId, { kind, at, steps: 0, last: at, completed: false });
      return;
    }
    const flow = this.flows.get(flowId);
    if (flow === undefined) return;
    flow.last = Math.max(flow.last, at);
    if (type === flowStepTaken.type) flow.steps += 1;
    if (type === flowCompleted.type) flow.completed = true;
  }

  result(): TwoWayBoard {
    const started = (wanted: FlowStarted['kind']): readonly Flow[] =>
      [...this.flows.values()].flatMap(({ kind, at, steps, last, completed }) =>
        kind === wanted ? [{ steps, seconds: (last - at) / 1000, completed }] : [],
      );
    return { reciprocity: reciprocity({}, this.interactions), cancelParity: cancelParity({}, started('cancel'), started('sign_up')) };
  }

  private within(occurred: string): boolean {
    const { from, to } = this.question;
    return (from === undefined || occurred >= from) && (to === undefined || occurred < to);
  }
}

const PAGE = 1000;

/** Read from the log when it is asked for, in pages. */
export async function twoWayBoard(
  { log, registry }: { readonly log: EventLog; readonly registry: FactRegistry },
  question: TwoWayQuestion,
): Promise<TwoWayBoard> {
  const count = new TwoWayCount(question);
  for (let after = BEGINNING; ;) {
    const page = await log.read({ after, types: TWO_WAY_TYPES, limit: PAGE });
    for (const fact of page.facts) {
      const decoded = registry.decode(fact);
      if (decoded.kind === 'decoded') count.add({ ...fact, data: decoded.data });
    }
    if (page.atEnd || page.upTo === after) return count.result();
    after = page.upTo;
  }
}
