import type { OrderLine } from '@tsunagari/contracts';
import type { RequestContext } from '@tsunagari/graphql';
import type { OrderView } from './order/order.read-model';
import type { SubscriptionsLoaders } from './subscriptions.subgraph';

export type SubgraphContext = RequestContext<SubscriptionsLoaders>;

export type CustomerModel = { readonly customer: string };
export type OrderModel = OrderView;
export type OrderLineModel = OrderLine;
