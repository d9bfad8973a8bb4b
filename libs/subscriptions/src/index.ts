export { orderCommands, type OrderCommands, type RecordOrderInput } from './order/order.commands';
export { orderDecider, type OrderCommand, type OrderState } from './order/order.decider';
export { foldOrders, orderFactTypes, type OrderView } from './order/order.read-model';
export { subscriptionsSubgraph, type SubscriptionsLoaders, type SubscriptionsPorts } from './subscriptions.subgraph';
