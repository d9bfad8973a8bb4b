import {
  customerStrategyRevised,
  goalAbandoned,
  goalConfirmed,
  outcomeCommitted,
  outcomeObserved,
  selfAssessmentSubmitted,
  valueModelPublished,
  valueModelRevised,
} from '@tsunagari/contracts';
import { exampleOf, recorded } from '@tsunagari/testing';
import { assessmentReactor, attributeOf, observeAssessment } from './goal/assessment.reactor';
import { goalAggregate } from './goal/goal.decider';
import { evaluateGoal, goalReactor, missCommitment } from './goal/goal.reactor';
import { promiseAggregate } from './goal/promise.decider';
import { purposeAggregate } from './purpose/purpose.decider';
import { flagStrategy, flagValueModel, reviewReactor } from './review.reactor';
import { strategyAggregate } from './strategy/strategy.decider';
import { successServiceAggregate } from './success-service/success-service.decider';
import { tuningCycleAggregate } from './tuning/tuning-cycle.decider';
import { tuningProcessAggregate } from './tuning/tuning-process.decider';
import { tuningAggregate } from './tuning/tuning.decider';
import { flagOverdue, openTuningCycle } from './tuning/tuning.reactor';
import { valueModelAggregate } from './value-model/value-model.decider';

const typesOf = (...definitions: readonly { type: string }[]) => definitions.map(({ type }) => type);

describe('a goal', () => {
  const { goalId } = exampleOf(goalConfirmed);
  const react = (fact: Parameters<typeof goalReactor.react>[0]) => goalReactor.react(fact, goalReactor.initial, goalReactor.name);

  it('is evaluated when it is confirmed, and at every observation [2.06]', () => {
    for (const definition of [goalConfirmed, outcomeObserved]) {
      const fact = recorded(definition, exampleOf(definition));
      expect(react(fact)).toEqual([{ kind: 'send', command: evaluateGoal.name, input: { goalId, asOf: fact.occurred } }]);
    }
  });

  it('is due when it was promised, unless it is abandoned [2.07]', () => {
    const { promiseId, dueAt } = exampleOf(outcomeCommitted);
    expect(react(recorded(outcomeCommitted, exampleOf(outcomeCommitted)))).toEqual([
      { kind: 'set-timer', timer: 'commitment', at: dueAt, command: missCommitment.name, input: { goalId, promiseId } },
    ]);
    expect(react(recorded(goalAbandoned, exampleOf(goalAbandoned)))).toEqual([{ kind: 'cancel-timer', timer: 'commitment' }]);
    expect([goalReactor.name, goalReactor.types]).toEqual([
      'goals',
      typesOf(goalConfirmed, outcomeObserved, outcomeCommitted, goalAbandoned),
    ]);
  });
});

describe('a self-assessment [0.10]', () => {
  const { purposeId, answers } = exampleOf(selfAssessmentSubmitted);
  const subject = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d';
  const react = (fact: Parameters<typeof assessmentReactor.react>[0]) => assessmentReactor.react(fact, assessmentReactor.initial, 'x');

  it('is put to the goals of who submitted it', () => {
    const fact = recorded(selfAssessmentSubmitted, exampleOf(selfAssessmentSubmitted), { subject });
    const input = { subject, purposeId, answers, observedAt: fact.occurred, evidenceId: fact.id };
    expect(react(fact)).toEqual([{ kind: 'send', command: observeAssessment.name, input }]);
    expect(observeAssessment.input.safeParse(input).error).toBeUndefined();
    expect(react({ ...fact, subject: null })).toEqual([]);
    expect([assessmentReactor.name, assessmentReactor.types]).toEqual(['self_assessments', typesOf(selfAssessmentSubmitted)]);
    expect(attributeOf('combing')).toBe('self_assessment.combing');
  });
});

describe('strategy and value model [2.36]', () => {
  const published = (valueModelId: string, strategyId: string) =>
    recorded(valueModelPublished, { valueModelId, modelVersion: 1, strategyId });
  const facts = [published('m', 's'), published('n', 's'), published('o', 'another')];
  const ties = facts.reduce((state, fact) => reviewReactor.evolve(state, fact, 'ties'), reviewReactor.initial);
  const modelRevised = (valueModelId: string) => recorded(valueModelRevised, { valueModelId, reason: 'moved' });
  const strategyRevised = recorded(customerStrategyRevised, { ...exampleOf(customerStrategyRevised), strategyId: 's', reason: 'learned' });
  const react = (fact: Parameters<typeof reviewReactor.react>[0]) => reviewReactor.react(fact, ties, 'ties');

  it('flag each other when one is revised', () => {
    expect(react(modelRevised('m'))).toEqual([
      { kind: 'send', command: flagStrategy.name, input: { strategyId: 's', valueModelId: 'm', reason: 'moved' } },
    ]);
    expect(react(modelRevised('unpublished'))).toEqual([]);
    expect(react(strategyRevised)).toEqual(
      ['m', 'n'].map((valueModelId) => ({
        kind: 'send',
        command: flagValueModel.name,
        input: { strategyId: 's', valueModelId, reason: 'learned' },
      })),
    );
    expect(react(published('m', 's'))).toEqual([]);
  });

  it('are tied by the newest publication, all under one key', () => {
    expect(ties).toEqual({ m: 's', n: 's', o: 'another' });
    expect(reviewReactor.evolve(ties, published('m', 'another'), 'ties')).toEqual({ m: 'another', n: 's', o: 'another' });
    for (const fact of [modelRevised('m'), strategyRevised]) expect(reviewReactor.evolve(ties, fact, 'ties')).toEqual(ties);
    expect([reviewReactor.name, reviewReactor.version, reviewReactor.key(strategyRevised), reviewReactor.types]).toEqual([
      ...['value_reviews', 1, 'ties'],
      typesOf(valueModelPublished, valueModelRevised, customerStrategyRevised),
    ]);
  });
});

describe('what reactors of this context send', () => {
  it.each([
    [evaluateGoal, 'EvaluateGoal', { goalId: 'g', asOf: 'x' }],
    [missCommitment, 'MissCommitment', { goalId: 'g', promiseId: 'p' }],
    [flagStrategy, 'FlagStrategyForReview', { strategyId: 's', valueModelId: 'm', reason: 'x' }],
    [flagValueModel, 'FlagValueModelForReview', { strategyId: 's', valueModelId: 'm', reason: 'x' }],
    [openTuningCycle, 'OpenTuningCycle', { serviceId: 's', n: 1 }],
    [flagOverdue, 'FlagTuningOverdue', { cycleId: 'c' }],
    [
      observeAssessment,
      'ObserveAssessment',
      { subject: '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d', purposeId: 'p', answers: [], observedAt: 'x', evidenceId: 'e' },
    ],
  ] as const)('%# is a command with all it needs, and nothing else', (command, name, input) => {
    expect([command.context, command.name]).toEqual(['value', expect.stringContaining(name)]);
    expect(command.input.safeParse(input).error).toBeUndefined();
    expect(command.input.safeParse({ ...input, more: 1 }).success).toBe(false);
    for (const field of Object.keys(input)) expect(command.input.safeParse({ ...input, [field]: undefined }).success).toBe(false);
  });
});

it('the streams of this context', () => {
  const aggregates = [
    ...[strategyAggregate, valueModelAggregate, purposeAggregate, goalAggregate, promiseAggregate],
    ...[successServiceAggregate, tuningProcessAggregate, tuningCycleAggregate, tuningAggregate],
  ];
  expect(aggregates.map(({ context, category }) => `${context} ${category}`)).toEqual([
    'value customerStrategy',
    'value valueModel',
    'value purpose',
    'value goal',
    'value outcomePromise',
    'value successService',
    'value tuningProcess',
    'value tuningCycle',
    'value tuning',
  ]);
});
