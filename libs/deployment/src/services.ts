import { facts as registry } from '@tsunagari/contracts';
import { isFailureCode, type Subgraph } from '@tsunagari/graphql';
import { createProjectionRunner, type AnyProjection, type ProjectionRunner, type RunnerError } from '@tsunagari/projection';
import { closeDays, recordGenerationChanges } from '@tsunagari/understanding';
import { contexts } from './contexts';
import type { ContextName, OpenContext, Running, Shared } from './contexts/context';
import type { Deployment } from './deployment';
import { addressOf, hostedContexts, schemaOf } from './hosting';
import type { PortImplementation } from './ports/local-port';
import { openPorts } from './ports/ports';
import { signalRuns } from './signals';

/** The contexts that a process hosts, opened over its deployment. Nothing runs before `start`. */
export type Services = {
  readonly contexts: readonly OpenContext[];
  readonly subgraphs: readonly Subgraph[];
  /** The read models of all of them. */
  readonly runner: ProjectionRunner;
  /** What the contexts of this process answer to those of others. */
  readonly ports: readonly PortImplementation[];
  /** Everything that goes on beside requests, the read models first. */
  readonly runs: readonly Running[];
  /** Starts all that runs; when one cannot, those before it are stopped again. */
  readonly start: () => Promise<void>;
  /** Ends all that runs, the last first. */
  readonly stop: () => Promise<void>;
  /** Until everything that runs has taken in the log, with what they appended themselves on the way. */
  readonly caughtUp: () => Promise<void>;
  /** Closes every day up to `upTo` that is not closed yet. */
  readonly closeDays: (upTo: string, from?: string) => ReturnType<typeof closeDays>;
};

export type ServicesOptions = {
  /** Those of the process that the deployment was opened for unless given. */
  readonly contexts?: readonly ContextName[];
  /** Runs that do not start here, by name. */
  readonly without?: readonly string[];
  readonly onRunnerError?: (error: RunnerError) => void;
  /** Told of an outage or a failure of something that runs, and goes on. */
  readonly onRunError?: (run: string, error: unknown) => void;
  /** Told of faults of ours only; what a client did wrong is told to the client. */
  readonly onResolverError?: (error: unknown) => void;
};

/** The projections that a process keeps. */
export function projectionsOf(deployment: Deployment, names = hostedContexts(deployment.process)): readonly AnyProjection[] {
  return names.flatMap((name) => contexts[name]?.projections?.(deployment) ?? []);
}

/** Those whose definition is data, as they stand and as kept generations have them. */
export async function definedProjectionsOf(
  deployment: Deployment,
  names = hostedContexts(deployment.process),
): Promise<readonly AnyProjection[]> {
  return (await Promise.all(names.map((name) => contexts[name]?.definedProjections?.find(deployment) ?? []))).flat();
}

/** What the projections are called that a process keeps, those included whose definition is data. */
export function projectionNames(deployment: Deployment): readonly string[] {
  const defined = hostedContexts(deployment.process).flatMap((name) => contexts[name]?.definedProjections?.names ?? []);
  return [...new Set([...projectionsOf(deployment).map(({ name }) => name), ...defined])];
}

/** Wires the contexts of a process to the deployment's adapters. */
export function openServices(deployment: Deployment, options: ServicesOptions = {}): Services {
  const { pool, store, log, journal, keyring, clock, configuration } = deployment;
  const names = options.contexts ?? hostedContexts(deployment.process);
  const schema = schemaOf(deployment.process);
  const runner = createProjectionRunner({
    pool,
    log,
    journal,
    definitions: projectionsOf(deployment, names),
    findDefinitions: () => definedProjectionsOf(deployment, names),
    registry,
    schema,
    now: () => clock.now(),
    record: recordGenerationChanges({ store, keyring, now: () => clock.now() }),
    ...(options.onRunnerError ? { onError: options.onRunnerError } : {}),
  });
  const ports = openPorts({ contextKey: deployment.secrets.contextKey, addressOf: (context) => addressOf(configuration, context) });
  const shared: Shared = {
    projections: runner,
    identity: runner.identity,
    schema,
    identified: async (position) => void (await runner.waitFor('identity', position)),
    port: ports.port,
    now: () => clock.now(),
    onResolverError: (error) => {
      if (!isClientFault(error)) options.onResolverError?.(error);
    },
    onRunError: options.onRunError ?? (() => undefined),
  };
  const opened = names.flatMap((name) => contexts[name]?.open(deployment, shared) ?? []);
  const provided = opened.flatMap((context) => context.ports ?? []);
  ports.provide(provided);
  // What understanding tells goes to Kafka; every service keeps an identity stage of its own, which would tell the same merges again.
  const told =
    configuration.kafka && schema === schemaOf('understanding')
      ? signalRuns({ pool, schema, kafka: configuration.kafka, process: deployment.process, onError: shared.onRunError })
      : [];
  const beside =
    names.length === 0 ? [] : [deployment.filling ?? [], readModels(runner), told, opened.flatMap((context) => context.runs)].flat();
  const runs = beside.filter(({ name }) => !options.without?.includes(name));
  return {
    contexts: opened,
    subgraphs: opened.flatMap(({ subgraph }) => subgraph ?? []),
    runner,
    ports: provided,
    runs,
    async start() {
      for (const [at, run] of runs.entries()) {
        try {
          await run.start();
        } catch (error) {
          for (const started of runs.slice(0, at).reverse()) await started.stop();
          throw error;
        }
      }
    },
    async stop() {
      for (const run of [...runs].reverse()) await run.stop();
    },
    async caughtUp() {
      for (let before; before !== (before = await log.head());) for (const run of runs) await run.caughtUp();
    },
    closeDays: (upTo, from) =>
      closeDays({ store, log, keyring, upTo, timeZone: configuration.timeZone, ...(from === undefined ? {} : { from }) }),
  };
}

/** The read models of a process, as one thing that runs. */
function readModels(runner: ProjectionRunner): Running {
  return {
    name: 'projections',
    async start() {
      const started = await runner.start();
      if (started.kind === 'log-differs') throw new Error(`${started.explanation} ${started.remedy}`);
    },
    stop: () => runner.stop(),
    lagMs: async () => Math.max(0, ...(await runner.status()).projections.map(({ lagMs }) => lagMs)),
    async caughtUp() {
      const outcome = await runner.catchUp({ timeoutMs: 20_000 });
      if (outcome.kind !== 'caught-up') throw new Error(`read models stand at ${outcome.position}, wanted ${outcome.wanted}`);
    },
  };
}

function isClientFault(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('extensions' in error)) return false;
  const { code } = error.extensions as { code?: unknown };
  return isFailureCode(code) && code !== 'INTERNAL_SERVER_ERROR' && code !== 'SUBGRAPH_UNAVAILABLE';
}
