import type { Position, Signal } from '@tsunagari/contracts';
import { BEGINNING, comparePositions } from '@tsunagari/contracts';
import type { Publisher, SignalLog, Tail } from '@tsunagari/event-log';
import { wakeOf } from '@tsunagari/event-log';
import type { Leader, LeaderState, Lease } from '@tsunagari/postgres';
import { lead } from '@tsunagari/postgres';

export type SignalRelayOptions = {
  /** Where projections tell what they tell. It stays its owner's, as the publisher does: `stop` does not close them. */
  readonly signals: SignalLog;
  readonly topic: Signal['topic'];
  readonly publisher: Publisher<Signal>;
  /** Who holds it publishes; others wait. */
  readonly lease: Lease;
  /**
   * Until what was read cannot be lost by a crash of its database: projections do not wait for the disk. Without it a position that
   * was published could be given to another signal afterwards.
   */
  readonly durable: () => Promise<unknown>;
  /** Told of every outage, of having been taken over from, and of an outbox that differs; after the first two it goes on by itself. */
  readonly onError: (error: unknown) => void;
  /** At most so many a page. Default 1,000. */
  readonly pageSize?: number;
  /** The safety net beside the log's hint, ms. Default 1,000. */
  readonly pollMs?: number;
};

export type SignalRelayStatus = {
  readonly state: LeaderState | 'halted';
  /** Everything up to here was published, as far as this process knows; undefined while it does not lead. */
  readonly position: Position | undefined;
  /** Age of the oldest signal that was not published, ms; 0 when there is none or another process leads. */
  readonly lagMs: number;
  /** What went wrong last and is not over. */
  readonly trouble?: string;
};

export type SignalRelay = {
  readonly start: () => void;
  /** Finishes the transaction at hand, gives the lease back. */
  readonly stop: () => Promise<void>;
  /** Throws when the outbox cannot be asked. */
  readonly status: () => Promise<SignalRelayStatus>;
};

/**
 * The outbox does not hold what was published last: its database was restored from an older copy, or its schema was dropped. Nothing
 * is published any more: positions would be given twice.
 */
export class SignalsDiffer extends Error {
  constructor(topic: Signal['topic'], tail: Tail) {
    super(
      `The topic of ${topic} ends with ${tail.id} at position ${tail.position}, but the outbox of the projections does not hold it there: its ` +
        `database was restored from an older copy, or its schema was dropped. Restore it from a newer one; or, if what the topic holds is ` +
        `given up, delete the topics of signals and state, run \`tsunagari topics ensure\`, and start.`,
    );
    this.name = 'SignalsDiffer';
  }
}

/**
 * Publishes what projections tell, signals or states, in the order of the outbox, each once, by one process at a time. It keeps no
 * checkpoint of its own: it goes on after what stands in the topic. A rebuild puts nothing into the outbox, so nothing is told again.
 */
export function createSignalRelay(options: SignalRelayOptions): SignalRelay {
  const { signals, topic, publisher, lease, durable, onError, pageSize = 1_000, pollMs = 1_000 } = options;
  let leader: Leader | undefined;
  let position: Position | undefined;
  let halted = false;

  /** A state that was told anew is no more in the outbox: there only the newest position tells. */
  const holds = async (tail: Tail): Promise<boolean> => {
    if (topic === 'state') return comparePositions(await signals.head(), tail.position) >= 0;
    const [found] = (await signals.read({ after: tail.previous, topic, limit: 1 })).signals;
    return found?.id === tail.id && found.position === tail.position;
  };

  const relay = async (signal: AbortSignal, well: () => void): Promise<void> => {
    const tail = await publisher.takeOver();
    if (tail && !(await holds(tail))) throw new SignalsDiffer(topic, tail);
    let after = tail?.position ?? BEGINNING;
    position = after;
    well();
    const wake = wakeOf(signals);
    try {
      while (!signal.aborted) {
        const heard = wake.heard();
        const page = await signals.read({ after, topic, limit: pageSize });
        if (page.signals.length > 0) {
          await durable();
          await publisher.publish(page.signals);
        }
        after = page.upTo;
        position = after;
        if (page.atEnd) await wake.wait(heard, pollMs, signal);
      }
    } finally {
      wake.stop();
    }
  };

  /** An outbox that differs is for a person to mend: the lease is kept, so that no other process tries. */
  const relayOrHalt = async (signal: AbortSignal, well: () => void): Promise<void> => {
    try {
      await relay(signal, well);
    } catch (error) {
      if (!(error instanceof SignalsDiffer)) throw error;
      halted = true;
      onError(error);
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      halted = false;
    } finally {
      position = undefined;
    }
  };

  return {
    start() {
      leader ??= lead({ lease, lead: relayOrHalt, onError });
    },
    async stop() {
      await leader?.stop();
    },
    async status() {
      const trouble = leader?.trouble();
      const [missing] = position === undefined ? [] : (await signals.read({ after: position, topic, limit: 1 })).signals;
      return {
        state: halted ? 'halted' : (leader?.state() ?? 'stopped'),
        position,
        lagMs: missing ? Math.max(0, Date.now() - Date.parse(missing.recorded)) : 0,
        ...(trouble === undefined ? {} : { trouble }),
      };
    },
  };
}
