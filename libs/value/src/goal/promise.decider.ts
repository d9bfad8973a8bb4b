import { accept, type Aggregate, decided, refuse } from '@tsunagari/command';
import { type OutcomePromise, outcomePromisePublished, promiseFacts, refusal } from '@tsunagari/contracts';

export type PromiseCommand = { readonly kind: 'PublishOutcomePromise'; readonly purposeExists: boolean } & OutcomePromise;

/** What the brand promises with a plan or a service. A published promise stands; a new one is a promise of its own. */
export const promiseAggregate: Aggregate<PromiseCommand, OutcomePromise | null> = {
  context: 'value',
  category: 'outcomePromise',
  facts: promiseFacts,
  decider: {
    initial: null,
    evolve: (state, { type, data }) => (type === outcomePromisePublished.type ? (data as OutcomePromise) : state),
    decide({ kind: _, purposeExists, ...promise }, state) {
      if (state !== null) return refuse(refusal('PROMISE_EXISTS', 'promiseId', 'a published promise stands', 'publish another one'));
      if (!purposeExists) return refuse(refusal('UNKNOWN_PURPOSE', 'purposeId', 'a promise is of a purpose that is defined'));
      return accept(decided(outcomePromisePublished, promise));
    },
  },
};
