import { EventStoreDBClient } from '@eventstore/db-client';
import { within } from './outage';

/** The client of this process, and how to give it back. */
export type Lease = {
  readonly client: () => EventStoreDBClient;
  /** Replaces a client that has stopped answering, once however many ask. What it still has pending fails. */
  readonly renew: (failed: EventStoreDBClient) => Promise<void>;
  readonly release: () => Promise<void>;
};

/**
 * `client` is the caller's: it stays open after `close`, cannot be renewed when it hangs, and nobody else in the process may append
 * through another one.
 */
export type ClientOptions = { readonly connectionString: string } | { readonly client: EventStoreDBClient };

type Shared = { readonly connectionString: string; client: EventStoreDBClient; users: number; renewing?: Promise<void> | undefined };

let shared: Shared | undefined;
/** A client waits for ever for streams that the server has ended, so it is given this long. */
const disposeWithinMs = 500;

/**
 * The one client of this process. The client keeps the pending batch appends of all its instances in one table of the module, so an
 * error on one instance's stream would fail the appends of every other. Throws for a second connection string while the first is in
 * use, and for a client that does not throw when an append fails: it answers a wrong revision then.
 */
export function leaseClient(options: ClientOptions): Lease {
  if ('client' in options) {
    const client = refuseSilent(options.client);
    return { client: () => client, renew: () => Promise.resolve(), release: () => Promise.resolve() };
  }
  const { connectionString } = options;
  if (shared && shared.connectionString !== connectionString)
    throw new Error(
      'This process already has a client of another EventStoreDB, and the client package allows one: close that store first.',
    );
  shared ??= { connectionString, client: connect(connectionString), users: 0 };
  const lease = shared;
  lease.users++;
  let released = false;
  return {
    client: () => lease.client,
    async renew(failed) {
      // Disposed first: what it cancels late would fail appends of the next one.
      if (lease.client === failed)
        lease.renewing ??= dispose(failed).then(() => {
          lease.client = connect(connectionString);
          lease.renewing = undefined;
        });
      await lease.renewing;
    },
    async release() {
      if (released) return;
      released = true;
      lease.users--;
      if (lease.users > 0) return;
      if (shared === lease) shared = undefined;
      await lease.renewing;
      await dispose(lease.client);
    },
  };
}

function connect(connectionString: string): EventStoreDBClient {
  return refuseSilent(EventStoreDBClient.connectionString(connectionString));
}

async function dispose(client: EventStoreDBClient): Promise<void> {
  await within(disposeWithinMs, client.dispose()).catch(() => undefined);
}

function refuseSilent(client: EventStoreDBClient): EventStoreDBClient {
  if (Reflect.get(client, 'throwOnAppendFailure') === false)
    throw new Error('throwOnAppendFailure=false makes the client report a wrong revision after a conflict: leave it out.');
  return client;
}
