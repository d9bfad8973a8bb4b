import type { Position } from '@tsunagari/contracts';
import type { Listening, Pool } from '@tsunagari/postgres';
import { listen } from '@tsunagari/postgres';

export type WakeUpOptions = {
  readonly pool: Pool;
  /** What is notified when facts are written. */
  readonly channel: string;
  /** Whether to LISTEN; a pooler in transaction mode cannot. */
  readonly listens: boolean;
  readonly pollEveryMs: number;
  readonly head: () => Promise<Position>;
  /** The connection was cut: what answers next may be another database. */
  readonly onCut: () => void;
};

export type WakeUp = {
  /** Adds a listener; returns how to remove it. */
  readonly add: (listener: () => void) => () => void;
  readonly close: () => Promise<void>;
};

/**
 * Calls its listeners soon after the head moved: at once while notifications arrive, at the next poll when they do not. One
 * connection and one look at the head per poll, however many listen; nothing at all while nobody does.
 */
export function wakeUp(options: WakeUpOptions): WakeUp {
  const listeners = new Set<() => void>();
  let listening: Promise<Listening> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let seen: Position | undefined;

  const tell = (): void => {
    for (const listener of [...listeners]) listener();
  };

  const poll = async (): Promise<void> => {
    try {
      const head = await options.head();
      if (head !== seen) tell();
      seen = head;
    } catch {
      // A database that is away has nothing new; who reads sees the error.
    }
    if (timer) timer = schedule();
  };
  const schedule = (): NodeJS.Timeout => setTimeout(() => void poll(), options.pollEveryMs).unref();

  const start = (): void => {
    timer = schedule();
    if (!options.listens) return;
    // What was appended while it was down was notified to nobody.
    listening = listen(options.pool, options.channel, tell, {
      onState: (state) => (state === 'up' ? tell() : options.onCut()),
    });
  };

  const stop = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const last = listening;
    listening = undefined;
    await (await last)?.close();
  };

  return {
    add(listener) {
      const own = (): void => listener();
      listeners.add(own);
      if (!timer) start();
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
