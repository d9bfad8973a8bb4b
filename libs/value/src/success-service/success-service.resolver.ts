import { askedBy, type CommandResult } from '@tsunagari/command';
import { answer, fieldsOf, listed, lower, toGlobalId, upper } from '@tsunagari/graphql';
import type { Resolvers } from '../generated/graphql';
import type { SubgraphContext } from '../subgraph.models';
import type { ValuePorts } from '../value.subgraph';
import type { SuccessServiceCommand } from './success-service.decider';

type Input = { readonly serviceId: string; readonly idempotencyKey: string; readonly expectedVersion?: number | null | undefined };

export function successServiceResolvers({ send, readModels, now, load }: ValuePorts): Resolvers {
  const changed = (serviceId: string, result: CommandResult, context: SubgraphContext) =>
    answer(result, context, async (written) => {
      const service = await context.loaders.service.clear(serviceId).load(serviceId);
      if (!service) throw new Error(`service ${serviceId} was accepted and cannot be read`);
      return { __typename: 'SuccessServiceChanged' as const, service, ...written };
    });
  const decide = async (input: Input, context: SubgraphContext, command: SuccessServiceCommand, body?: object) =>
    changed(input.serviceId, await send.service(input.serviceId, command, askedBy(input, context, now()), body), context);

  return {
    Query: {
      successService: (_, { serviceId }, context) => context.loaders.service.load(serviceId),
      successServices: (_, { stage, ...args }, context) =>
        listed(readModels.services, context.loaders.service, args, stage == null ? {} : { where: { stage: lower(stage) } }),
    },

    SuccessService: {
      id: ({ id }) => toGlobalId('SuccessService', id),
      stage: ({ stage }) => upper(stage),
      serviceKind: ({ serviceKind }) => upper(serviceKind),
      touchpointIds: ({ touchpointIds }) => [...touchpointIds],
      purpose: ({ purposeId }, _, context) => context.loaders.purpose.load(purposeId),
      tuningProcess: ({ serviceId }, _, context) => context.loaders.process.load(serviceId),
    },

    Mutation: {
      async designSuccessService(_, { input }, context) {
        const body = { kind: 'DesignSuccessService' as const, ...fieldsOf(input), serviceKind: lower(input.serviceKind) };
        const purpose = await load.purpose(input.purposeId);
        return decide(input, context, { ...body, purposeExists: purpose?.status === 'defined' }, body);
      },
      addServiceContent: (_, { input }, context) =>
        decide(input, context, { kind: 'AddServiceContent', ...fieldsOf(input), incentive: input.incentive ?? false }),
      chooseMeans: (_, { input }, context) => decide(input, context, { kind: 'ChooseMeans', ...fieldsOf(input) }),
      advanceServiceStage: (_, { input }, context) =>
        decide(input, context, { kind: 'AdvanceServiceStage', ...fieldsOf(input), to: lower(input.to) }),
      async launchSuccessService(_, { input }, context) {
        const body = { kind: 'LaunchSuccessService' as const, serviceId: input.serviceId };
        const service = await load.service(input.serviceId);
        const [purpose, process] = await Promise.all([service && load.purpose(service.purposeId), load.process(input.serviceId)]);
        const indicatorApproved = purpose?.indicators.some(({ approved }) => approved !== null) ?? false;
        return decide(input, context, { ...body, indicatorApproved, tuningProcessDefined: process !== null }, body);
      },
      retireSuccessService: (_, { input }, context) => decide(input, context, { kind: 'RetireSuccessService', ...fieldsOf(input) }),
    },
  };
}
