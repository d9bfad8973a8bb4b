import type { EventStore } from '@tsunagari/event-store';
import type { CommandPath } from '@tsunagari/command';
import type { Keyring } from '@tsunagari/privacy';
import { type CommandHandler, handle } from '@tsunagari/reactor';
import { valueLoads, valueSends } from './aggregates';
import { aMonthAfter } from './calendar';
import { assessmentReactor, observeAssessment } from './goal/assessment.reactor';
import { goalCommands } from './goal/goal.commands';
import { evaluateGoal, goalReactor, missCommitment } from './goal/goal.reactor';
import { flagStrategy, flagValueModel, reviewReactor } from './review.reactor';
import { assumptionReactor, recordAssumptionFinding } from './tuning/assumption.reactor';
import { flagOverdue, openTuningCycle, tuningReactor } from './tuning/tuning.reactor';

/** What follows from facts in this context. */
export const valueReactors = [reviewReactor, goalReactor, assessmentReactor, tuningReactor, assumptionReactor];

/** Who carries out the commands that follow. `timeZone`: of the deployment; a month is one of its calendar. */
export function valueHandlers(options: {
  readonly path: CommandPath;
  readonly store: EventStore;
  readonly keyring: Keyring;
  readonly timeZone: string;
}): readonly CommandHandler[] {
  const { path, store, keyring, timeZone } = options;
  const [send, load] = [valueSends(path), valueLoads(store)];
  const goals = goalCommands({ send, load, store, keyring });
  return [
    handle(flagStrategy, (input, asked) => send.strategy(input.strategyId, { kind: 'FlagForReview', ...input }, asked)),
    handle(flagValueModel, (input, asked) => send.valueModel(input.valueModelId, { kind: 'FlagForReview', ...input }, asked)),
    handle(evaluateGoal, ({ goalId, asOf }, asked) => goals.evaluate(goalId, asOf, asked)),
    handle(observeAssessment, (input, asked) => goals.observeAssessment(input, asked)),
    handle(missCommitment, (input, asked) => send.goal(input.goalId, { kind: 'MissCommitment', ...input, at: asked.at }, asked)),
    handle(openTuningCycle, async (input, asked) => {
      const cycleId = `${input.serviceId}:${input.n}`;
      const hasProcess = (await load.process(input.serviceId)) !== null;
      const command = { kind: 'OpenTuningCycle' as const, cycleId, ...input, dueBy: aMonthAfter(asked.at, timeZone), hasProcess };
      return send.cycle(cycleId, command, asked, { kind: 'OpenTuningCycle', cycleId });
    }),
    handle(recordAssumptionFinding, ({ cycleId, evidenceId, ...finding }, asked) =>
      send.cycle(cycleId, { kind: 'RecordTuningFinding', cycleId, ...finding, evidenceIds: [evidenceId], metricSnapshot: [] }, asked),
    ),
    handle(flagOverdue, ({ cycleId }, asked) => send.cycle(cycleId, { kind: 'FlagOverdue', cycleId, at: asked.at }, asked)),
  ];
}
