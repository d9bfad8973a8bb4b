import {
  defineCommand,
  goalAbandoned,
  goalConfirmed,
  outcomeCommitted,
  type OutcomeCommitted,
  outcomeObserved,
} from '@tsunagari/contracts';
import { cancelTimer, defineStatelessReactor, send, setTimer } from '@tsunagari/reactor';
import { z } from 'zod';

export const evaluateGoal = defineCommand('value', 'EvaluateGoal', z.strictObject({ goalId: z.string(), asOf: z.string() }));
export const missCommitment = defineCommand('value', 'MissCommitment', z.strictObject({ goalId: z.string(), promiseId: z.string() }));

/** What was observed is evaluated; what was promised falls due. */
export const goalReactor = defineStatelessReactor({
  name: 'goals',
  types: [goalConfirmed.type, outcomeObserved.type, outcomeCommitted.type, goalAbandoned.type],
  react({ type, data, occurred }) {
    const { goalId } = data as { goalId: string };
    switch (type) {
      case outcomeCommitted.type: {
        const { promiseId, dueAt } = data as OutcomeCommitted;
        return [setTimer('commitment', dueAt, missCommitment, { goalId, promiseId })];
      }
      case goalAbandoned.type:
        return [cancelTimer('commitment')];
      default:
        return [send(evaluateGoal, { goalId, asOf: occurred })];
    }
  },
});
