import {
  cancellationRequested,
  type Fact,
  requestAcknowledged,
  requestFulfilled,
  requestRejected,
  type RequestSubmitted,
  requestSubmitted,
  requestWithdrawn,
  taskDone,
  type TaskOpened,
  taskOpened,
  type VoiceRecorded,
  voiceRecorded,
} from '@tsunagari/contracts';
import { type Detected, type Lifetime } from '@tsunagari/metrics';
import { isComplaint } from '../attributes/attributes';

/** Within what time a dissatisfaction is to be resolved unless another limit is asked for: when its follow-up is due. */
export const EARLY_WITHIN_SECONDS = 86_400;

export const DISSATISFACTION_TYPES: readonly string[] = [
  voiceRecorded,
  requestSubmitted,
  requestAcknowledged,
  requestFulfilled,
  requestRejected,
  requestWithdrawn,
  taskOpened,
  taskDone,
  cancellationRequested,
].map(({ type }) => type);

/** A dissatisfaction that a customer voiced or complained of; seconds since then. */
export type Dissatisfaction = Detected & {
  readonly customer: string;
  /** Until somebody first answered; null of a voice, which nobody answers: it becomes a task. */
  readonly answered: Lifetime | null;
};

/** Half-open, and until when anything is known; ISO 8601. */
type Watched = { readonly from: string; readonly to: string; readonly known: string };

type Found = {
  readonly customer: string;
  readonly since: string;
  readonly request: string | null;
  answered: string | null;
  resolved: string | null;
  gone: string | null;
  task: string | null;
};

/** Everybody that facts speak of: their subjects, and whom tasks are about. */
export function subjectsAmong(facts: readonly Fact[]): ReadonlySet<string> {
  return new Set(
    facts.flatMap(({ type, subject, data }) => subject ?? (type === taskOpened.type ? ((data as TaskOpened).about ?? []) : [])),
  );
}

/**
 * What was detected in the period, and what became of it, from facts in the order in which they happened. A complaint is resolved when its request
 * is fulfilled; a voice when the first task about her that was opened afterwards is done. One that she withdrew is watched until then.
 */
export function dissatisfactionsOf(
  facts: readonly Fact[],
  { from, to, known }: Watched,
  ownerOf: (subject: string) => string,
): readonly Dissatisfaction[] {
  const all: Found[] = [];
  const byRequest = new Map<string, Found>();
  const byTask = new Map<string, Found[]>();
  const cancels = new Map<string, string[]>();
  const found = (subject: string, since: string, request: string | null): void => {
    if (since < from || since >= to) return;
    const one: Found = { customer: ownerOf(subject), since, request, answered: null, resolved: null, gone: null, task: null };
    all.push(one);
    if (request !== null) byRequest.set(request, one);
  };
  const cancelled = (subject: string, at: string): void => {
    const customer = ownerOf(subject);
    cancels.set(customer, [...(cancels.get(customer) ?? []), at]);
  };

  for (const { type, subject, data, occurred } of facts) {
    if (occurred >= known) continue;
    if (type === taskOpened.type) {
      const { taskId, about } = data as TaskOpened;
      if (about === undefined) continue;
      const voices = all.filter(({ customer, request, task }) => request === null && task === null && customer === ownerOf(about));
      for (const voice of voices) voice.task = taskId;
      byTask.set(taskId, voices);
    } else if (type === taskDone.type) {
      for (const voice of byTask.get((data as { taskId: string }).taskId) ?? []) voice.resolved ??= occurred;
    } else if (type === voiceRecorded.type) {
      if (subject !== null && isComplaint((data as VoiceRecorded).kind)) found(subject, occurred, null);
    } else if (type === cancellationRequested.type) {
      if (subject !== null) cancelled(subject, occurred);
    } else if (type === requestSubmitted.type) {
      const { requestId, kind } = data as RequestSubmitted;
      if (subject !== null && kind === 'complaint') found(subject, occurred, requestId);
      if (subject !== null && kind === 'cancel') cancelled(subject, occurred);
    } else {
      const one = byRequest.get((data as { requestId: string }).requestId);
      if (one === undefined) continue;
      if (type === requestWithdrawn.type) one.gone ??= occurred;
      else one.answered ??= occurred;
      if (type === requestFulfilled.type) one.resolved ??= occurred;
    }
  }
  return all.map((one) => became(one, cancels.get(one.customer) ?? [], known));
}

function became({ customer, since, request, answered, resolved, gone }: Found, cancels: readonly string[], known: string): Dissatisfaction {
  const after = (moment: string): number => Math.max(0, (Date.parse(moment) - Date.parse(since)) / 1000);
  const cancel = cancels.find((at) => at >= since);
  const watched = after(gone ?? known);
  return {
    customer,
    resolvedAfter: resolved === null ? null : after(resolved),
    cancelAfter: cancel === undefined ? null : after(cancel),
    watched,
    answered: request === null ? null : { duration: answered === null ? watched : after(answered), happened: answered !== null },
  };
}
