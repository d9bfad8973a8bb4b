import type { CancellationTerms, OrderLine, PlanDefined } from '@tsunagari/contracts';
import type { RequestContext } from '@tsunagari/graphql';
import type { OrderView } from './order/order.read-model';
import type { PlanView } from './plan/plan.read-model';
import type { Subscription } from './subscription/subscription.state';
import type { SubscriptionsLoaders } from './subscriptions.subgraph';

export type SubgraphContext = RequestContext<SubscriptionsLoaders>;

export type CustomerModel = { readonly customer: string };
export type OrderModel = OrderView;
export type OrderLineModel = OrderLine;
export type PlanModel = PlanView;
export type PlanVersionModel = PlanDefined & { readonly published: boolean };
export type CancellationTermsModel = CancellationTerms;
export type SubscriptionContractModel = Subscription;
