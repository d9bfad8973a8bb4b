import { churnRiskRaised, dissatisfactionDetected, taskAssigned, taskDone, taskOpened, touchpointResumed } from '@tsunagari/contracts';
import { exampleOf, folded, given, recorded } from '@tsunagari/testing';
import { followUpTask } from './follow-up-task';
import { followUpReactor, openFollowUp } from './follow-up.reactor';
import { taskDecider } from './task.decider';

const task = exampleOf(taskOpened);
const { taskId, owner, due } = task;
const assignment = exampleOf(taskAssigned);
const end = exampleOf(taskDone);
const opened = recorded(taskOpened, task);
const assigned = recorded(taskAssigned, assignment, { position: '2' });
const done = recorded(taskDone, end, { position: '3', occurred: '2026-01-03T00:00:00.000Z' });
const open = { kind: 'OpenTask', ...task } as const;
const assign = { kind: 'AssignTask', ...assignment } as const;
const complete = { kind: 'CompleteTask', ...end } as const;
const told = <D>(definition: D, data: object) => ({ definition, subject: null, data });

describe('a task', () => {
  it('is opened once', () => {
    given(taskDecider).when(open).then(told(taskOpened, task));
    given(taskDecider, [opened]).when(open).thenRefused('TASK_EXISTS', 'taskId');
    for (const command of [assign, complete]) given(taskDecider).when(command).thenRefused('UNKNOWN_TASK', 'taskId');
  });

  it('is handed to somebody, or to another day', () => {
    given(taskDecider, [opened]).when(assign).then(told(taskAssigned, assignment));
    for (const change of [
      { owner, due: assignment.due },
      { owner: assignment.owner, due },
    ])
      given(taskDecider, [opened])
        .when({ ...assign, ...change })
        .then(told(taskAssigned, { taskId, ...change }));
    given(taskDecider, [opened])
      .when({ ...assign, owner, due })
      .thenNothingHappened();
    given(taskDecider, [opened, assigned]).when(assign).thenNothingHappened();
  });

  it('is done once, and then handed to nobody', () => {
    given(taskDecider, [opened]).when(complete).then(told(taskDone, end));
    given(taskDecider, [opened, done]).when(complete).thenNothingHappened();
    given(taskDecider, [opened, done]).when(assign).thenRefused('TASK_DONE', 'taskId');
  });

  it('stands as it was told', () => {
    const stands = { task, doneAt: null, doneBy: null, version: 1 };
    expect(folded(taskDecider, [opened])).toEqual(stands);
    expect(folded(taskDecider, [opened, assigned])).toEqual({ ...stands, task: { ...task, ...assignment }, version: 2 });
    expect(folded(taskDecider, [opened, done])).toEqual({ ...stands, doneAt: done.occurred, doneBy: end.by, version: 3 });
    const unrelated = recorded(touchpointResumed, { touchpointId: 'app' }, { position: '4' });
    expect(folded(taskDecider, [opened, unrelated])).toEqual({ ...stands, version: 4 });
    expect(folded(taskDecider, [assigned, done])).toBeNull();
  });
});

describe('a follow-up [1.09]', () => {
  const subject = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d';
  const toldAt = '2026-01-01T00:00:00.000Z';
  const signal = (type: string) => recorded(taskOpened, {}, { type, subject });
  const react = (fact: typeof opened) => followUpReactor.react(fact, followUpReactor.initial, subject);

  it.each([
    [dissatisfactionDetected, 'dissatisfied', '2026-01-02T00:00:00.000Z'],
    [churnRiskRaised, 'at-risk', '2026-01-04T00:00:00.000Z'],
  ] as const)('of %# is a task of the success team, in time', ({ type }, reason, by) => {
    const { id } = signal(type);
    const input = { signalId: id, customer: subject, reason, toldAt };
    expect(react(signal(type))).toEqual([{ kind: 'send', command: openFollowUp.name, input }]);
    expect(followUpTask(input)).toEqual({
      ...{ taskId: id, owner: 'team:success', due: by, about: subject },
      title: expect.stringContaining(reason === 'dissatisfied' ? 'dissatisfied' : 'may leave'),
    });
    expect(openFollowUp.input.safeParse(input).error).toBeUndefined();
    expect(openFollowUp.input.safeParse({ ...input, more: 1 }).success).toBe(false);
    for (const field of Object.keys(input)) expect(openFollowUp.input.safeParse({ ...input, [field]: undefined }).success).toBe(false);
  });

  it('is of a customer, and of these two signals', () => {
    const nobodys = { ...signal(churnRiskRaised.type), subject: null };
    expect([react(nobodys), followUpReactor.key(nobodys), followUpReactor.key(signal(churnRiskRaised.type))]).toEqual([
      [],
      undefined,
      subject,
    ]);
    expect([followUpReactor.name, followUpReactor.types]).toEqual(['follow_ups', [dissatisfactionDetected.type, churnRiskRaised.type]]);
    expect([openFollowUp.context, openFollowUp.name]).toEqual(['touchpoints', 'touchpoints.OpenFollowUp']);
  });
});
