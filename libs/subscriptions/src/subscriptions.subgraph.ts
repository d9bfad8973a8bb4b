import type { Principal } from '@tsunagari/access';
import { type Position, streamName } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import { defineSubgraph, type FetchContext, type Subgraph } from '@tsunagari/graphql';
import { type IdentityReader, subjectsReached } from '@tsunagari/projection';
import DataLoader from 'dataloader';
import { type Resolvers, typeDefs } from './generated/graphql';
import type { OrderCommands } from './order/order.commands';
import { foldOrders, orderFactTypes, type OrderView } from './order/order.read-model';
import { orderResolvers } from './order/order.resolver';
import type { PlanCommands } from './plan/plan.commands';
import { type PlanView, readPlan } from './plan/plan.read-model';
import { planResolvers } from './plan/plan.resolver';
import type { SubscriptionCommands } from './subscription/subscription.commands';
import { readSubscription, subscriptionsOf } from './subscription/subscription.read-model';
import { subscriptionResolvers } from './subscription/subscription.resolver';
import type { Subscription } from './subscription/subscription.state';

export type SubscriptionsPorts = {
  readonly identity: IdentityReader;
  readonly store: EventStore;
  readonly journal: Journal;
  readonly commands: OrderCommands;
  readonly plans: PlanCommands;
  readonly subscriptions: SubscriptionCommands;
  /** Waits until identity has seen the position, at most 2 s. */
  readonly waitFor: (position: Position) => Promise<unknown>;
  /** The time of a command, ISO 8601. */
  readonly now: () => string;
  readonly onError?: (error: unknown, context: FetchContext) => void;
};

export type SubscriptionsLoaders = {
  readonly order: DataLoader<string, OrderView | null>;
  readonly ordersOf: DataLoader<string, readonly OrderView[]>;
  readonly plan: DataLoader<string, PlanView | null>;
  readonly subscription: DataLoader<string, Subscription | null>;
  readonly subscriptionsOf: DataLoader<string, readonly Subscription[]>;
  readonly owner: DataLoader<string, string | null>;
};

/** The subgraph of what customers hold: orders, plans, subscriptions. */
export function subscriptionsSubgraph(ports: SubscriptionsPorts): Subgraph {
  return defineSubgraph<SubscriptionsLoaders>({
    name: 'subscriptions',
    typeDefs,
    resolvers: resolversOf(ports),
    createLoaders: ({ principal }) => ({
      order: new DataLoader((ids) => Promise.all(ids.map((id) => readOrder(ports.store, id)))),
      ordersOf: new DataLoader((customers) => readOrdersOf(ports, principal, customers)),
      plan: new DataLoader((ids) => Promise.all(ids.map((id) => readPlan(ports.store, id)))),
      subscription: new DataLoader((ids) => Promise.all(ids.map((id) => readSubscription(ports.store, id)))),
      subscriptionsOf: new DataLoader((customers) => subscriptionsOf(ports, principal, customers)),
      owner: new DataLoader(async (subjects) => {
        const owners = await ports.identity.customersOf(subjects);
        return subjects.map((subject) => owners.get(subject) ?? null);
      }),
    }),
    caughtUp: ports.waitFor,
    ...(ports.onError ? { onError: ports.onError } : {}),
  });
}

/** Each aggregate resolves its own fields; those of the root and of Customer come together here. */
function resolversOf(ports: SubscriptionsPorts): Resolvers {
  const [orders, plans, subscriptions] = [orderResolvers(ports), planResolvers(ports), subscriptionResolvers(ports)];
  return {
    ...orders,
    ...plans,
    ...subscriptions,
    Query: { ...orders.Query, ...plans.Query, ...subscriptions.Query },
    Mutation: { ...orders.Mutation, ...plans.Mutation, ...subscriptions.Mutation },
    Customer: { ...orders.Customer, ...subscriptions.Customer },
  };
}

/** An order stands in a stream of its own, so it is read where it was decided: never behind. */
async function readOrder(store: EventStore, orderId: string): Promise<OrderView | null> {
  const stream = await store.readStream(streamName('order', orderId));
  return stream.kind === 'open' ? (foldOrders(stream.facts)[0] ?? null) : null;
}

/** The orders of many customers in two reads, of each what the caller reaches. */
async function readOrdersOf(
  { identity, journal }: SubscriptionsPorts,
  principal: Principal,
  customers: readonly string[],
): Promise<readonly (readonly OrderView[])[]> {
  const members = await subjectsReached({ identity }, principal, customers);
  const customerOf = new Map([...members].flatMap(([customer, subjects]) => subjects.map((subject) => [subject, customer] as const)));
  const facts = customerOf.size === 0 ? [] : await journal.bySubjects({ subjects: [...customerOf.keys()], types: orderFactTypes });
  const byCustomer = new Map<string, (typeof facts)[number][]>();
  for (const fact of facts) {
    const customer = customerOf.get(fact.subject ?? '');
    if (customer === undefined) continue;
    const own = byCustomer.get(customer);
    if (own) own.push(fact);
    else byCustomer.set(customer, [fact]);
  }
  return customers.map((customer) => foldOrders(byCustomer.get(customer) ?? []));
}
