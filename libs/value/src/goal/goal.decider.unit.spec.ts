import {
  goalAbandoned,
  goalAchieved,
  goalConfirmed,
  goalDeclared,
  goalFacts,
  goalLapsed,
  goalProgressed,
  goalRegained,
  goalRevised,
  outcomeCommitmentMissed,
  outcomeCommitted,
  outcomeIndicatorDefined,
  outcomeObserved,
  outcomePromisePublished,
  purposeRetired,
  remedyGranted,
} from '@tsunagari/contracts';
import { exampleOf, folded, given, recorded } from '@tsunagari/testing';
import { goalAggregate, type GoalCommand } from './goal.decider';
import { promiseAggregate } from './promise.decider';

const { decider } = goalAggregate;
const { goalId, purposeId, ...declaration } = exampleOf(goalDeclared);
const { indicator } = exampleOf(outcomeIndicatorDefined);
const { indicatorId, unit, wish, source } = declaration;
const of = { goalId, purposeId };
const subject = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d';
const day = (n: number) => new Date(Date.UTC(2026, 0, n)).toISOString();
const hers = (n: number, position = String(n)) => ({ subject, occurred: day(n), position });

const declared = recorded(goalDeclared, { ...of, ...declaration }, hers(1));
const confirmed = recorded(goalConfirmed, of, hers(2));
const observed = (n: number, value: string) =>
  recorded(outcomeObserved, { ...of, value, unit, method: 'self_report', evidenceIds: ['e'], baseline: false }, hers(n));
const under = { ...of, indicatorId, indicatorVersion: 1 };
const progressed = (to: string, n = 5) => recorded(goalProgressed, { ...under, from: null, to }, hers(n));
const achieved = recorded(goalAchieved, { ...under, observationIds: [], timeToValueMs: 0 }, hers(6));
const lapsed = recorded(goalLapsed, under, hers(7));
const regained = recorded(goalRegained, under, hers(8));
const abandoned = recorded(goalAbandoned, { ...of, reason: 'cut' }, hers(9));
const promiseId = 'smooth-in-60-days';
const committed = recorded(outcomeCommitted, { ...of, promiseId, dueAt: day(20) }, hers(3));
const missed = recorded(outcomeCommitmentMissed, { ...of, promiseId }, hers(21));
const remedied = recorded(remedyGranted, { ...of, promiseId }, hers(22));

const declare = {
  kind: 'DeclareGoal',
  ...of,
  subject,
  source,
  wish: 'No more knots',
  indicator: { indicatorId, unit },
  purposeExists: true,
} as const;
const confirm = { kind: 'ConfirmGoal', goalId } as const;
const revise = { kind: 'ReviseGoal', goalId, wish: 'Also on rainy days' } as const;
const observe: Extract<GoalCommand, { kind: 'ObserveOutcome' }> = {
  kind: 'ObserveOutcome',
  goalId,
  observedAt: day(4),
  at: day(5),
  value: '4',
  unit,
  method: 'measured',
  evidenceIds: ['e'],
  baseline: false,
};
const evaluate = { kind: 'EvaluateGoal', goalId, indicator, indicatorVersion: 1, asOf: day(5) } as const;
const abandon = { kind: 'AbandonGoal', goalId, reason: 'cut' } as const;
const commit = { kind: 'CommitOutcome', goalId, promiseId, promiseExists: true, dueAt: day(20) } as const;
const miss = { kind: 'MissCommitment', goalId, promiseId, at: day(20) } as const;
const remedy = { kind: 'GrantRemedy', goalId, promiseId, note: 'paid back' } as const;
const told = <D>(definition: D, data: object) => ({ definition, subject, data });

describe('a goal [0.07] [0.08]', () => {
  const declaredNow = told(goalDeclared, { ...of, ...declaration, nth: 1 });

  it('that she declares is confirmed by that; one that others declare waits for her word', () => {
    given(decider).when(declare).then(declaredNow, told(goalConfirmed, of));
    const byStaff = told(goalDeclared, { ...of, ...declaration, nth: 1, source: 'staff' });
    given(decider)
      .when({ ...declare, source: 'staff' })
      .then(byStaff);
    given(decider, [declared]).when(confirm).then(told(goalConfirmed, of));
    given(decider, [declared, confirmed]).when(confirm).thenNothingHappened();
  });

  it('may be without words of hers', () => {
    const { wish: _, ...wordless } = declare;
    const { wish: __, ...rest } = declaration;
    given(decider)
      .when(wordless)
      .then({ definition: goalDeclared, subject, data: { ...of, ...rest } }, told(goalConfirmed, of));
    expect(decider.decide(wordless, null)).not.toHaveProperty(['facts', 0, 'data', 'wish']);
  });

  it('is of a defined purpose that is measured [0.11]', () => {
    given(decider)
      .when({ ...declare, purposeExists: false })
      .thenRefused('UNKNOWN_PURPOSE', 'purposeId');
    given(decider)
      .when({ ...declare, indicator: null })
      .thenRefused('INDICATOR_NOT_APPROVED', 'purposeId');
  });

  it('is one open goal of a purpose; after an abandoned one the next is counted', () => {
    given(decider, [declared]).when(declare).thenRefused('GOAL_OPEN_ALREADY', 'purposeId');
    given(decider, [declared, abandoned])
      .when(declare)
      .then(told(goalDeclared, { ...of, ...declaration, nth: 2 }), told(goalConfirmed, of));
  });

  it('is revised and abandoned, with a reason or without', () => {
    given(decider, [declared])
      .when(revise)
      .then(told(goalRevised, { ...of, wish: 'Also on rainy days' }));
    given(decider, [declared])
      .when(abandon)
      .then(told(goalAbandoned, { ...of, reason: 'cut' }));
    given(decider, [declared]).when({ kind: 'AbandonGoal', goalId }).then(told(goalAbandoned, of));
    expect(decider.decide({ kind: 'AbandonGoal', goalId }, folded(decider, [declared]))).not.toHaveProperty([
      ...['facts', 0, 'data', 'reason'],
    ]);
  });

  it('that was never declared takes no command; an abandoned one changes no more', () => {
    const others: readonly GoalCommand[] = [confirm, revise, observe, abandon, commit, remedy];
    for (const command of [...others, evaluate, miss]) given(decider).when(command).thenRefused('UNKNOWN_GOAL', 'goalId');
    for (const command of others) given(decider, [declared, abandoned]).when(command).thenRefused('GOAL_ABANDONED', 'goalId');
    given(decider, [declared, confirmed, observed(5, '4'), abandoned])
      .when(evaluate)
      .thenNothingHappened();
    given(decider, [declared, confirmed, committed, abandoned]).when(miss).thenNothingHappened();
  });
});

describe('an observation [1.02]', () => {
  const { kind: _, goalId: __, observedAt, at: ___, ...seen } = observe;

  it('happened when it was seen', () => {
    given(decider, [declared])
      .when(observe)
      .then({ ...told(outcomeObserved, { ...of, ...seen }), occurred: observedAt });
    given(decider, [declared])
      .when({ ...observe, at: observedAt })
      .then({ ...told(outcomeObserved, { ...of, ...seen }), occurred: observedAt });
  });

  it('is in the unit of the goal, and not of the future', () => {
    given(decider, [declared])
      .when({ ...observe, unit: 'strokes' })
      .thenRefused('OBSERVATION_UNIT', 'unit');
    given(decider, [declared])
      .when({ ...observe, observedAt: day(6) })
      .thenRefused('FUTURE_EVENT', 'observedAt');
  });

  it('from before the goal is a baseline', () => {
    const before = new Date(Date.UTC(2025, 11, 31)).toISOString();
    given(decider, [declared])
      .when({ ...observe, observedAt: before })
      .thenRefused('OBSERVATION_BEFORE_GOAL', 'observedAt');
    for (const [when, baseline] of [
      [before, true],
      [day(1), false],
      [day(4), true],
    ] as const)
      given(decider, [declared])
        .when({ ...observe, observedAt: when, baseline })
        .then({ ...told(outcomeObserved, { ...of, ...seen, baseline }), occurred: when });
  });
});

describe('an evaluation [2.06]', () => {
  const change = (from: string | null, to: string, n = 5, indicatorVersion = 1) => ({
    ...told(goalProgressed, { ...under, indicatorVersion, from, to }),
    occurred: day(n),
  });
  const reached = observed(5, '4');
  const base = [declared, confirmed];

  it('says that it is achieved, and how long it took', () => {
    const fact = told(goalAchieved, { ...under, observationIds: [reached.id], timeToValueMs: 3 * 86_400_000 });
    given(decider, [...base, reached])
      .when(evaluate)
      .then(change(null, '4'), { ...fact, occurred: day(5) });
  });

  it('takes no time where it was so before she wanted it', () => {
    const late = recorded(goalConfirmed, of, hers(8));
    const fact = told(goalAchieved, { ...under, observationIds: [reached.id], timeToValueMs: 0 });
    given(decider, [declared, reached, late])
      .when(evaluate)
      .then(change(null, '4'), { ...fact, occurred: day(5) });
  });

  it('is made as of the newest observation', () => {
    const newer = observed(6, '3');
    given(decider, [...base, newer, reached])
      .when(evaluate)
      .then(change(null, '3', 6));
    given(decider, [...base, reached, newer])
      .when(evaluate)
      .then(change(null, '3', 6));
    given(decider, [...base, observed(5, '3')])
      .when({ ...evaluate, asOf: day(9) })
      .then(change(null, '3', 9));
  });

  it('achieves only what she has confirmed', () => {
    given(decider, [declared, reached]).when(evaluate).then(change(null, '4'));
  });

  it('tells of progress where the value changed, or the version under which it is read', () => {
    given(decider, [...base, observed(5, '3'), progressed('3')])
      .when(evaluate)
      .thenNothingHappened();
    given(decider, [...base, observed(5, '3'), progressed('2')])
      .when(evaluate)
      .then(change('2', '3'));
    given(decider, [...base, observed(5, '3'), progressed('3')])
      .when({ ...evaluate, indicatorVersion: 2 })
      .then(change('3', '3', 5, 2));
    given(decider, base).when(evaluate).thenNothingHappened();
  });

  it('says that it lapsed, and that it was regained, once each', () => {
    const [down, up] = [observed(5, '3'), observed(5, '4')];
    const before = [...base, achieved];
    given(decider, [...before, progressed('3'), down])
      .when(evaluate)
      .then({ ...told(goalLapsed, under), occurred: day(5) });
    given(decider, [...before, progressed('4'), up])
      .when(evaluate)
      .thenNothingHappened();
    given(decider, [...before, lapsed, progressed('4'), up])
      .when(evaluate)
      .then({ ...told(goalRegained, under), occurred: day(5) });
    given(decider, [...before, lapsed, progressed('3'), down])
      .when(evaluate)
      .thenNothingHappened();
    given(decider, [...before, lapsed, regained, progressed('4'), up])
      .when(evaluate)
      .thenNothingHappened();
  });
});

describe('a commitment [2.07]', () => {
  const base = [declared, confirmed, committed];

  it('is to a published promise and a confirmed goal, once', () => {
    given(decider, [declared, confirmed])
      .when(commit)
      .then(told(outcomeCommitted, { ...of, promiseId, dueAt: day(20) }));
    given(decider, [declared, confirmed])
      .when({ ...commit, promiseExists: false })
      .thenRefused('UNKNOWN_PROMISE', 'promiseId');
    given(decider, [declared]).when(commit).thenRefused('GOAL_NOT_CONFIRMED', 'goalId');
    given(decider, base).when(commit).thenNothingHappened();
    given(decider, base)
      .when({ ...commit, promiseId: 'another' })
      .then(told(outcomeCommitted, { ...of, promiseId: 'another', dueAt: day(20) }));
  });

  it('is missed when it is due and the goal is not achieved', () => {
    for (const facts of [base, [...base, achieved, lapsed]])
      for (const at of [day(20), day(21)])
        given(decider, facts)
          .when({ ...miss, at })
          .then(told(outcomeCommitmentMissed, { ...of, promiseId }));
    given(decider, base)
      .when({ ...miss, at: day(19) })
      .thenNothingHappened();
    given(decider, base)
      .when({ ...miss, promiseId: 'another' })
      .thenNothingHappened();
    for (const facts of [
      [declared, confirmed],
      [...base, missed],
      [...base, achieved],
    ])
      given(decider, facts).when(miss).thenNothingHappened();
  });

  it('that was missed is made good once, with a note or without', () => {
    given(decider, [...base, missed])
      .when(remedy)
      .then(told(remedyGranted, { ...of, promiseId, note: 'paid back' }));
    given(decider, [...base, missed])
      .when({ kind: 'GrantRemedy', goalId, promiseId })
      .then(told(remedyGranted, { ...of, promiseId }));
    const wordless = decider.decide({ kind: 'GrantRemedy', goalId, promiseId }, folded(decider, [...base, missed]));
    expect(wordless).not.toHaveProperty(['facts', 0, 'data', 'note']);
    given(decider, [...base, missed, remedied])
      .when(remedy)
      .thenNothingHappened();
    for (const facts of [[declared, confirmed], base]) given(decider, facts).when(remedy).thenRefused('COMMITMENT_NOT_MISSED', 'promiseId');
    given(decider, [...base, missed])
      .when({ ...remedy, promiseId: 'another' })
      .thenRefused('COMMITMENT_NOT_MISSED', 'promiseId');
  });

  it('is to what the brand has published: a promise of a purpose that stands', () => {
    const promise = exampleOf(outcomePromisePublished);
    const publish = { kind: 'PublishOutcomePromise', purposeExists: true, ...promise } as const;
    given(promiseAggregate.decider).when(publish).then({ definition: outcomePromisePublished, subject: null, data: promise });
    given(promiseAggregate.decider)
      .when({ ...publish, purposeExists: false })
      .thenRefused('UNKNOWN_PURPOSE', 'purposeId');
    given(promiseAggregate.decider, [recorded(outcomePromisePublished, promise)])
      .when(publish)
      .thenRefused('PROMISE_EXISTS', 'promiseId');
    expect(folded(promiseAggregate.decider, [declared])).toBeNull();
    expect(folded(promiseAggregate.decider, [recorded(outcomePromisePublished, promise), declared])).toEqual(promise);
  });
});

describe('a goal as it stands', () => {
  const fresh = {
    ...{ goalId, purposeId, nth: 1, source, indicatorId, unit, subject, status: 'declared', wish, wishOf: goalDeclared.type },
    ...{ declaredAt: day(1), confirmedAt: null, achievedAt: null, observations: [], progress: null, indicatorVersion: null },
    commitment: null,
  };

  it('is what was declared', () => {
    const { wish: _, ...wordless } = declaration;
    expect(folded(decider, [declared])).toEqual(fresh);
    expect(folded(decider, [recorded(goalDeclared, { ...of, ...wordless }, hers(1))])).toEqual({ ...fresh, wish: null, wishOf: null });
    expect(folded(decider, [recorded(goalDeclared, { ...of, ...wordless })])?.subject).toBe('');
    expect(folded(decider, [declared, recorded(purposeRetired, { purposeId, reason: 'x' })])).toEqual(fresh);
  });

  it('holds what happened since', () => {
    const [seen, promise] = [observed(5, '4'), { promiseId, dueAt: day(20) }];
    const facts = [
      declared,
      confirmed,
      recorded(goalRevised, { ...of, wish: 'rain' }, hers(3)),
      committed,
      seen,
      progressed('4'),
      achieved,
    ];
    const stands = {
      ...{ ...fresh, status: 'achieved', confirmedAt: day(2), achievedAt: day(6), wish: 'rain', wishOf: goalRevised.type },
      observations: [{ id: seen.id, at: day(5), value: '4', baseline: false, method: 'self_report', evidenceIds: ['e'] }],
      ...{ progress: '4', indicatorVersion: 1, commitment: { ...promise, missed: false, remedied: false } },
    };
    expect(folded(decider, facts)).toEqual(stands);
    expect(folded(decider, [...facts, lapsed])).toEqual({ ...stands, status: 'lapsed' });
    expect(folded(decider, [...facts, lapsed, regained])).toEqual(stands);
    expect(folded(decider, [...facts, abandoned])).toEqual({ ...stands, status: 'abandoned' });
    expect(folded(decider, [...facts, missed])?.commitment).toEqual({ ...promise, missed: true, remedied: false });
    expect(folded(decider, [...facts, missed, remedied])?.commitment).toEqual({ ...promise, missed: true, remedied: true });
    expect(folded(decider, [declared, missed, remedied])).toEqual(fresh);
  });

  it('is nothing before it is declared', () => {
    for (const fact of goalFacts.slice(1)) expect(folded(decider, [recorded(fact, exampleOf(fact))])).toBeNull();
  });
});
