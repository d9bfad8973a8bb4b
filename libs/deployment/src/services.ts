import { facts as registry, type Position } from '@tsunagari/contracts';
import { customersSubgraph, identityCommands } from '@tsunagari/customers';
import { isFailureCode, type Subgraph } from '@tsunagari/graphql';
import { createProjectionRunner, type AnyProjection, type ProjectionRunner, type RunnerError } from '@tsunagari/projection';
import { orderCommands, subscriptionsSubgraph } from '@tsunagari/subscriptions';
import { closeDays, profileProjection, purchasesProjection, understandingSubgraph } from '@tsunagari/understanding';
import type { Deployment } from './deployment';

/** What a deployment serves: the projections of understanding and the subgraphs of its contexts. Nothing runs yet. */
export type Services = {
  readonly runner: ProjectionRunner;
  readonly subgraphs: readonly Subgraph[];
  /** Waits until every read model has seen the position, at most 2 s. */
  readonly waitFor: (position: Position) => Promise<void>;
  /** Closes every day up to `upTo` that is not closed yet. */
  readonly closeDays: (upTo: string, from?: string) => ReturnType<typeof closeDays>;
};

export type ServicesOptions = {
  readonly onRunnerError?: (error: RunnerError) => void;
  /** Told of faults of ours only; what a client did wrong is told to the client. */
  readonly onResolverError?: (error: unknown) => void;
};

/** The projections of a deployment, for its zone. */
export function projectionsOf(deployment: Deployment): readonly AnyProjection[] {
  return [purchasesProjection(deployment.configuration.timeZone), profileProjection];
}

/** Wires the contexts to the deployment's adapters and to each other's answers. */
export function openServices(deployment: Deployment, options: ServicesOptions = {}): Services {
  const { pool, store, log, journal, keyring, clock, path, configuration } = deployment;
  const definitions = projectionsOf(deployment);
  const runner = createProjectionRunner({
    pool,
    log,
    journal,
    definitions,
    registry,
    ...(options.onRunnerError ? { onError: options.onRunnerError } : {}),
  });
  const waitFor = async (position: Position): Promise<void> => {
    await Promise.all(definitions.map(({ name }) => runner.waitFor(name, position)));
  };
  const now = (): string => clock.now();
  const onError = (error: unknown): void => {
    if (!isClientFault(error)) options.onResolverError?.(error);
  };
  const shared = {
    identity: runner.identity,
    journal,
    keyring,
    waitFor,
    now,
    onError,
  };
  return {
    runner,
    waitFor,
    closeDays: (upTo, from) =>
      closeDays({ store, log, keyring, upTo, timeZone: configuration.timeZone, ...(from === undefined ? {} : { from }) }),
    subgraphs: [
      customersSubgraph({ ...shared, commands: identityCommands({ ...shared, path }) }),
      subscriptionsSubgraph({ ...shared, store, commands: orderCommands({ path, store, keyring }) }),
      understandingSubgraph({
        pool,
        store,
        log,
        journal,
        keyring,
        projections: runner,
        now,
        onError,
      }),
    ],
  };
}

function isClientFault(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('extensions' in error)) return false;
  const { code } = error.extensions as { code?: unknown };
  return isFailureCode(code) && code !== 'INTERNAL_SERVER_ERROR' && code !== 'SUBGRAPH_UNAVAILABLE';
}
