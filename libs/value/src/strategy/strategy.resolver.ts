import { askedBy, type CommandResult } from '@tsunagari/command';
import { answer, fieldsOf, listed, lower, momentOf, toGlobalId, upper } from '@tsunagari/graphql';
import type { Resolvers } from '../generated/graphql';
import type { SubgraphContext } from '../subgraph.models';
import type { ValuePorts } from '../value.subgraph';
import type { StrategyCommand } from './strategy.decider';

type Input = { readonly strategyId: string; readonly idempotencyKey: string; readonly expectedVersion?: number | null | undefined };

export function strategyResolvers({ send, readModels, now }: ValuePorts): Resolvers {
  const changed = (strategyId: string, result: CommandResult, context: SubgraphContext) =>
    answer(result, context, async (written) => {
      const strategy = await context.loaders.strategy.clear(strategyId).load(strategyId);
      if (!strategy) throw new Error(`strategy ${strategyId} was accepted and cannot be read`);
      return { __typename: 'CustomerStrategyChanged' as const, strategy, ...written };
    });
  const decide = async (input: Input, context: SubgraphContext, command: StrategyCommand) =>
    changed(input.strategyId, await send.strategy(input.strategyId, command, askedBy(input, context, now())), context);

  return {
    Query: {
      customerStrategy: (_, { strategyId }, context) => context.loaders.strategy.load(strategyId),
      customerStrategies: (_, { flagged, ...args }, context) =>
        listed(readModels.strategies, context.loaders.strategy, args, flagged == null ? {} : { where: { flagged } }),
    },

    CustomerStrategy: {
      id: ({ id }) => toGlobalId('CustomerStrategy', id),
      assumptions: ({ assumptions }) => assumptions.map((assumption) => ({ ...assumption, driver: upper(assumption.driver) })),
      readiness: ({ readiness }) =>
        readiness && { ...readiness, questions: readiness.questions.map((one) => ({ ...one, question: upper(one.question) })) },
    },

    Mutation: {
      defineCustomerStrategy: (_, { input }, context) =>
        decide(input, context, { kind: 'DefineCustomerStrategy', strategyId: input.strategyId, ...fieldsOf(input.strategy) }),
      reviseCustomerStrategy: (_, { input: { strategy, ...input } }, context) =>
        decide(input, context, { kind: 'ReviseCustomerStrategy', ...fieldsOf(input), ...fieldsOf(strategy) }),
      recordAssumption: (_, { input }, context) =>
        decide(input, context, {
          kind: 'RecordAssumption',
          ...fieldsOf(input),
          driver: lower(input.driver),
          reviewBy: momentOf(input.reviewBy),
          at: now(),
        }),
      invalidateAssumption: (_, { input }, context) => decide(input, context, { kind: 'InvalidateAssumption', ...fieldsOf(input) }),
      scheduleReview: (_, { input }, context) =>
        decide(input, context, { kind: 'ScheduleReview', strategyId: input.strategyId, on: momentOf(input.on), at: now() }),
      holdReview: (_, { input }, context) => decide(input, context, { kind: 'HoldReview', ...fieldsOf(input) }),
    },
  };
}
