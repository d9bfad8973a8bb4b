import { askedBy } from '@tsunagari/command';
import type { IdentifierType } from '@tsunagari/contracts';
import { commandRefused, type CommandRefusedResult, connectionOf, failure, fromGlobalId, pageOf, toGlobalId } from '@tsunagari/graphql';
import { authorityGroupsOf, reachesSubject } from '@tsunagari/projection';
import type { Resolvers, StartSubscriptionInput } from '../generated/graphql';
import { moneyIn, moneyOut } from '../money';
import type { SubgraphContext } from '../subgraph.models';
import type { SubscriptionsPorts } from '../subscriptions.subgraph';
import type { BeginInput, PlanChoice, SubscriptionResult } from './subscription.commands';
import { cancellableAt } from './subscription.decider';
import { subscriptionsUnder } from './subscription.read-model';
import type { Subscription, SubscriptionStatus } from './subscription.state';

type Answer = CommandRefusedResult | { __typename: 'SubscriptionAnswer'; subscription: Subscription; position: string; repeated: boolean };

export function subscriptionResolvers(ports: SubscriptionsPorts): Resolvers {
  const { subscriptions: commands, now } = ports;
  const answer = async ({ subscriptionId, result }: SubscriptionResult, context: SubgraphContext): Promise<Answer> => {
    if (result.kind === 'refused') return commandRefused(result.refusal);
    if (result.position !== null) context.appended(result.position);
    const subscription = await context.loaders.subscription.load(subscriptionId);
    if (!subscription) throw new Error(`subscription ${subscriptionId} was accepted and cannot be read`);
    return { __typename: 'SubscriptionAnswer', subscription, position: result.position ?? '0', repeated: result.repeated };
  };
  const asked = (input: { idempotencyKey: string; expectedVersion?: number | null | undefined }, context: SubgraphContext) =>
    askedBy(input, context, now());

  return {
    Query: {
      async subscription(_, { subscriptionId }, context) {
        const subscription = await context.loaders.subscription.load(subscriptionId);
        return subscription && (await reachesSubject(ports, context.principal, subscription.subject)) ? subscription : null;
      },
      async mySubscriptions(_, __, { principal: { subject } }) {
        if (subject === null) return [];
        const group = (await authorityGroupsOf(ports, [subject])).get(subject) ?? [subject];
        return [...((await subscriptionsUnder(ports.journal, [group]))[0] ?? [])];
      },
    },

    Customer: {
      async subscriptions({ customer }, args, context) {
        const page = pageOf(args);
        const all = await context.loaders.subscriptionsOf.load(customer);
        const { after } = page;
        const from = after === null ? 0 : all.findIndex(({ subscriptionId }) => subscriptionId === after.id) + 1;
        if (after !== null && from === 0)
          throw failure('CURSOR_EXPIRED', 'This subscription is another customer’s by now.', { field: 'after' });
        const connection = connectionOf(all.slice(from, from + page.limit + 1), page, ({ startedAt, subscriptionId }) => ({
          key: [startedAt],
          id: subscriptionId,
        }));
        return { ...connection, totalCount: all.length };
      },
    },

    SubscriptionContract: {
      async __resolveReference({ id }, context) {
        const subscription = await context.loaders.subscription.load(fromGlobalId('SubscriptionContract', id));
        return subscription && (await reachesSubject(ports, context.principal, subscription.subject)) ? subscription : null;
      },
      id: ({ subscriptionId }) => toGlobalId('SubscriptionContract', subscriptionId),
      status: ({ status }) => status.toUpperCase() as Uppercase<SubscriptionStatus>,
      async plan({ plan: { planId } }, _, context) {
        const plan = await context.loaders.plan.load(planId);
        if (!plan) throw new Error(`plan ${planId} has subscribers and cannot be read`);
        return plan;
      },
      planVersion: ({ plan }) => plan.planVersion,
      periodEndsAt: ({ contract }) => contract?.periodEndsAt ?? null,
      mrr: ({ mrr }) => mrr && moneyOut(mrr),
      addOns: ({ addOns }) => addOns.map(({ addOnId, price }) => ({ addOnId, price: moneyOut(price) })),
      content: ({ content }) => Object.entries(content).map(([name, value]) => ({ name, value })),
      cancellableAt: (subscription) => (subscription.status === 'ended' ? null : cancellableAt(subscription, now())),
      ending: ({ ending }) =>
        ending && { ...ending, how: ({ cancelled: 'CANCELLED', expired: 'EXPIRED', 'trial-lapsed': 'TRIAL_LAPSED' } as const)[ending.how] },
      migratedFrom: ({ migratedFrom }) => migratedFrom && { ...migratedFrom, credit: moneyOut(migratedFrom.credit) },
      async customer({ subject }, _, context) {
        const customer = await context.loaders.owner.load(subject);
        return customer === null ? null : { customer };
      },
    },

    Mutation: {
      startTrial: async (_, { input }, context) =>
        answer(await commands.startTrial(begins(input), asked(input, context), context.principal), context),
      activateSubscription: async (_, { input }, context) =>
        answer(await commands.activateSubscription(begins(input), asked(input, context), context.principal), context),
      async migratePerpetualLicence(_, { input }, context) {
        const credit = moneyIn(input.licence.credit, 'licence.credit');
        if ('code' in credit) return commandRefused(credit);
        const licence = { ...input.licence, boughtAt: moment(input.licence.boughtAt), credit };
        return answer(
          await commands.migratePerpetualLicence({ ...begins(input), licence }, asked(input, context), context.principal),
          context,
        );
      },
      changePlan: async (_, { input }, context) =>
        answer(
          await commands.changePlan({ subscriptionId: input.subscriptionId, ...choice(input) }, asked(input, context), context.principal),
          context,
        ),
      async addAddOn(_, { input }, context) {
        const price = moneyIn(input.price, 'price');
        if ('code' in price) return commandRefused(price);
        const { subscriptionId, addOnId } = input;
        return answer(await commands.addAddOn({ subscriptionId, addOnId, price }, asked(input, context), context.principal), context);
      },
      async changeServiceContent(_, { input }, context) {
        const content = Object.fromEntries(input.content.map(({ name, value }) => [name, value]));
        const { subscriptionId } = input;
        return answer(await commands.changeServiceContent({ subscriptionId, content }, asked(input, context), context.principal), context);
      },
      async pauseSubscription(_, { input }, context) {
        const change = { subscriptionId: input.subscriptionId, until: moment(input.until) };
        return answer(await commands.pauseSubscription(change, asked(input, context), context.principal), context);
      },
      resumeSubscription: async (_, { input }, context) =>
        answer(
          await commands.resumeSubscription({ subscriptionId: input.subscriptionId }, asked(input, context), context.principal),
          context,
        ),
      async cancelSubscription(_, { input }, context) {
        const change = {
          subscriptionId: input.subscriptionId,
          ...(input.reasonCode == null ? {} : { reasonCode: input.reasonCode }),
          ...(input.effectiveAt == null ? {} : { effectiveAt: moment(input.effectiveAt) }),
        };
        return answer(await commands.cancelSubscription(change, asked(input, context), context.principal), context);
      },
      undoCancellation: async (_, { input }, context) =>
        answer(
          await commands.undoCancellation({ subscriptionId: input.subscriptionId }, asked(input, context), context.principal),
          context,
        ),
      renewSubscription: async (_, { input }, context) =>
        answer(
          await commands.renewSubscription({ subscriptionId: input.subscriptionId }, asked(input, context), context.principal),
          context,
        ),
      async recordPaymentFailure(_, { input }, context) {
        const due = input.due == null ? undefined : moneyIn(input.due, 'due');
        if (due && 'code' in due) return commandRefused(due);
        const { subscriptionId, attempt, final } = input;
        const change = { subscriptionId, attempt, final, ...(due ? { due } : {}) };
        return answer(await commands.recordPaymentFailure(change, asked(input, context), context.principal), context);
      },
    },
  };
}

function choice({ planId, planVersion }: { planId: string; planVersion?: number | null | undefined }): PlanChoice {
  return { planId, ...(planVersion == null ? {} : { planVersion }) };
}

function begins(input: Pick<StartSubscriptionInput, 'planId' | 'planVersion' | 'customer' | 'subscriptionId'>): BeginInput {
  const { customer, subscriptionId } = input;
  return {
    ...choice(input),
    ...(customer == null ? {} : { customer: { type: customer.type.toLowerCase() as IdentifierType, value: customer.value } }),
    ...(subscriptionId == null ? {} : { subscriptionId }),
  };
}

/** As facts have it: UTC with milliseconds. */
function moment(text: string): string {
  return new Date(text).toISOString();
}
