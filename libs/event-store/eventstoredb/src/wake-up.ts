import type { AllStreamSubscription, EventStoreDBClient } from '@eventstore/db-client';
import { END, excludeSystemEvents } from '@eventstore/db-client';

export type WakeUp = {
  /** Adds a listener; returns how to remove it. */
  readonly add: (listener: () => void) => () => void;
  readonly close: () => Promise<void>;
};

/** A broken subscription is renewed after about this long, so that many processes do not come back at the same moment. */
const renewAfterMs = 250;

/** Calls its listeners whenever an event arrives at the end of `$all`. One subscription, however many listen; none while nobody does. */
export function subscriptionWakeUp(client: () => EventStoreDBClient): WakeUp {
  const listeners = new Set<() => void>();
  let current: AllStreamSubscription | undefined;
  let timer: NodeJS.Timeout | undefined;

  const tell = (): void => {
    for (const listener of [...listeners]) listener();
  };

  const start = (): void => {
    timer = undefined;
    const subscription = client().subscribeToAll({ fromPosition: END, filter: excludeSystemEvents({ checkpointInterval: 1_000 }) });
    current = subscription;
    const renew = (): void => {
      if (current !== subscription) return;
      current = undefined;
      timer = setTimeout(start, renewAfterMs * (0.5 + Math.random())).unref();
    };
    const own = (): void => {
      if (current === subscription) tell();
    };
    subscription.on('data', own);
    // What was appended before the subscription stood is announced by nobody else.
    subscription.on('confirmation', own);
    subscription.on('error', renew);
    subscription.on('end', renew);
  };

  const stop = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const last = current;
    current = undefined;
    await last?.unsubscribe().catch(() => undefined);
  };

  return {
    add(listener) {
      const own = (): void => listener();
      listeners.add(own);
      if (!current && !timer) start();
      return () => {
        if (listeners.delete(own) && listeners.size === 0) void stop();
      };
    },
    async close() {
      listeners.clear();
      await stop();
    },
  };
}
