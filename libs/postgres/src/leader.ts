import type { Lease } from './lease';

/** `standby`: another process leads, or the lease cannot be asked for. */
export type LeaderState = 'standby' | 'leading' | 'stopped';

export type Leader = {
  readonly state: () => LeaderState;
  /** What went wrong last, until the work says that it is well again, or another process leads. */
  readonly trouble: () => string | undefined;
  /** Ends the work, gives the lease back. */
  readonly stop: () => Promise<void>;
};

export type LeaderOptions = {
  readonly lease: Lease;
  /**
   * What the leader does until the signal says that it leads no more; then it ends soon. Called again whenever it ended or threw.
   * `well` says that it works: trouble is over.
   */
  readonly lead: (signal: AbortSignal, well: () => void) => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** Between two looks at a lease that another holds, ms. Default a quarter of the lease. */
  readonly lookEveryMs?: number;
  /** After the work threw, ms: the lease is free meanwhile, so that another process may try. Default 250. */
  readonly pauseMs?: number;
};

/** Leads whenever the lease can be had. The work must be fenced where it writes: a process that was frozen learns late that it lost. */
export function lead(options: LeaderOptions): Leader {
  const { lease } = options;
  let trouble: string | undefined;
  const onError = (error: unknown): void => {
    trouble = error instanceof Error ? error.message : String(error);
    options.onError(error);
  };
  const well = (): void => {
    trouble = undefined;
  };
  const lookEveryMs = options.lookEveryMs ?? lease.leaseMs / 4;
  const ending = new AbortController();
  let leading = false;

  const acquired = async (): Promise<boolean> => {
    try {
      const ours = await lease.acquire();
      if (!ours) well();
      return ours;
    } catch (error) {
      onError(error);
      return false;
    }
  };

  const term = async (): Promise<void> => {
    const over = new AbortController();
    const end = (): void => over.abort();
    ending.signal.addEventListener('abort', end);
    let renewed = performance.now();
    const renewing = (async (): Promise<void> => {
      while (await passed(lease.leaseMs * 0.4, over.signal)) {
        const asked = performance.now();
        try {
          if (!(await lease.acquire())) return end();
          renewed = asked;
        } catch (error) {
          onError(error);
          if (performance.now() - renewed > lease.leaseMs) return end();
        }
      }
    })();
    leading = true;
    try {
      await options.lead(over.signal, well);
    } catch (error) {
      onError(error);
      end();
      await renewing;
      await lease.release().catch(onError);
      await passed(options.pauseMs ?? 250, ending.signal);
    } finally {
      leading = false;
      end();
      ending.signal.removeEventListener('abort', end);
      await renewing;
    }
  };

  const running = (async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const ours = await acquired();
      if (ending.signal.aborted) break;
      if (ours) await term();
      else await passed(lookEveryMs, ending.signal);
    }
    await lease.release().catch(onError);
  })();

  return {
    state: () => (ending.signal.aborted ? 'stopped' : leading ? 'leading' : 'standby'),
    trouble: () => trouble,
    async stop() {
      ending.abort();
      await running;
    },
  };
}

/** Waits; false when the signal came meanwhile. */
function passed(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const stop = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve(true);
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
