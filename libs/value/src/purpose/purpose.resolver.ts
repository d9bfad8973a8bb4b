import { askedBy, type CommandResult } from '@tsunagari/command';
import type { Indicator } from '@tsunagari/contracts';
import { answer, fieldsOf, listed, lower, toGlobalId, upper } from '@tsunagari/graphql';
import type { IndicatorInput, Resolvers } from '../generated/graphql';
import type { SubgraphContext } from '../subgraph.models';
import type { ValuePorts } from '../value.subgraph';
import { isLagging } from './indicator';
import type { PurposeCommand } from './purpose.decider';

type Input = { readonly purposeId: string; readonly idempotencyKey: string; readonly expectedVersion?: number | null | undefined };

export function purposeResolvers({ send, readModels, now, load }: ValuePorts): Resolvers {
  const changed = (purposeId: string, result: CommandResult, context: SubgraphContext) =>
    answer(result, context, async (written) => {
      const purpose = await context.loaders.purpose.clear(purposeId).load(purposeId);
      if (!purpose) throw new Error(`purpose ${purposeId} was accepted and cannot be read`);
      return { __typename: 'PurposeChanged' as const, purpose, ...written };
    });
  const decide = async (input: Input, context: SubgraphContext, command: PurposeCommand, body?: object) =>
    changed(input.purposeId, await send.purpose(input.purposeId, command, askedBy(input, context, now()), body), context);

  return {
    Query: {
      purpose: (_, { purposeId }, context) => context.loaders.purpose.load(purposeId),
      purposes: (_, { status, ...args }, context) =>
        listed(readModels.purposes, context.loaders.purpose, args, status == null ? {} : { where: { status: lower(status) } }),
    },

    Purpose: {
      id: ({ id }) => toGlobalId('Purpose', id),
      status: ({ status }) => upper(status),
      valueModel: ({ valueModelId }, _, context) => (valueModelId === null ? null : context.loaders.valueModel.load(valueModelId)),
      kpi: ({ kpi }) => kpi && { ...kpi, period: upper(kpi.period) },
      indicators: ({ indicators }) =>
        indicators.map(({ indicator, approved, ...one }) => ({
          ...one,
          ...indicator,
          aggregate: upper(indicator.aggregate),
          direction: upper(indicator.direction),
          approvedVersion: approved?.indicatorVersion ?? null,
          approvedBy: approved?.by ?? null,
          lagging: isLagging(indicator),
        })),
    },

    Mutation: {
      proposePurposeHypothesis: (_, { input }, context) =>
        decide(input, context, { kind: 'ProposePurposeHypothesis', ...fieldsOf(input), evidenceIds: input.evidenceIds ?? [] }),
      attachEvidence: (_, { input }, context) => decide(input, context, { kind: 'AttachEvidence', ...fieldsOf(input) }),
      async definePurpose(_, { input }, context) {
        const body = { kind: 'DefinePurpose' as const, ...fieldsOf(input) };
        const model = await load.valueModel(input.valueModelId);
        const connectedValueExists =
          model !== null && model.status !== 'retired' && model.connected.some(({ layerId }) => layerId === input.connectedValueId);
        return decide(input, context, { ...body, connectedValueExists }, body);
      },
      addWhyStep: (_, { input }, context) => decide(input, context, { kind: 'AddWhyStep', ...fieldsOf(input) }),
      setSuccessCondition: (_, { input }, context) => decide(input, context, { kind: 'SetSuccessCondition', ...fieldsOf(input) }),
      defineOutcomeIndicator: (_, { input }, context) =>
        decide(input, context, { kind: 'DefineOutcomeIndicator', ...fieldsOf(input), indicator: indicatorOf(input.indicator) }),
      reviseOutcomeIndicator: (_, { input }, context) =>
        decide(input, context, { kind: 'ReviseOutcomeIndicator', ...fieldsOf(input), indicator: indicatorOf(input.indicator) }),
      approveOutcomeIndicator(_, { input }, context) {
        const body = { kind: 'ApproveOutcomeIndicator' as const, ...fieldsOf(input) };
        return decide(input, context, { ...body, by: context.principal.actor }, body);
      },
      setKpi: (_, { input }, context) => decide(input, context, { kind: 'SetKpi', ...fieldsOf(input), period: lower(input.period) }),
      registerResultMetric: (_, { input }, context) => decide(input, context, { kind: 'RegisterResultMetric', ...fieldsOf(input) }),
      retirePurpose: (_, { input }, context) => decide(input, context, { kind: 'RetirePurpose', ...fieldsOf(input) }),
    },
  };
}

function indicatorOf(input: IndicatorInput): Partial<Indicator> {
  const { aggregate, direction, ...fields } = fieldsOf(input);
  return {
    ...fields,
    ...(aggregate === undefined ? {} : { aggregate: lower(aggregate) }),
    ...(direction === undefined ? {} : { direction: lower(direction) }),
  };
}
