import { type Asked, type Metric, metric, quotient, share } from './metric';

/** A share of what was received: inputs that were put into quarantine, inputs that came late. None received → null. */
export function qualityShare(asked: Asked, what: 'late' | 'quarantined', count: number, all: number): Metric {
  return share(asked, count, all, { class: 'MEASUREMENT', method: `${what} inputs ÷ inputs received` });
}

/** How far a read model is behind the log: the age of the oldest fact that it lacks, 0 when there is none. */
export function projectionLag(asked: Asked, lagMs: number): Metric {
  const method = 'age of the oldest fact that the read model lacks';
  return metric(asked, { unit: 'seconds', class: 'MEASUREMENT', method, n: 1, value: lagMs / 1000 });
}

/** What one build of a read model took. */
export type Rebuild = { readonly facts: number; readonly busyMs: number };

/** How long the newest build took while it worked, and the facts that it folded a second. Never built anew → null. */
export function rebuildTime(asked: Asked, newest: Rebuild | null): { readonly time: Metric; readonly rate: Metric } {
  const { facts, busyMs } = newest ?? { facts: 0, busyMs: 0 };
  return {
    time: metric(asked, {
      unit: 'seconds',
      class: 'MEASUREMENT',
      method: 'time at work of the newest rebuild',
      n: facts,
      value: newest === null ? null : busyMs / 1000,
    }),
    rate: quotient(asked, facts, busyMs / 1000, {
      unit: 'facts per second',
      class: 'MEASUREMENT',
      method: 'facts folded ÷ time at work, of the newest rebuild',
      n: facts,
    }),
  };
}

/** Rebuilds whose state hash was that of a second fold, and of the live read model where the definition is the same ÷ rebuilds. None → null. */
export function hashMatch(asked: Asked, { equal, built }: { readonly equal: number; readonly built: number }): Metric {
  return share(asked, equal, built, { class: 'MEASUREMENT', method: 'rebuilds of equal state hash ÷ rebuilds verified' });
}
