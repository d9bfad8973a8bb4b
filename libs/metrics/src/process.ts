import { type Asked, type Metric, metric, share } from './metric';
import { kaplanMeier, type Lifetime } from './survival';

/** Distinct resolved customers with at least one qualifying event. Whose identity — of the report or of then — must be said. */
export function activeUsers(asked: Asked, customers: Iterable<string>, identity: 'as of the report' | 'as of then'): Metric {
  const n = new Set(customers).size;
  return metric(asked, { unit: 'count', class: 'RESULT', method: `distinct customers, identity ${identity}`, n, value: n });
}

/** Accepted ÷ presented (not decided). An expired proposal was presented; holdout customers were shown nothing and are not in it. */
export function acceptanceRate(asked: Asked, { accepted, presented }: { readonly accepted: number; readonly presented: number }): Metric {
  return share(asked, accepted, presented, { class: 'PROCESS', method: 'accepted ÷ presented' });
}

/** `reachable`: customers with a live return path and a consented, live outbound address ÷ `open` relationships. つながれる, not in use. */
export function alwaysConnectedRate(asked: Asked, { reachable, open }: { readonly reachable: number; readonly open: number }): Metric {
  return share(asked, reachable, open, {
    class: 'PROCESS',
    method: 'live return path and consented live outbound address ÷ open relationships',
  });
}

/** Interactions that the customer began ÷ all. None → null. */
export function reciprocity(asked: Asked, { byCustomer, all }: { readonly byCustomer: number; readonly all: number }): Metric {
  return share(asked, byCustomer, all, { class: 'PROCESS', method: 'customer-initiated ÷ all interactions' });
}

/** A flow that somebody started: what it took until it was completed, or until it was given up. */
export type Flow = { readonly steps: number; readonly seconds: number; readonly completed: boolean };

export type CancelParity = { readonly steps: Metric; readonly seconds: Metric; readonly completion: Metric };

/**
 * Whether leaving is as easy as joining: cancel ÷ sign-up, of Kaplan–Meier medians (steps, seconds) and of completion rates, over
 * *started* flows; whoever gave up counts, censored where she did. 1 is parity, below 1 leaving is shorter. None started → null.
 */
export function cancelParity(asked: Asked, cancels: readonly Flow[], signUps: readonly Flow[]): CancelParity {
  const n = cancels.length + signUps.length;
  const of = (what: 'steps' | 'seconds'): Metric => {
    const [top, bottom] = [cancels, signUps].map(
      (flows) => kaplanMeier(flows.map((flow): Lifetime => ({ duration: flow[what], happened: flow.completed }))).median,
    );
    return metric(asked, {
      unit: 'ratio',
      class: 'PROCESS',
      method: `Kaplan–Meier median ${what}, started cancels ÷ started sign-ups`,
      n,
      value: top == null || bottom == null || bottom === 0 ? null : top / bottom,
      reasonNull: cancels.length === 0 || signUps.length === 0 || bottom === 0 ? 'NO_BASE' : 'NOT_REACHED',
      numerator: top ?? null,
      denominator: bottom ?? null,
    });
  };
  const rate = (flows: readonly Flow[]): number | null =>
    flows.length === 0 ? null : flows.filter(({ completed }) => completed).length / flows.length;
  const [top, bottom] = [rate(cancels), rate(signUps)];
  const completion = metric(asked, {
    unit: 'ratio',
    class: 'PROCESS',
    method: 'completion rate, started cancels ÷ started sign-ups',
    n,
    value: top === null || bottom === null || bottom === 0 ? null : top / bottom,
    numerator: top,
    denominator: bottom,
  });
  return { steps: of('steps'), seconds: of('seconds'), completion };
}

/** Median time until something was answered or resolved, in seconds; what is still open is censored. */
export function medianTime(asked: Asked, waits: readonly Lifetime[], what: string): Metric {
  return metric(asked, {
    unit: 'seconds',
    class: 'PROCESS',
    method: `Kaplan–Meier median: ${what}`,
    n: waits.length,
    value: kaplanMeier(waits).median,
    reasonNull: waits.length === 0 ? 'NO_BASE' : 'NOT_REACHED',
    numerator: waits.filter(({ happened }) => happened).length,
    denominator: waits.length,
  });
}

/** A dissatisfaction that was detected; seconds since then. `watched`: for how long anything of it is known. */
export type Detected = { readonly resolvedAfter: number | null; readonly cancelAfter: number | null; readonly watched: number };

/**
 * Dissatisfaction resolved within the limit and before a cancel was asked for ÷ detected and watched for the limit. Younger ones are left out
 * whether they are resolved or still open — of those that are too young only the quick ones would count — and make it partial.
 */
export function earlyResolution(asked: Asked, detected: readonly Detected[], limitSeconds: number): Metric {
  const due = detected.filter(({ watched }) => watched >= limitSeconds);
  const early = due.filter(
    ({ resolvedAfter, cancelAfter }) =>
      resolvedAfter !== null && resolvedAfter <= limitSeconds && (cancelAfter === null || resolvedAfter < cancelAfter),
  );
  const young = detected.length - due.length;
  return share(asked, early.length, due.length, {
    class: 'PROCESS',
    method: `resolved within ${limitSeconds} s and before a cancel request ÷ detected`,
    partial: (asked.partial ?? false) || young > 0,
    notes: young > 0 ? [`${young} not watched for that long yet, left out`] : [],
  });
}

/** Cycles decided within a month ÷ cycles due. None due → null. */
export function tuningCadence(asked: Asked, { inTime, due }: { readonly inTime: number; readonly due: number }): Metric {
  return share(asked, inTime, due, { class: 'PROCESS', method: 'decided within a month ÷ due' });
}

/** Tunings whose effect is above 0 with its whole interval ÷ tunings evaluated. */
export function tuningHitRate(asked: Asked, effects: readonly { readonly low: number }[]): Metric {
  return share(asked, effects.filter(({ low }) => low > 0).length, effects.length, {
    class: 'PROCESS',
    method: 'interval of the effect above 0 ÷ evaluated',
  });
}
