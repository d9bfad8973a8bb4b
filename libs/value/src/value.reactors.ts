import { type CommandHandler, handle } from '@tsunagari/reactor';
import { flagStrategy, flagValueModel, reviewReactor } from './review.reactor';
import type { valueCommands } from './value.subgraph';

/** What follows from facts in this context. */
export const valueReactors = [reviewReactor];

/** Who carries out the commands that follow. */
export function valueHandlers(send: ReturnType<typeof valueCommands>): readonly CommandHandler[] {
  return [
    handle(flagStrategy, (input, asked) => send.strategy(input.strategyId, { kind: 'FlagForReview', ...input }, asked)),
    handle(flagValueModel, (input, asked) => send.valueModel(input.valueModelId, { kind: 'FlagForReview', ...input }, asked)),
  ];
}
