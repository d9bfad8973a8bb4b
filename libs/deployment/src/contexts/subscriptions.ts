import { orderCommands, planCommands, subscriptionCommands, subscriptionsSubgraph } from '@tsunagari/subscriptions';
import type { Deployment } from '../deployment';
import type { OpenContext, Shared } from './context';

/** Orders, mirrored; plans and subscriptions, decided here. */
export function openSubscriptions({ store, journal, keyring, path }: Deployment, shared: Shared): OpenContext {
  const { identity, identified, now, onResolverError } = shared;
  return {
    name: 'subscriptions',
    subgraph: subscriptionsSubgraph({
      identity,
      store,
      journal,
      now,
      waitFor: identified,
      onError: onResolverError,
      commands: orderCommands({ path, store, keyring }),
      plans: planCommands({ path }),
      subscriptions: subscriptionCommands({ path, store, journal, keyring, identity }),
    }),
    runs: [],
  };
}
