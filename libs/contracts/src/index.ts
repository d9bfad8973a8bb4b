import { consentFacts } from './customers/consent-facts';
import { customersFacts } from './customers/facts';
import { intakeFacts } from './intake/facts';
import { operationsFacts } from './operations/facts';
import { offerFacts } from './proposals/offer-facts';
import { policyFacts } from './proposals/policy-facts';
import { proposalFacts } from './proposals/proposal-facts';
import { FactRegistry } from './registry';
import { subscriptionsFacts } from './subscriptions/facts';
import { planFacts } from './subscriptions/plan-facts';
import { subscriptionFacts } from './subscriptions/subscription-facts';
import { connectionFacts } from './touchpoints/connection-facts';
import { interactionFacts } from './touchpoints/interaction-facts';
import { messageFacts } from './touchpoints/message-facts';
import { requestFacts } from './touchpoints/request-facts';
import { surveyFacts } from './touchpoints/survey-facts';
import { touchpointFacts } from './touchpoints/touchpoint-facts';
import { costFacts } from './understanding/cost-facts';
import { definitionFacts } from './understanding/definition-facts';
import { understandingFacts } from './understanding/facts';
import { goalFacts, promiseFacts } from './value/goal-facts';
import { purposeFacts } from './value/purpose-facts';
import { serviceFacts } from './value/service-facts';
import { strategyFacts } from './value/strategy-facts';
import { tuningCycleFacts, tuningFacts, tuningProcessFacts } from './value/tuning-facts';
import { valueModelFacts } from './value/value-model-facts';

export * from './brand-text';
export * from './cloud-event';
export * from './command';
export * from './customers/consent-facts';
export * from './customers/consent.port';
export * from './customers/facts';
export * from './fact';
export * from './intake/facts';
export * from './money';
export * from './operations/facts';
export * from './port';
export * from './position';
export * from './proposals/commands';
export * from './proposals/offer-facts';
export * from './proposals/policy-facts';
export * from './proposals/proposal-facts';
export * from './refusal';
export {
  CannotSay,
  type Context,
  type DataOf,
  type DecodeResult,
  defineFact,
  type FactDefinition,
  FactRegistry,
  kebab,
  type ReadAsResult,
  storedSchema,
} from './registry';
export * from './sealed';
export * from './signal';
export * from './signal-registry';
export * from './streams';
export * from './subscriptions/facts';
export * from './subscriptions/order-totals';
export * from './subscriptions/plan-facts';
export * from './subscriptions/recurring-revenue';
export * from './subscriptions/subscription-facts';
export * from './touchpoints/connection-facts';
export * from './touchpoints/interaction-facts';
export * from './touchpoints/message-facts';
export * from './touchpoints/request-facts';
export * from './touchpoints/survey-facts';
export * from './touchpoints/touchpoint-facts';
export * from './understanding/cost-facts';
export * from './understanding/definition-facts';
export * from './understanding/definition-uses.port';
export * from './understanding/facts';
export * from './value/goal-facts';
export * from './value/goal-port';
export * from './value/purpose-facts';
export * from './value/service-facts';
export * from './value/strategy-facts';
export * from './value/tuning-facts';
export * from './value/value-model-facts';
export * from './understanding/features-port';
export * from './understanding/metrics.port';
export * from './understanding/signals';

/** Every kind of fact of the platform. */
export const facts = new FactRegistry([
  ...customersFacts,
  ...consentFacts,
  ...subscriptionsFacts,
  ...planFacts,
  ...subscriptionFacts,
  ...touchpointFacts,
  ...surveyFacts,
  ...connectionFacts,
  ...interactionFacts,
  ...requestFacts,
  ...messageFacts,
  ...offerFacts,
  ...policyFacts,
  ...proposalFacts,
  ...intakeFacts,
  ...understandingFacts,
  ...operationsFacts,
  ...strategyFacts,
  ...valueModelFacts,
  ...purposeFacts,
  ...costFacts,
  ...definitionFacts,
  ...goalFacts,
  ...promiseFacts,
  ...serviceFacts,
  ...tuningProcessFacts,
  ...tuningCycleFacts,
  ...tuningFacts,
]);
