import type { ReadModelRunner, StartOutcome } from '@tsunagari/projection';
import type { ReactorRunner } from '@tsunagari/reactor';
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

function started(outcome: StartOutcome): void {
  if (outcome.kind === 'log-differs') throw new Error(`${outcome.explanation} ${outcome.remedy}`);
}
