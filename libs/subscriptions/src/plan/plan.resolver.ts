import { askedBy, type CommandResult } from '@tsunagari/command';
import type { BillingInterval, CancellationTerms, PlanDefined } from '@tsunagari/contracts';
import { commandRefused, type CommandRefusedResult, fromGlobalId, toGlobalId } from '@tsunagari/graphql';
import type { Resolvers } from '../generated/graphql';
import { moneyIn, moneyOut } from '../money';
import type { SubgraphContext } from '../subgraph.models';
import type { SubscriptionsPorts } from '../subscriptions.subgraph';
import type { PlanView } from './plan.read-model';

type PlanResult = CommandRefusedResult | { __typename: 'PlanAnswer'; plan: PlanView; position: string; repeated: boolean };

export function planResolvers({ plans: commands, now }: SubscriptionsPorts): Resolvers {
  const answer = async (planId: string, result: CommandResult, context: SubgraphContext): Promise<PlanResult> => {
    if (result.kind === 'refused') return commandRefused(result.refusal);
    if (result.position !== null) context.appended(result.position);
    const plan = await context.loaders.plan.load(planId);
    if (!plan) throw new Error(`plan ${planId} was accepted and cannot be read`);
    return { __typename: 'PlanAnswer', plan, position: result.position ?? '0', repeated: result.repeated };
  };

  return {
    Query: { plan: (_, { planId }, context) => context.loaders.plan.load(planId) },

    Plan: {
      __resolveReference: ({ id }, context) => context.loaders.plan.load(fromGlobalId('Plan', id)),
      id: ({ planId }) => toGlobalId('Plan', planId),
      family: ({ versions }) => versions[0]?.family ?? '',
      versions: (plan) => plan.versions.map((version) => shown(plan, version)),
      offered: (plan) => {
        const newest = plan.retired ? undefined : plan.versions.findLast(({ planVersion }) => plan.published.includes(planVersion));
        return newest ? shown(plan, newest) : null;
      },
    },

    PlanVersion: {
      price: ({ price }) => moneyOut(price),
      interval: ({ interval }) => interval.toUpperCase() as Uppercase<BillingInterval>,
      entitlements: ({ entitlements }) => [...entitlements],
    },

    CancellationTerms: {
      takesEffect: ({ takesEffect }) => (takesEffect === 'immediately' ? 'IMMEDIATELY' : 'PERIOD_END'),
    },

    Mutation: {
      async definePlan(_, { input }, context) {
        const price = moneyIn(input.price, 'price');
        if ('code' in price) return commandRefused(price);
        const terms: CancellationTerms = {
          takesEffect: input.terms?.takesEffect === 'IMMEDIATELY' ? 'immediately' : 'period-end',
          noticeDays: input.terms?.noticeDays ?? 0,
          minimumMonths: input.terms?.minimumMonths ?? 0,
        };
        const plan = {
          planId: input.planId,
          ...(input.planVersion == null ? {} : { planVersion: input.planVersion }),
          family: input.family,
          name: { ...input.name },
          price,
          interval: input.interval.toLowerCase() as BillingInterval,
          trialDays: input.trialDays ?? 0,
          entitlements: [...(input.entitlements ?? [])],
          terms,
          graceDays: input.graceDays ?? 30,
        };
        return answer(input.planId, await commands.definePlan(plan, askedBy(input, context, now())), context);
      },
      async publishPlan(_, { input }, context) {
        const { planId, planVersion } = input;
        return answer(planId, await commands.publishPlan({ planId, planVersion }, askedBy(input, context, now())), context);
      },
      async retirePlan(_, { input }, context) {
        const command = { planId: input.planId, ...(input.reason == null ? {} : { reason: input.reason }) };
        return answer(input.planId, await commands.retirePlan(command, askedBy(input, context, now())), context);
      },
    },
  };
}

function shown({ published }: PlanView, version: PlanDefined): PlanDefined & { published: boolean } {
  return { ...version, published: published.includes(version.planVersion) };
}
