export { sufficientStatistics, type PurchaseHistory, type Refusal, type Refused, type SaleDay, type SpendHistory } from './histories';
export type {
  Estimate,
  FittedBetaGeometric,
  FittedGammaGamma,
  FittedModel,
  FittedNbd,
  FittedPareto,
  FittedReturns,
  FittedShrunkenMean,
  FittedSpend,
  FittedTransactions,
  TransactionModelKind,
} from './fitted';
export { fitTransactions, logLikelihood, type DropoutVerdict, type TransactionFit, type TransactionFitOptions } from './fit-transactions';
export {
  continuousPerDay,
  discountedResidualTransactions,
  expectedPurchases,
  paceOf,
  probabilityAlive,
  probabilityOfPurchase,
  type DiscountRate,
  type Pace,
} from './predict';
export { expectedSpend, fitSpend, type ExpectedSpend, type SpendFit } from './fit-spend';
export { fitReturns, returnRate, type ReturnHistory, type ReturnsFit } from './returns';
export {
  explain,
  lifetimeValue,
  productOf,
  type ExplainedPart,
  type Explanation,
  type LifetimeValue,
  type LifetimeValueParts,
  type LifetimeValueQuestion,
  type LifetimeValueTerms,
} from './lifetime-value';
export {
  predictiveInterval,
  predictiveIntervals,
  totalInterval,
  type DrawOptions,
  type Interval,
  type PredictedCustomer,
  type PredictiveInterval,
  type PredictiveTerms,
  type TotalTerms,
} from './predictive';
export { areaUnderCurve, backTest, type BackTest, type BackTestOptions, type Decile } from './back-test';
export {
  discountedLifetime,
  discountedResidualLifetime,
  fitContract,
  retentionRate,
  survival,
  type ContractFit,
  type FittedContract,
} from './contract';
export {
  discountedOpportunities,
  expectedOpportunities,
  fitOpportunities,
  opportunityAlive,
  opportunityTaken,
  type FittedOpportunities,
  type OpportunityFit,
  type OpportunityHistory,
} from './opportunities';
export type { Matrix } from './numerics/matrix';
export { MONTH_DAYS } from './lifetime-value';
export { createRandom, type Random } from './random';
export {
  fitPropensity,
  leakingFeatures,
  propensityOf,
  testPropensity,
  type Driver,
  type FeatureRow,
  type FittedPropensity,
  type Propensity,
  type PropensityDecile,
  type PropensityTerm,
  type PropensityTest,
} from './propensity';
export { contractInterval, contractValue, type ContractInterval, type ContractValue, type ContractValueQuestion } from './contract-value';
