import type { AllStreamSubscription, EventStoreDBClient, Filter } from '@eventstore/db-client';
import { BACKWARDS, END, START, eventTypeFilter, excludeSystemEvents } from '@eventstore/db-client';
import type { Fact, Position } from '@tsunagari/contracts';
import { BEGINNING, comparePositions } from '@tsunagari/contracts';
import type { EventLog, LogPage, LogRead } from '@tsunagari/event-log';
import { Calls } from './calls';
import type { RecordedEvent } from './fact-events';
import { isFact, toFact, toPosition } from './fact-events';
import { NoAnswer, askAgain, within } from './outage';
import type { ClientOptions } from './shared-client';
import { leaseClient } from './shared-client';
import { subscriptionWakeUp } from './wake-up';

export type EventStoreDbLogOptions = ClientOptions & {
  /** How long the server may be silent within one read. Default 10000. */
  readonly answerWithinMs?: number;
  /** How long a read is tried again while the server is away, before it throws. Default 2000. */
  readonly retryForMs?: number;
};

type FromAll = typeof START | { readonly commit: bigint; readonly prepare: bigint };

/** After so many events looked at, a filtered subscription says how far it is. */
const searchWindow = 500;
const windowsPerCheckpoint = 20;
/** A page looks at so many events at most, whatever the filter drops: reading stays interruptible and checkpoints move. */
const checkpointsPerPage = 10;
/** How many events the search for the newest fact takes at a time. */
const headPage = 20;

/**
 * The log over EventStoreDB's `$all`: a page is a filtered subscription from an exclusive position up to where the server says that it
 * has caught up, so what the filter drops never crosses the network. Positions are commit positions. The connection must belong to
 * someone who may subscribe to `$all`: an admin, unless the server's settings say otherwise. Events of others on the server are no facts.
 */
export function eventStoreDbLog(options: EventStoreDbLogOptions): EventLog {
  const { client, release } = leaseClient(options);
  const answerWithinMs = options.answerWithinMs ?? 10_000;
  const retryForMs = options.retryForMs ?? 2_000;
  const wake = subscriptionWakeUp(client);
  const calls = new Calls();

  const asking = <T>(ask: () => Promise<T>): Promise<T> => calls.run(() => askAgain(Date.now() + retryForMs, true, ask));

  return {
    read: (read) => asking(() => readPage(client(), answerWithinMs, read)),
    async readUnparsed(read) {
      // The client has parsed the data already.
      const { facts, ...page } = await asking(() => readPage(client(), answerWithinMs, read));
      return { ...page, facts: facts.map(({ data, ...fact }) => ({ ...fact, json: JSON.stringify(data) })) };
    },
    head: () => asking(() => headOf(client(), answerWithinMs)),
    onAppended: (listener) => wake.add(listener),
    async close() {
      await wake.close();
      await calls.ended();
      await release();
    },
  };
}

async function headOf(client: EventStoreDBClient, answerWithinMs: number): Promise<Position> {
  for (let from: typeof END | { commit: bigint; prepare: bigint } = END; ;) {
    const events = client.readAll({ direction: BACKWARDS, fromPosition: from, maxCount: headPage });
    const iterator = events[Symbol.asyncIterator]();
    let oldest: RecordedEvent | undefined;
    for (let seen = 0; ; seen++) {
      const next = await within(answerWithinMs, iterator.next());
      if (next.done) {
        if (seen < headPage) return BEGINNING;
        break;
      }
      const event = next.value.event as RecordedEvent | undefined;
      if (!event) continue;
      oldest = event;
      if (!event.type.startsWith('$') && isFact(event)) {
        events.on('error', () => undefined);
        await events.cancel();
        return toFact(event).position;
      }
    }
    if (!oldest?.position) return BEGINNING;
    from = oldest.position;
  }
}

async function readPage(client: EventStoreDBClient, answerWithinMs: number, read: LogRead): Promise<LogPage> {
  const { after, upTo } = read;
  if (upTo !== undefined && comparePositions(after, upTo) >= 0) return { facts: [], upTo: after, atEnd: true };
  // Read first: whatever stands at or before it has been looked at when the subscription says that it has caught up.
  const head = await headOf(client, answerWithinMs);
  const end = upTo !== undefined && comparePositions(upTo, head) < 0 ? upTo : head;
  if (comparePositions(after, end) >= 0) return { facts: [], upTo: after, atEnd: true };
  return new Promise((resolve, reject) => {
    const facts: Fact[] = [];
    let checkpoints = 0;
    let finished = false;
    let silence: NodeJS.Timeout | undefined;

    const finish = (settle: () => void): void => {
      if (finished) return;
      finished = true;
      clearTimeout(silence);
      subscription.pause();
      void subscription.unsubscribe().catch(() => undefined);
      settle();
    };
    const turnPage = (at: Position, atEnd: boolean): void => finish(() => resolve({ facts, upTo: at, atEnd }));
    const fail = (error: unknown): void => finish(() => reject(error as Error));
    const heard = (): void => {
      clearTimeout(silence);
      if (!finished) silence = setTimeout(() => fail(new NoAnswer(answerWithinMs)), answerWithinMs);
    };

    const take = (event: RecordedEvent | undefined): void => {
      heard();
      if (finished || !event) return;
      const position = toPosition(event.position);
      if (position !== undefined && comparePositions(position, end) > 0) return turnPage(end, true);
      if (isFact(event)) facts.push(toFact(event));
      if (facts.length === read.limit) return turnPage(facts[facts.length - 1]?.position ?? end, false);
    };

    const checkpointReached = async (reached: { readonly commit: bigint }): Promise<void> => {
      heard();
      await delivered(subscription, () => finished);
      if (finished) return;
      checkpoints++;
      const position = reached.commit.toString();
      if (comparePositions(position, end) >= 0) turnPage(end, true);
      else if (checkpoints === checkpointsPerPage) turnPage(position, false);
    };

    const subscription = client.subscribeToAll({ fromPosition: fromAll(after), filter: filterOf(read, checkpointReached) });
    subscription.on('data', ({ event }) => {
      try {
        take(event as RecordedEvent | undefined);
      } catch (error) {
        fail(error);
      }
    });
    subscription.on('caughtUp', () => void delivered(subscription, () => finished).then(() => turnPage(end, true)));
    subscription.on('error', fail);
    // A server that stops ends its subscriptions in good order.
    subscription.on('end', () => fail(new NoAnswer(0)));
    heard();
  });
}

/** The client tells of checkpoints and of having caught up at once, while events from before may still wait in its buffer. */
async function delivered(subscription: AllStreamSubscription, finished: () => boolean): Promise<void> {
  const length = (): number => (subscription as unknown as { readableLength: number }).readableLength;
  while (length() > 0 && !finished()) await new Promise((resolve) => setImmediate(resolve));
}

function filterOf(read: LogRead, reached: (position: { readonly commit: bigint }) => Promise<void>): Filter {
  const options = {
    checkpointInterval: windowsPerCheckpoint,
    maxSearchWindow: searchWindow,
    checkpointReached: (_: unknown, position: { readonly commit: bigint }) => reached(position),
  };
  if (!read.types) return excludeSystemEvents(options);
  // Prefixes would also find longer names.
  const names = read.types.map((type) => type.replace(/[^A-Za-z0-9_-]/g, '\\$&'));
  return eventTypeFilter({ ...options, regex: `^(${names.join('|')})$` });
}

function fromAll(after: Position): FromAll {
  if (after === BEGINNING) return START;
  const at = BigInt(after);
  return { commit: at, prepare: at };
}
