import type { ProjectionDefinition } from '../definition';
import { type Trail, trailProjection } from '../spec-world';

/** Tells who has come often: a threshold passed upwards or downwards. For the specs of signals. */
export function loyalty(version = 1, threshold = 3): ProjectionDefinition<Trail> {
  const isLoyal = (state: Trail | undefined): boolean => (state?.count ?? 0) >= threshold;
  return {
    ...trailProjection('loyalty', { version }),
    signals: (before, after, { facts }) => {
      if (isLoyal(before) === isLoyal(after)) return [];
      return [{ kind: isLoyal(after) ? 'BecameLoyal' : 'NoLongerLoyal', data: { count: after?.count ?? 0, of: facts.length } }];
    },
    publishes: ({ count }) => ({ count }),
  };
}

/** The same by another definition: every visit counts twice. */
export function loyaltyTwice(version: number, onFact: () => void = () => undefined): ProjectionDefinition<Trail> {
  const { evolve, ...rest } = loyalty(version);
  return {
    ...rest,
    evolve: (state, fact) => {
      onFact();
      const next = evolve(state, fact);
      return { ...next, count: next.count + 1 };
    },
  };
}
