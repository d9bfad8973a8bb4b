export { orderCommands, type OrderCommands, type RecordOrderInput } from './order/order.commands';
export { orderDecider, type OrderCommand, type OrderState } from './order/order.decider';
export { foldOrders, orderFactTypes, type OrderView } from './order/order.read-model';
export { subscriptionsSubgraph, type SubscriptionsLoaders, type SubscriptionsPorts } from './subscriptions.subgraph';
export { planCommands, type PlanCommands } from './plan/plan.commands';
export { subscriptionCommands, type SubscriptionCommands } from './subscription/subscription.commands';
export { dueAt, evolveSubscription, type Subscription } from './subscription/subscription.state';
export { settleSubscription, subscriptionDueReactor } from './subscription/subscription.reactor';
