import type { EventLog } from './event-log';

/** Waiting for something to be appended, without missing what came while one was looking. */
export type Wake = {
  /** How often something was appended so far; noted before one looks at the log. */
  readonly heard: () => number;
  /** Until something was appended since `heard`, or the time is over, or the signal comes. Never throws. */
  readonly wait: (heard: number, timeoutMs: number, signal?: AbortSignal) => Promise<void>;
  readonly stop: () => void;
};

/** Listens to the log until stopped. Its hints may be lost, so `timeoutMs` is the safety net. */
export function wakeOf(log: Pick<EventLog, 'onAppended'>): Wake {
  const waiting = new Set<() => void>();
  let count = 0;
  const stop = log.onAppended(() => {
    count++;
    for (const wake of [...waiting]) wake();
  });
  return {
    heard: () => count,
    wait(heard, timeoutMs, signal) {
      if (count !== heard || signal?.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          waiting.delete(wake);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        waiting.add(wake);
        signal?.addEventListener('abort', wake);
      });
    },
    stop() {
      stop();
      for (const wake of [...waiting]) wake();
    },
  };
}
