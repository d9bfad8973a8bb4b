import { facts as registry } from '@tsunagari/contracts';
import { createReadModelRunner } from '@tsunagari/projection';
import { createReactorRunner } from '@tsunagari/reactor';
import { readersOf, valueCommands, valueHandlers, valueReactors, valueReadModels, valueSubgraph } from '@tsunagari/value';
import type { Deployment } from '../deployment';
import type { OpenContext, Shared } from './context';
import { reactorsRun, readModelsRun } from './runs';

const SCHEMA = 'value';

/** What is promised to customers: strategy, value, purposes. */
export function openValue({ pool, store, log, journal, keyring, path }: Deployment, shared: Shared): OpenContext {
  const { now, onResolverError, onRunError } = shared;
  const readModels = createReadModelRunner({
    pool,
    log,
    journal,
    registry,
    schema: SCHEMA,
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
    handlers: valueHandlers(valueCommands(path)),
    store,
    keyring,
    now,
    // A refused reaction is a fact that operations see, no failure of a run.
    onError: (error) => {
      if (error.kind !== 'refused') onRunError('value reactors', error.cause ?? new Error(`${error.reactor}: ${error.message}`));
    },
  });
  return {
    name: 'value',
    subgraph: valueSubgraph({
      path,
      store,
      readModels: readersOf(readModels),
      now,
      waitFor: (position) => readModels.waitFor(position),
      onError: onResolverError,
    }),
    runs: [readModelsRun('value', readModels), reactorsRun('value', reactors)],
  };
}
