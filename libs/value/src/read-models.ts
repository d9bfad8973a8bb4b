import { readModelOf, type ReadModelRunner } from '@tsunagari/projection';
import { purposeAggregate } from './purpose/purpose.decider';
import { strategyAggregate } from './strategy/strategy.decider';
import { valueModelAggregate } from './value-model/value-model.decider';

const strategies = readModelOf(strategyAggregate, {
  name: 'strategies',
  version: 1,
  columns: [{ name: 'flagged', sql: 'boolean', value: (state) => (state?.flags.length ?? 0) > 0 }],
});

const valueModels = readModelOf(valueModelAggregate, {
  name: 'value_models',
  version: 1,
  columns: [
    { name: 'status', sql: 'text', value: (state) => state?.status ?? null },
    { name: 'strategy', sql: 'text', value: (state) => state?.strategyId ?? null },
  ],
  indexes: [['strategy']],
});

const purposes = readModelOf(purposeAggregate, {
  name: 'purposes',
  version: 1,
  columns: [
    { name: 'status', sql: 'text', value: (state) => state?.status ?? null },
    { name: 'value_model', sql: 'text', value: (state) => state?.valueModelId ?? null },
  ],
  indexes: [['value_model']],
});

/** The lists of this context, kept in its schema. */
export const valueReadModels = [strategies, valueModels, purposes];

/** How they are read. */
export function readersOf(runner: ReadModelRunner) {
  return { strategies: runner.reader(strategies), valueModels: runner.reader(valueModels), purposes: runner.reader(purposes) };
}

export type ValueReaders = ReturnType<typeof readersOf>;
