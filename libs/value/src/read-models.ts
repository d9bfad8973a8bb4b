import { readModelOf, type ReadModelRunner } from '@tsunagari/projection';
import { readiness } from './boards/readiness.read-model';
import { goalAggregate } from './goal/goal.decider';
import { isOpen } from './goal/goal.state';
import { purposeAggregate } from './purpose/purpose.decider';
import { strategyAggregate } from './strategy/strategy.decider';
import { successServiceAggregate } from './success-service/success-service.decider';
import { tuningCycleAggregate } from './tuning/tuning-cycle.decider';
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
  version: 2,
  columns: [
    { name: 'status', sql: 'text', value: (state) => state?.status ?? null },
    { name: 'value_model', sql: 'text', value: (state) => state?.valueModelId ?? null },
  ],
  indexes: [['value_model']],
});

const goals = readModelOf(goalAggregate, {
  name: 'goals',
  version: 1,
  columns: [
    { name: 'subject', sql: 'uuid', value: (state) => state?.subject ?? null },
    { name: 'purpose', sql: 'text', value: (state) => state?.purposeId ?? null },
    { name: 'open', sql: 'boolean', value: (state) => state !== null && isOpen(state) },
  ],
  indexes: [['subject'], ['purpose', 'key']],
});

const services = readModelOf(successServiceAggregate, {
  name: 'services',
  version: 1,
  columns: [
    { name: 'stage', sql: 'text', value: (state) => state?.stage ?? null },
    { name: 'purpose', sql: 'text', value: (state) => state?.purposeId ?? null },
  ],
  indexes: [['purpose']],
});

const cycles = readModelOf(tuningCycleAggregate, {
  name: 'tuning_cycles',
  version: 1,
  columns: [
    { name: 'service', sql: 'text', value: (state) => state?.serviceId ?? null },
    { name: 'due_by', sql: 'timestamptz', value: (state) => state?.dueBy ?? null },
    { name: 'open', sql: 'boolean', value: (state) => state?.closedAt === null },
    { name: 'overdue', sql: 'boolean', value: (state) => state?.overdue ?? false },
  ],
  indexes: [['due_by', 'key'], ['service']],
});

/** The lists of this context, kept in its schema. */
export const valueReadModels = [strategies, valueModels, purposes, goals, services, cycles, readiness];

/** How they are read. */
export function readersOf(runner: ReadModelRunner) {
  return {
    strategies: runner.reader(strategies),
    valueModels: runner.reader(valueModels),
    purposes: runner.reader(purposes),
    goals: runner.reader(goals),
    services: runner.reader(services),
    cycles: runner.reader(cycles),
    readiness: runner.reader(readiness),
  };
}

export type ValueReaders = ReturnType<typeof readersOf>;
