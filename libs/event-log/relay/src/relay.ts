import type { Position } from '@tsunagari/contracts';
import { BEGINNING } from '@tsunagari/contracts';
import type { EventLog, FactPublisher, LogPage, Tail, UnparsedFact } from '@tsunagari/event-log';
import { ageAfter, isCopyOf, wakeOf } from '@tsunagari/event-log';
import type { Leader, LeaderState, Lease } from '@tsunagari/postgres';
import { lead } from '@tsunagari/postgres';

/** What the relay counts; whoever runs it shows the figures. */
export type RelayMetrics = {
  /** Facts that stand on the other side now, and how long their publishing took, seconds. */
  readonly published: (facts: number, seconds: number) => void;
  /** This process leads now; how long the taking over took, seconds. */
  readonly tookOver: (seconds: number) => void;
};

export type RelayOptions = {
  /** The event store's own log. It stays its owner's, as the publisher does: `stop` does not close them. */
  readonly log: EventLog;
  readonly publisher: FactPublisher;
  /** Who holds it publishes; others wait. */
  readonly lease: Lease;
  /** Told of every outage, of having been taken over from, and of a store that differs; after the first two it goes on by itself. */
  readonly onError: (error: unknown) => void;
  readonly metrics?: RelayMetrics;
  /** The clock that `recorded` comes from, ISO 8601: how far behind is counted by it. By default the real time. */
  readonly now?: () => string;
  /** At most so many facts a page. Default 4,000. */
  readonly pageSize?: number;
  /** The safety net beside the log's hint, ms. Default 1,000. */
  readonly pollMs?: number;
};

/**
 * The event store does not hold what was published last: it was restored from an older copy, or the topic is another deployment's.
 * Nothing is published any more: positions would be given twice.
 */
export class StoreDiffers extends Error {
  readonly remedy: string;

  constructor(
    readonly tail: Tail,
    readonly head: Position,
  ) {
    super(
      `The log's last fact is ${tail.id} at position ${tail.position}; the event store, whose newest position is ${head}, does not hold it there. ` +
        'The store was restored from an older copy, or the topic belongs to another deployment. Nothing is published any more, because ' +
        'positions that were published would be given to other facts.',
    );
    this.name = 'StoreDiffers';
    this.remedy =
      `Restore the event store from a copy that holds position ${tail.position}, and start the relay again. If the facts after ${head} are given ` +
      'up, choose a new KAFKA_NAMESPACE, run `tsunagari topics ensure`, drop the schemas of the journals and of the read models made from ' +
      'them, and start: everything is published and read again from the first fact.';
  }
}

export type RelayStatus = {
  readonly state: LeaderState | 'halted';
  /** Everything up to here was published, as far as this process knows; undefined while it does not lead. */
  readonly position: Position | undefined;
  /** The newest position of the store. */
  readonly head: Position;
  /** Age of the oldest fact that was not published, ms; 0 when there is none or another process leads. */
  readonly lagMs: number;
  /** Facts that this process has published. */
  readonly published: number;
  /** What went wrong last and is not over. */
  readonly trouble?: string;
  readonly halted?: { readonly explanation: string; readonly remedy: string };
};

export type Relay = {
  /** Begins to publish, or to wait for its turn. */
  readonly start: () => void;
  /** Finishes the transaction at hand, gives the lease back. */
  readonly stop: () => Promise<void>;
  /** Throws when the store cannot be asked. */
  readonly status: () => Promise<RelayStatus>;
};

/** While another leads, ms: a successor stands within two seconds, of which the lease takes up to 1.2 and Kafka's own part some tenths. */
const LOOK_EVERY_MS = 150;

/**
 * Publishes the facts of a store in the order of positions, each once, by one process at a time. It keeps no checkpoint of its own:
 * it goes on after what stands on the other side. Memory holds three pages, however far it is behind.
 */
export function createRelay(options: RelayOptions): Relay {
  const { log, publisher, lease, onError, metrics, now, pageSize = 4_000, pollMs = 1_000 } = options;
  let leader: Leader | undefined;
  let position: Position | undefined;
  let published = 0;
  let halted: StoreDiffers | undefined;

  const publish = async ({ facts, upTo }: LogPage<UnparsedFact>): Promise<void> => {
    if (facts.length === 0) return;
    const began = performance.now();
    await publisher.publish(facts);
    metrics?.published(facts.length, (performance.now() - began) / 1_000);
    published += facts.length;
    position = upTo;
  };

  /** What follows the tail. It is read with the tail itself at its head: a store that was exchanged is noticed before it is published. */
  const after = async (tail: Tail | undefined): Promise<LogPage<UnparsedFact>> => {
    if (!tail) return log.readUnparsed({ after: BEGINNING, limit: pageSize });
    const page = await log.readUnparsed({ after: tail.previous, limit: pageSize });
    const [first, ...facts] = page.facts;
    if (first?.id !== tail.id || first.position !== tail.position) throw new StoreDiffers(tail, await log.head());
    return { ...page, facts };
  };

  const relay = async (signal: AbortSignal, well: () => void): Promise<void> => {
    const began = performance.now();
    let tail = await publisher.takeOver();
    if (tail && !(await isCopyOf(log, tail))) throw new StoreDiffers(tail, await log.head());
    position = tail?.position ?? BEGINNING;
    metrics?.tookOver((performance.now() - began) / 1_000);
    well();
    const wake = wakeOf(log);
    // While one page is written the next one is made ready and the one after that is read.
    let publishing = Promise.resolve();
    try {
      for (let heard = wake.heard(), page = await after(tail); !signal.aborted;) {
        const next = page.atEnd ? undefined : log.readUnparsed({ after: page.upTo, limit: pageSize });
        const before = publishing;
        publishing = publish(page);
        publishing.catch(() => undefined);
        tail = tailOf(page, tail);
        await before;
        if (page.atEnd) {
          await publishing;
          await wake.wait(heard, pollMs, signal);
        }
        heard = wake.heard();
        if (!signal.aborted) page = await (next ?? after(tail));
      }
      await publishing;
    } finally {
      wake.stop();
    }
  };

  /** A store that differs is for a person to mend: the lease is kept, so that no other relay tries. */
  const relayOrHalt = async (signal: AbortSignal, well: () => void): Promise<void> => {
    try {
      await relay(signal, well);
    } catch (error) {
      if (!(error instanceof StoreDiffers)) throw error;
      halted = error;
      onError(error);
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      halted = undefined;
    } finally {
      position = undefined;
    }
  };

  return {
    start() {
      leader ??= lead({ lease, lead: relayOrHalt, onError, lookEveryMs: LOOK_EVERY_MS });
    },
    async stop() {
      await leader?.stop();
    },
    async status() {
      const [head, at] = [await log.head(), position];
      const trouble = leader?.trouble();
      return {
        state: halted ? 'halted' : (leader?.state() ?? 'stopped'),
        position: at,
        head,
        lagMs: at === undefined ? 0 : await ageAfter(log, at, { now }),
        published,
        ...(trouble === undefined ? {} : { trouble }),
        ...(halted ? { halted: { explanation: halted.message, remedy: halted.remedy } } : {}),
      };
    },
  };
}

/** How the log ends once a page of it is published. */
function tailOf({ facts }: LogPage<UnparsedFact>, before: Tail | undefined): Tail | undefined {
  const last = facts.at(-1);
  if (!last) return before;
  return { id: last.id, position: last.position, previous: facts.at(-2)?.position ?? before?.position ?? BEGINNING };
}
