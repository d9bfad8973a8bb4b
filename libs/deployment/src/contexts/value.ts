import { definitionUsesPort, facts as registry, goalPort, metricsPort } from '@tsunagari/contracts';
import { createReadModelRunner } from '@tsunagari/projection';
import { createReactorRunner } from '@tsunagari/reactor';
import { definitionUses, goalAnswers, readersOf, valueHandlers, valueReactors, valueReadModels, valueSubgraph } from '@tsunagari/value';
import type { Deployment } from '../deployment';
import { implementPort } from '../ports/local-port';
import type { OpenContext, Shared } from './context';
import { reactorsRun, readModelsRun } from './runs';

const SCHEMA = 'value';

/** What is promised to customers: strategy, value, purposes, goals, services and their tuning. */
export function openValue({ pool, store, log, journal, keyring, path, configuration }: Deployment, shared: Shared): OpenContext {
  const { identity, identified, now, onResolverError, onRunError } = shared;
  const runner = createReadModelRunner({
    pool,
    log,
    journal,
    registry,
    schema: SCHEMA,
    now,
    definitions: valueReadModels,
    onError: (error) => onRunError('value read models', error.cause ?? new Error(`${error.readModel}: ${error.message}`)),
  });
  const reactors = createReactorRunner({
    pool,
    log,
    journal,
    registry,
    schema: SCHEMA,
    reactors: valueReactors,
    handlers: valueHandlers({ path, store, keyring, timeZone: configuration.timeZone }),
    store,
    keyring,
    now,
    // A refused reaction is a fact that operations see, no failure of a run.
    onError: (error) => {
      if (error.kind !== 'refused') onRunError('value reactors', error.cause ?? new Error(`${error.reactor}: ${error.message}`));
    },
  });
  const readModels = readersOf(runner);
  return {
    name: 'value',
    subgraph: valueSubgraph({
      path,
      store,
      journal,
      keyring,
      identity,
      readModels,
      metrics: shared.port(metricsPort),
      now,
      position: () => runner.position(),
      waitFor: (position) => Promise.all([runner.waitFor(position), identified(position)]),
      onError: onResolverError,
    }),
    runs: [readModelsRun('value', runner), reactorsRun('value', reactors)],
    ports: [
      implementPort(goalPort, goalAnswers({ path, store, keyring, readModels, now })),
      implementPort(definitionUsesPort, definitionUses(readModels)),
    ],
  };
}
