/** What happened while shutting down. */
export type ShutdownReport = {
  readonly reason: string;
  /** In the order they were run, each with its failure if it had one. */
  readonly steps: readonly { readonly name: string; readonly failure?: string }[];
  readonly ok: boolean;
};

/** The one way a process ends. */
export type Shutdown = {
  /** Run in reverse order of registration: what was started last ends first. */
  readonly onShutdown: (name: string, end: () => void | Promise<void>) => void;
  /** Whether it has begun: readiness should fail from then on. */
  readonly begun: () => boolean;
  /** Runs the steps once, whoever asks; every caller gets the same report. */
  readonly shutDown: (reason: string) => Promise<ShutdownReport>;
  /**
   * Shuts down on the first SIGINT or SIGTERM and exits: 0, or 1 when a step failed. A second signal exits at once with
   * 128 + its number. Returns how to stop listening.
   */
  readonly onSignals: () => () => void;
};

export type ShutdownOptions = {
  /** For all steps together; a step that exceeds it is left behind, and each later one still gets a tenth of it. */
  readonly limitMs?: number;
  readonly onReport?: (report: ShutdownReport) => void;
  /** For tests; `process.exit` unless given. */
  readonly exit?: (code: number) => void;
  /** For tests; `process` unless given. */
  readonly signals?: Pick<NodeJS.EventEmitter, 'on' | 'removeListener'>;
};

async function endWithin(limitMs: number, end: () => void | Promise<void>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`not ended within ${String(Math.round(limitMs))} ms`), limitMs);
  });
  try {
    return await Promise.race([
      Promise.resolve()
        .then(end)
        .then(() => undefined),
      late,
    ]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Makes the sequence of a process' end. */
export function createShutdown(options: ShutdownOptions = {}): Shutdown {
  const { limitMs = 20_000, onReport = () => undefined, exit = (code) => process.exit(code), signals = process } = options;
  const ends: { name: string; end: () => void | Promise<void> }[] = [];
  let report: Promise<ShutdownReport> | undefined;

  const run = async (reason: string): Promise<ShutdownReport> => {
    const steps: { name: string; failure?: string }[] = [];
    const begin = performance.now();
    for (let step = ends.pop(); step !== undefined; step = ends.pop()) {
      const { name, end } = step;
      // A tenth of the time is left to each step even after another one has used up all of it: the database ends last.
      const budget = Math.max(begin + limitMs - performance.now(), limitMs / 10);
      const failure = await endWithin(budget, end);
      steps.push(failure === undefined ? { name } : { name, failure });
    }
    const done = { reason, steps, ok: steps.every(({ failure }) => failure === undefined) };
    onReport(done);
    return done;
  };

  const shutDown = (reason: string): Promise<ShutdownReport> => (report ??= run(reason));
  return {
    onShutdown: (name, end) => void ends.push({ name, end }),
    begun: () => report !== undefined,
    shutDown,
    onSignals: () => {
      const numbers = { SIGINT: 2, SIGTERM: 15 } as const;
      let signalled = false;
      const onSignal = (signal: keyof typeof numbers): void => {
        if (signalled) {
          exit(128 + numbers[signal]);
          return;
        }
        signalled = true;
        void shutDown(signal).then(({ ok }) => exit(ok ? 0 : 1));
      };
      for (const signal of ['SIGINT', 'SIGTERM'] as const) signals.on(signal, onSignal);
      return () => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) signals.removeListener(signal, onSignal);
      };
    },
  };
}
