import { KafkaUnavailable } from '@tsunagari/event-log-kafka';
import type { ReadModelRunner, StartOutcome } from '@tsunagari/projection';
import type { ReactorRunner } from '@tsunagari/reactor';
import { setTimeout as pause } from 'node:timers/promises';
import type { Running } from './context';

/** The read models of a context as one thing that runs: `<context> read models`. */
export function readModelsRun(context: string, runner: ReadModelRunner): Running {
  return {
    name: `${context} read models`,
    start: async () => started(await runner.start()),
    stop: () => runner.stop(),
    lagMs: () => runner.lagMs(),
    async caughtUp() {
      const outcome = await runner.catchUp({ timeoutMs: 20_000 });
      if (outcome.kind !== 'caught-up') throw new Error(`${context} read models stand at ${outcome.position}, wanted ${outcome.wanted}`);
    },
  };
}

/** The reactors and timers of a context. Caught up: nothing is due by the deployment's clock. */
export function reactorsRun(context: string, runner: ReactorRunner): Running {
  return {
    name: `${context} reactors`,
    start: async () => started(await runner.start()),
    stop: () => runner.stop(),
    lagMs: () => runner.lagMs(),
    caughtUp: () => runner.settle(),
  };
}

const TRY_AGAIN_MS = 1_000;

/**
 * A run over a log that is elsewhere: while that is away, nothing else of the process is kept from starting. It is tried again until it is
 * there. What is wrong otherwise keeps the process from starting where the first try finds it; later it is told.
 */
export function startedWhenThere(run: Running, onError: (error: unknown) => void, tryAgainMs = TRY_AGAIN_MS): Running {
  const stopping = new AbortController();
  let trying: Promise<void> = Promise.resolve();
  let isStarted = false;
  const tryAgain = async (): Promise<void> => {
    while (!isStarted) {
      await pause(tryAgainMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      await run.start().then(
        () => (isStarted = true),
        (error: unknown) => onError(error),
      );
    }
  };
  return {
    ...run,
    async start() {
      try {
        await run.start();
        isStarted = true;
      } catch (error) {
        if (!(error instanceof KafkaUnavailable)) throw error;
        onError(error);
        trying = tryAgain();
      }
    },
    async stop() {
      stopping.abort();
      await trying;
      if (isStarted) await run.stop();
    },
  };
}

function started(outcome: StartOutcome): void {
  if (outcome.kind === 'log-differs') throw new Error(`${outcome.explanation} ${outcome.remedy}`);
}
