import { requestFacts } from '@tsunagari/contracts';
import { defineReadModel } from '@tsunagari/projection';
import { evolveTask, type TaskState } from './task.decider';

/** The worklist of the success team: what is open comes first, the next due on top. */
export const tasksReadModel = defineReadModel<{ readonly task: TaskState | null }>({
  name: 'tasks',
  version: 1,
  types: requestFacts.filter(({ name }) => name.startsWith('Task')).map(({ type }) => type),
  key: (fact) => (fact.data as { taskId: string }).taskId,
  initial: { task: null },
  evolve: ({ task }, fact) => ({ task: evolveTask(task, fact) }),
  columns: [
    { name: 'owner', sql: 'text', value: ({ task }) => task?.task.owner ?? '' },
    { name: 'done', sql: 'boolean', value: ({ task }) => (task?.doneAt ?? null) !== null },
    { name: 'due', sql: 'text', value: ({ task }) => task?.task.due ?? '' },
  ],
  indexes: [
    ['owner', 'done', 'due', 'key'],
    ['due', 'key'],
  ],
});
