import { customersFacts } from './customers/facts';
import { intakeFacts } from './intake/facts';
import { FactRegistry } from './registry';
import { subscriptionsFacts } from './subscriptions/facts';
import { understandingFacts } from './understanding/facts';

export * from './cloud-event';
export * from './customers/facts';
export * from './fact';
export * from './intake/facts';
export * from './money';
export * from './position';
export * from './refusal';
export * from './registry';
export * from './sealed';
export * from './streams';
export * from './subscriptions/facts';
export * from './subscriptions/order-totals';
export * from './understanding/facts';

/** Every kind of fact of the platform. */
export const facts = new FactRegistry([...customersFacts, ...subscriptionsFacts, ...intakeFacts, ...understandingFacts]);
