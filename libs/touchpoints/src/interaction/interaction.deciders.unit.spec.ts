import {
  flowAbandoned,
  flowCompleted,
  flowStarted,
  flowStepTaken,
  interactionRecorded,
  selfAssessmentSubmitted,
  touchpointResumed,
  voiceRecorded,
} from '@tsunagari/contracts';
import { exampleOf, folded, given, recorded } from '@tsunagari/testing';
import { type FlowCommand, flowDecider } from './flow.decider';
import { interactionDecider } from './interaction.decider';

const subject = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d';
const told = <D>(definition: D, data: object) => ({ definition, subject, data });

describe('what customer and brand had to do with each other [1.03] [1.10] [0.10]', () => {
  it('is recorded as it was', () => {
    const [interaction, voice, assessment] = [exampleOf(interactionRecorded), exampleOf(voiceRecorded), exampleOf(selfAssessmentSubmitted)];
    given(interactionDecider).when({ kind: 'RecordInteraction', subject, data: interaction }).then(told(interactionRecorded, interaction));
    given(interactionDecider).when({ kind: 'RecordVoice', subject, data: voice }).then(told(voiceRecorded, voice));
    given(interactionDecider)
      .when({ kind: 'SubmitSelfAssessment', subject, data: assessment })
      .then(told(selfAssessmentSubmitted, assessment));
    expect(folded(interactionDecider, [recorded(voiceRecorded, voice)])).toBeNull();
  });
});

describe('a flow that she goes by herself [2.09]', () => {
  const flow = exampleOf(flowStarted);
  const { flowId, touchpointId } = flow;
  const [startedAt, at] = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:40.000Z'];
  const started = recorded(flowStarted, flow, { subject, occurred: startedAt });
  const stepped = (step: number) => recorded(flowStepTaken, { ...flow, step, name: 'confirm' });
  const completed = recorded(flowCompleted, { ...flow, steps: 1, elapsedS: 1 });
  const abandoned = recorded(flowAbandoned, { ...flow, steps: 1, elapsedS: 1 });
  const start = { kind: 'StartFlow', flowId, at, subject, touchpointId, flowKind: flow.kind } as const;
  const step = { kind: 'TakeFlowStep', flowId, at, name: 'confirm' } as const;
  const complete = { kind: 'EndFlow', flowId, at, outcome: 'completed' } as const;
  const abandon = { kind: 'EndFlow', flowId, at, outcome: 'abandoned' } as const;

  it('starts once, and goes step by step', () => {
    given(flowDecider).when(start).then(told(flowStarted, flow));
    given(flowDecider, [started]).when(start).thenNothingHappened();
    given(flowDecider, [started])
      .when(step)
      .then(told(flowStepTaken, { ...flow, step: 1, name: 'confirm' }));
    given(flowDecider, [started, stepped(1), stepped(2)])
      .when(step)
      .then(told(flowStepTaken, { ...flow, step: 3, name: 'confirm' }));
    const others: readonly FlowCommand[] = [step, complete, abandon];
    for (const command of others) given(flowDecider).when(command).thenRefused('UNKNOWN_FLOW', 'flowId');
  });

  it('is completed or given up, after so many steps and seconds', () => {
    const facts = [started, stepped(1), stepped(2)];
    given(flowDecider, facts)
      .when(complete)
      .then(told(flowCompleted, { ...flow, steps: 2, elapsedS: 40 }));
    given(flowDecider, facts)
      .when(abandon)
      .then(told(flowAbandoned, { ...flow, steps: 2, elapsedS: 40 }));
    given(flowDecider, [started])
      .when({ ...complete, at: '2025-12-31T00:00:00.000Z' })
      .then(told(flowCompleted, { ...flow, steps: 0, elapsedS: 0 }));
  });

  it('that was given up may be completed after all; a completed one stays so', () => {
    given(flowDecider, [started, abandoned])
      .when(complete)
      .then(told(flowCompleted, { ...flow, steps: 0, elapsedS: 40 }));
    given(flowDecider, [started, abandoned]).when(abandon).thenNothingHappened();
    given(flowDecider, [started, completed]).when(complete).thenNothingHappened();
    given(flowDecider, [started, completed]).when(abandon).thenRefused('FLOW_ENDED', 'flowId');
    for (const end of [abandoned, completed]) given(flowDecider, [started, end]).when(step).thenRefused('FLOW_ENDED', 'flowId');
  });

  it('stands as it was told', () => {
    const stands = { flow, subject, startedAt, steps: 0, ended: null };
    expect(folded(flowDecider, [started])).toEqual(stands);
    expect(folded(flowDecider, [recorded(flowStarted, flow)])?.subject).toBe('');
    expect(folded(flowDecider, [started, stepped(1), recorded(touchpointResumed, { touchpointId })])).toEqual({ ...stands, steps: 1 });
    expect(folded(flowDecider, [started, completed])).toEqual({ ...stands, ended: 'completed' });
    expect(folded(flowDecider, [started, abandoned])).toEqual({ ...stands, ended: 'abandoned' });
    expect(folded(flowDecider, [stepped(1), completed, abandoned])).toBeNull();
  });
});
