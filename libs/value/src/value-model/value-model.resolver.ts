import { askedBy, type CommandResult } from '@tsunagari/command';
import { answer, fieldsOf, listed, lower, toGlobalId, upper } from '@tsunagari/graphql';
import type { Resolvers } from '../generated/graphql';
import type { SubgraphContext } from '../subgraph.models';
import type { ValuePorts } from '../value.subgraph';
import { valueModelExamples } from './examples';
import type { ValueModelCommand } from './value-model.decider';

type Input = { readonly valueModelId: string; readonly idempotencyKey: string; readonly expectedVersion?: number | null | undefined };

export function valueModelResolvers({ send, readModels, now, load }: ValuePorts): Resolvers {
  const changed = (valueModelId: string, result: CommandResult, context: SubgraphContext) =>
    answer(result, context, async (written) => {
      const valueModel = await context.loaders.valueModel.clear(valueModelId).load(valueModelId);
      if (!valueModel) throw new Error(`value model ${valueModelId} was accepted and cannot be read`);
      return { __typename: 'ValueModelChanged' as const, valueModel, ...written };
    });
  const decide = async (input: Input, context: SubgraphContext, command: ValueModelCommand, body?: object) =>
    changed(input.valueModelId, await send.valueModel(input.valueModelId, command, askedBy(input, context, now()), body), context);

  return {
    Query: {
      valueModel: (_, { valueModelId }, context) => context.loaders.valueModel.load(valueModelId),
      valueModels: (_, { status, ...args }, context) =>
        listed(readModels.valueModels, context.loaders.valueModel, args, status == null ? {} : { where: { status: lower(status) } }),
    },

    ValueModel: {
      id: ({ id }) => toGlobalId('ValueModel', id),
      status: ({ status }) => upper(status),
      strategy: ({ strategyId }, _, context) => (strategyId === null ? null : context.loaders.strategy.load(strategyId)),
      // The layers as a tree: each below the one it serves.
      connected: (model) =>
        model.connected.map((connected) => ({
          ...connected,
          origin: upper(connected.origin),
          experiential: model.experiential
            .filter(({ parentId }) => parentId === connected.layerId)
            .map((experiential) => ({
              ...experiential,
              origin: upper(experiential.origin),
              functional: model.functional
                .filter(({ parentId }) => parentId === experiential.layerId)
                .map((functional) => ({ ...functional, origin: upper(functional.origin) })),
            })),
        })),
    },

    Mutation: {
      defineConnectedValue: (_, { input }, context) => decide(input, context, { kind: 'DefineConnectedValue', ...fieldsOf(input) }),
      defineExperientialValue: (_, { input }, context) => decide(input, context, { kind: 'DefineExperientialValue', ...fieldsOf(input) }),
      defineFunctionalValue: (_, { input }, context) =>
        decide(input, context, { kind: 'DefineFunctionalValue', ...fieldsOf(input), productIds: input.productIds ?? [] }),
      async publishValueModel(_, { input }, context) {
        const body = { kind: 'PublishValueModel' as const, ...fieldsOf(input) };
        const strategyExists = (await load.strategy(input.strategyId)) !== null;
        return decide(input, context, { ...body, strategyExists }, body);
      },
      reviseValueModel: (_, { input }, context) => decide(input, context, { kind: 'ReviseValueModel', ...fieldsOf(input) }),
      retireValueModel: (_, { input }, context) => decide(input, context, { kind: 'RetireValueModel', ...fieldsOf(input) }),
      importValueModelExample: (_, { input }, context) => {
        const body = { kind: 'ImportValueModelExample' as const, valueModelId: input.valueModelId };
        return decide(input, context, { ...body, example: valueModelExamples[lower(input.example)] }, { ...body, example: input.example });
      },
      recordCapabilityGap: (_, { input }, context) => decide(input, context, { kind: 'RecordCapabilityGap', ...fieldsOf(input) }),
    },
  };
}
