import {
  purposeRetired,
  tuningApplied,
  tuningCycleClosed,
  tuningCycleFacts,
  tuningCycleOpened,
  tuningDecided,
  tuningDecisionDelegated,
  tuningEvaluated,
  tuningFindingRecorded,
  tuningOverdueFlagged,
  tuningProcessDefined,
  tuningProposed,
  tuningRoleAssigned,
} from '@tsunagari/contracts';
import { exampleOf, folded, given, recorded } from '@tsunagari/testing';
import { tuningCycleAggregate, type TuningCycleCommand } from './tuning-cycle.decider';
import { decidesFor, tuningProcessAggregate } from './tuning-process.decider';
import { tuningAggregate } from './tuning.decider';

const unrelated = recorded(purposeRetired, { purposeId: 'p', reason: 'x' });
const at = '2026-02-10T00:00:00.000Z';
const [earlier, later] = ['2026-02-09T00:00:00.000Z', '2026-02-11T00:00:00.000Z'];

describe('a tuning process [0.19] [0.21]', () => {
  const { decider } = tuningProcessAggregate;
  const process = exampleOf(tuningProcessDefined);
  const { serviceId } = process;
  const defined = recorded(tuningProcessDefined, process);
  const delegation = { serviceId, to: 'user:deputy', until: later };
  const delegated = recorded(tuningDecisionDelegated, delegation);
  const define = { kind: 'DefineTuningProcess', serviceExists: true, ...process } as const;
  const delegate = { kind: 'DelegateTuningDecision', ...delegation, by: 'user:owner', at } as const;

  it('is of a service, and may be defined anew', () => {
    for (const facts of [[], [defined]])
      given(decider, facts).when(define).then({ definition: tuningProcessDefined, subject: null, data: process });
    given(decider)
      .when({ ...define, serviceExists: false })
      .thenRefused('UNKNOWN_SERVICE', 'serviceId');
  });

  it.each(['dataSet', 'meeting', 'criteria', 'decisionMaker', 'cadenceDays'] as const)('names its %s', (field) => {
    const { [field]: _, ...rest } = define;
    given(decider).when(rest).thenRefused('TUNING_PROCESS_INCOMPLETE', field);
    const empty = field === 'criteria' ? [] : '';
    if (field !== 'cadenceDays')
      given(decider)
        .when({ ...define, [field]: empty })
        .thenRefused('TUNING_PROCESS_INCOMPLETE', field);
    const decision = decider.decide(rest, null);
    expect(decision.kind === 'refused' && decision.refusal.remedy).toBe(`say its ${field}`);
  });

  it('comes round every month at least [0.20]', () => {
    given(decider)
      .when({ ...define, cadenceDays: 31 })
      .then({ definition: tuningProcessDefined, subject: null, data: { ...process, cadenceDays: 31 } });
    given(decider)
      .when({ ...define, cadenceDays: 32 })
      .thenRefused('CADENCE_TOO_LONG', 'cadenceDays');
  });

  it('has a decision maker, who delegates for a time', () => {
    given(decider, [defined]).when(delegate).then({ definition: tuningDecisionDelegated, subject: null, data: delegation });
    given(decider).when(delegate).thenRefused('NO_TUNING_PROCESS', 'serviceId');
    given(decider, [defined])
      .when({ ...delegate, by: 'user:deputy' })
      .thenRefused('NOT_THE_DECISION_MAKER', null);
    for (const until of [at, earlier])
      given(decider, [defined])
        .when({ ...delegate, until })
        .thenRefused('INVALID_FIELD', 'until');
    const undelegated = { ...process, delegate: null };
    expect(decidesFor(undelegated, 'user:owner', at)).toBe(true);
    expect(decidesFor(undelegated, 'user:deputy', at)).toBe(false);
    const shared = { ...process, delegate: { to: 'user:deputy', until: at } };
    expect(['user:owner', 'user:deputy', 'user:other'].map((by) => decidesFor(shared, by, earlier))).toEqual([true, true, false]);
    expect([at, later].map((when) => decidesFor(shared, 'user:deputy', when))).toEqual([false, false]);
  });

  it('stands with its delegate', () => {
    expect(folded(decider, [delegated, unrelated])).toBeNull();
    expect(folded(decider, [defined, unrelated])).toEqual({ ...process, delegate: null });
    const stands = folded(decider, [defined, delegated, unrelated]);
    expect(stands).toEqual({ ...process, delegate: delegation });
    expect(folded(decider, [defined, delegated, defined])).toEqual(stands);
  });
});

describe('a tuning cycle [0.18] [0.21] [0.25]', () => {
  const { decider } = tuningCycleAggregate;
  const open_ = exampleOf(tuningCycleOpened);
  const { cycleId, serviceId, n, dueBy } = open_;
  const cycle = { cycleId, serviceId };
  const finding = exampleOf(tuningFindingRecorded);
  const proposal = exampleOf(tuningProposed);
  const decision = exampleOf(tuningDecided);
  const role = exampleOf(tuningRoleAssigned);
  const opened = recorded(tuningCycleOpened, open_);
  const found = recorded(tuningFindingRecorded, finding, { occurred: at });
  const foundElse = recorded(tuningFindingRecorded, { ...finding, findingId: 'f0' }, { occurred: at });
  const proposed = recorded(tuningProposed, proposal, { occurred: at });
  const proposedElse = recorded(tuningProposed, { ...proposal, tuningId: 't0' }, { occurred: at });
  const decided = recorded(tuningDecided, decision, { occurred: later });
  const closed = recorded(tuningCycleClosed, { ...cycle, n }, { occurred: later });
  const overdue = recorded(tuningOverdueFlagged, cycle);
  const without = <T extends { serviceId: string }>({ serviceId: _, ...rest }: T) => rest;

  const open = { kind: 'OpenTuningCycle', ...open_, hasProcess: true } as const;
  const recordFinding = { kind: 'RecordTuningFinding', ...without(finding) } as const;
  const propose = { kind: 'ProposeTuning', ...without(proposal) } as const;
  const process = { criteria: ['achievement rises'], decisionMaker: 'user:owner' };
  const decide = { kind: 'DecideTuning', mayDecide: true, process, ...without(decision) } as const;
  const assign = { kind: 'AssignTuningRole', ...without(role) } as const;
  const flag = { kind: 'FlagOverdue', cycleId, at: dueBy } as const;
  const close = { kind: 'CloseTuningCycle', cycleId } as const;
  const told = <D>(definition: D, data: object) => ({ definition, subject: null, data });

  it('is opened once, under a process', () => {
    given(decider).when(open).then(told(tuningCycleOpened, open_));
    given(decider, [opened]).when(open).thenNothingHappened();
    given(decider)
      .when({ ...open, hasProcess: false })
      .thenRefused('NO_TUNING_PROCESS', 'serviceId');
  });

  it('takes findings, tunings and roles, each once', () => {
    given(decider, [opened, foundElse]).when(recordFinding).then(told(tuningFindingRecorded, finding));
    given(decider, [opened, foundElse, found]).when(recordFinding).thenRefused('FINDING_EXISTS', 'findingId');
    given(decider, [opened, proposedElse]).when(propose).then(told(tuningProposed, proposal));
    given(decider, [opened, proposedElse, proposed]).when(propose).thenRefused('TUNING_EXISTS', 'tuningId');
    given(decider, [opened]).when(assign).then(told(tuningRoleAssigned, role));
  });

  it('decides a tuning once, on pinned data, by every criterion, by who decides', () => {
    const facts = [opened, proposedElse, proposed];
    given(decider, facts).when(decide).then(told(tuningDecided, decision));
    given(decider, [opened, proposedElse]).when(decide).thenRefused('UNKNOWN_TUNING', 'tuningId');
    given(decider, [...facts, decided])
      .when(decide)
      .thenRefused('TUNING_DECIDED', 'tuningId');
    given(decider, facts)
      .when({ ...decide, process: null })
      .thenRefused('NO_TUNING_PROCESS', 'cycleId');
    given(decider, facts)
      .when({ ...decide, mayDecide: false })
      .thenRefused('NOT_THE_DECISION_MAKER', null);
    const { dataAsOf: _, ...unpinned } = decide;
    given(decider, facts).when(unpinned).thenRefused('DATA_NOT_PINNED', 'dataAsOf');
    for (const criteriaResults of [[], [{ criterion: 'another', met: true }]])
      given(decider, facts)
        .when({ ...decide, criteriaResults })
        .thenRefused('CRITERIA_UNANSWERED', 'criteriaResults');
    const both = [...decision.criteriaResults, { criterion: 'no more complaints', met: false }];
    given(decider, facts)
      .when({ ...decide, process: { ...process, criteria: ['no more complaints', 'achievement rises'] }, criteriaResults: both })
      .then(told(tuningDecided, { ...decision, criteriaResults: both }));
  });

  it('is overdue once, when the time is over [0.20]', () => {
    for (const when of [dueBy, at])
      given(decider, [opened])
        .when({ ...flag, at: when })
        .then(told(tuningOverdueFlagged, cycle));
    given(decider, [opened])
      .when({ ...flag, at: '2026-02-01T00:00:00.000Z' })
      .thenNothingHappened();
    given(decider, [opened, overdue]).when(flag).thenNothingHappened();
  });

  it('closes when all its tunings are decided', () => {
    for (const facts of [[opened], [opened, proposed, decided]])
      given(decider, facts)
        .when(close)
        .then(told(tuningCycleClosed, { ...cycle, n }));
    for (const facts of [
      [opened, proposed],
      [opened, proposed, decided, proposedElse],
    ])
      given(decider, facts).when(close).thenRefused('UNDECIDED_TUNINGS', 'cycleId');
    const shut = [opened, closed];
    for (const command of [flag, close]) given(decider, shut).when(command).thenNothingHappened();
    for (const command of [recordFinding, propose, decide, assign])
      given(decider, shut).when(command).thenRefused('CYCLE_CLOSED', 'cycleId');
  });

  it('takes no other command before it is opened', () => {
    const others: readonly TuningCycleCommand[] = [recordFinding, propose, decide, assign, flag, close];
    for (const command of others) given(decider).when(command).thenRefused('UNKNOWN_CYCLE', 'cycleId');
    for (const fact of tuningCycleFacts.slice(1)) expect(folded(decider, [recorded(fact, exampleOf(fact))])).toBeNull();
  });

  it('stands with all that was found, proposed and decided', () => {
    const fresh = { ...open_, openedAt: opened.occurred, findings: [], tunings: [], roles: [], overdue: false, closedAt: null };
    expect(folded(decider, [opened])).toEqual(fresh);
    const of = <T extends { cycleId: string; serviceId: string }>({ cycleId: _, serviceId: __, ...rest }: T) => rest;
    const tuning = { ...of(proposal), proposedAt: at, decision: null };
    const facts = [opened, foundElse, found, proposedElse, proposed, recorded(tuningRoleAssigned, role), overdue];
    const stands = {
      ...{ ...fresh, roles: [of(role)], overdue: true },
      findings: [
        { ...of(finding), findingId: 'f0', at },
        { ...of(finding), at },
      ],
      tunings: [{ ...tuning, tuningId: 't0' }, tuning],
    };
    expect(folded(decider, [...facts, unrelated])).toEqual(stands);
    expect(folded(decider, [...facts, recorded(tuningRoleAssigned, { ...role, staff: 'user:other' })])?.roles).toHaveLength(2);
    expect(folded(decider, [...facts, decided, closed])).toEqual({
      ...{ ...stands, closedAt: later },
      tunings: [
        { ...tuning, tuningId: 't0' },
        { ...tuning, decision: { ...of(decision), at: later } },
      ],
    });
  });
});

describe('an adopted tuning [0.20]', () => {
  const { decider } = tuningAggregate;
  const applied_ = exampleOf(tuningApplied);
  const { tuningId } = applied_;
  const evaluation = exampleOf(tuningEvaluated);
  const applied = recorded(tuningApplied, applied_, { occurred: earlier });
  const evaluated = recorded(tuningEvaluated, evaluation, { occurred: later });
  const apply = { kind: 'ApplyTuning', adopted: true, ...applied_ } as const;
  const evaluate = { kind: 'EvaluateTuning', tuningId, effect: '0.05', interval: ['0.01', '0.09'], at } as const;

  it('is applied once, as its cycle decided, naming what was changed', () => {
    given(decider).when(apply).then({ definition: tuningApplied, subject: null, data: applied_ });
    given(decider, [applied]).when(apply).thenNothingHappened();
    given(decider)
      .when({ ...apply, adopted: false })
      .thenRefused('TUNING_NOT_ADOPTED', 'tuningId');
    given(decider)
      .when({ ...apply, changeIds: [] })
      .thenRefused('MISSING_FIELD', 'changeIds');
  });

  it('is evaluated once, when it was observed', () => {
    for (const when of [at, later])
      given(decider, [applied])
        .when({ ...evaluate, at: when })
        .then({ definition: tuningEvaluated, subject: null, data: evaluation });
    given(decider, [applied])
      .when({ ...evaluate, at: earlier })
      .thenRefused('OBSERVATION_NOT_OVER', 'tuningId');
    given(decider, [applied, evaluated]).when(evaluate).thenRefused('TUNING_EVALUATED', 'tuningId');
    given(decider).when(evaluate).thenRefused('UNKNOWN_TUNING', 'tuningId');
  });

  it.each([
    [['0', '0.09'], '0', false],
    [['0', '0.09'], '0.09', false],
    [['-0.01', '0.09'], '0.05', false],
    [['0.01', '0.09'], '0.01', true],
  ] as const)('with the interval %j hits where it lies above zero', (interval, effect, hit) => {
    given(decider, [applied])
      .when({ ...evaluate, interval, effect })
      .then({ definition: tuningEvaluated, subject: null, data: { tuningId, effect, interval: [...interval], hit } });
  });

  it.each(['0.001', '0.1'])('has no effect (%s) beside its interval', (effect) => {
    given(decider, [applied])
      .when({ ...evaluate, effect })
      .thenRefused('INVALID_FIELD', 'interval');
  });

  it('stands with what came of it', () => {
    const stands = { ...applied_, appliedAt: earlier, evaluation: null };
    const { tuningId: _, ...result } = evaluation;
    expect(folded(decider, [evaluated, unrelated])).toBeNull();
    expect(folded(decider, [applied, unrelated])).toEqual(stands);
    expect(folded(decider, [applied, evaluated, unrelated])).toEqual({ ...stands, evaluation: { ...result, at: later } });
  });
});
