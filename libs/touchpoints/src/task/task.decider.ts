import { accept, type Decider, refuse } from '@tsunagari/command';
import {
  brandIdSchema,
  refusal,
  streamName,
  taskAssigned,
  taskDone,
  taskOpened,
  type Fact,
  type TaskAssigned,
  type TaskOpened,
} from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';

export type TaskState = {
  readonly task: TaskOpened;
  readonly doneAt: string | null;
  readonly doneBy: string | null;
  readonly version: number;
};

export type TaskCommand =
  | ({ readonly kind: 'OpenTask' } & TaskOpened)
  | ({ readonly kind: 'AssignTask' } & TaskAssigned)
  | { readonly kind: 'CompleteTask'; readonly taskId: string; readonly by: string; readonly note?: string };

/** Something that somebody of the success team does by a day. */
export const taskDecider: Decider<TaskCommand, TaskState | null> = {
  initial: null,
  evolve: evolveTask,
  decide(command, state) {
    if (command.kind === 'OpenTask') {
      if (state !== null) return refuse(refusal('TASK_EXISTS', 'taskId', 'a task is opened once', 'leave taskId out'));
      const { kind: _, ...data } = command;
      return accept({ definition: taskOpened, subject: null, data });
    }
    if (state === null) return refuse(refusal('UNKNOWN_TASK', 'taskId', 'the task is one that was opened'));
    if (command.kind === 'CompleteTask') {
      if (state.doneAt !== null) return accept();
      const { kind: _, ...data } = command;
      return accept({ definition: taskDone, subject: null, data });
    }
    if (state.doneAt !== null) return refuse(refusal('TASK_DONE', 'taskId', 'a task that is done is handed to nobody', 'open another one'));
    const { kind: _, ...data } = command;
    if (data.owner === state.task.owner && data.due === state.task.due) return accept();
    return accept({ definition: taskAssigned, subject: null, data });
  },
};

export function evolveTask(state: TaskState | null, fact: Fact): TaskState | null {
  if (fact.type === taskOpened.type) return { task: fact.data as TaskOpened, doneAt: null, doneBy: null, version: fact.version };
  if (state === null) return null;
  const next = { ...state, version: fact.version };
  if (fact.type === taskAssigned.type) return { ...next, task: { ...state.task, ...(fact.data as TaskAssigned) } };
  return fact.type === taskDone.type ? { ...next, doneAt: fact.occurred, doneBy: (fact.data as { by: string }).by } : next;
}

/** Read where it was decided. Null for one that nobody opened. */
export async function readTask(store: EventStore, taskId: string): Promise<TaskState | null> {
  if (!brandIdSchema.safeParse(taskId).success) return null;
  const stream = await store.readStream(streamName('task', taskId));
  return stream.kind === 'open' ? stream.facts.reduce(evolveTask, null) : null;
}
