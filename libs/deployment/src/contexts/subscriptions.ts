import { reservationCommands } from '@tsunagari/command';
import { expireReservation, facts as registry } from '@tsunagari/contracts';
import { createReactorRunner, handle, reservationExpiry } from '@tsunagari/reactor';
import {
  orderCommands,
  planCommands,
  settleSubscription,
  subscriptionCommands,
  subscriptionDueReactor,
  subscriptionsSubgraph,
} from '@tsunagari/subscriptions';
import type { Deployment } from '../deployment';
import type { OpenContext, Shared } from './context';
import { reactorsRun } from './runs';

const SCHEMA = 'subscriptions';

/** Orders, mirrored; plans and subscriptions, decided here. */
export function openSubscriptions({ pool, log, store, journal, keyring, path }: Deployment, shared: Shared): OpenContext {
  const { identity, identified, now, onResolverError, onRunError } = shared;
  const reservations = reservationCommands({ path });
  const subscriptions = subscriptionCommands({ path, store, journal, keyring, identity, reservations });
  const reactors = createReactorRunner({
    pool,
    log,
    journal,
    registry,
    schema: SCHEMA,
    reactors: [subscriptionDueReactor, reservationExpiry],
    handlers: [
      handle(settleSubscription, ({ subscriptionId }, asked) => subscriptions.settle(subscriptionId, asked)),
      handle(expireReservation, ({ reservation, holder }, asked) => reservations.expire(reservation, holder, asked)),
    ],
    store,
    keyring,
    now,
    // A refused reaction is a fact that operations see, no failure of a run.
    onError: (error) => {
      if (error.kind !== 'refused') onRunError('subscriptions reactors', error.cause ?? new Error(`${error.reactor}: ${error.message}`));
    },
  });
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
      subscriptions,
    }),
    runs: [reactorsRun(SCHEMA, reactors)],
  };
}
