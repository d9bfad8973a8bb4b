export { calendarOf, type DayNumber, dayNumberOf, dayOf, monthNumberOf, monthOf, startOfDay } from './calendar';
export { CALENDAR_STREAM, closeDays, type CloseDays, type DaysClosed, lastClosedDay } from './days/close-days';
export { type DayTimer, lastDayOver, startDayTimer } from './days/day-timer';
export { understandingAnswers } from './features/features.query';
export { recordGenerationChanges } from './generations/record-change';
export { type Job, jobById, type JobProgress, type JobStatus, type OnProgress } from './jobs';
export { intervalOf, lifetimeValueOf, type NoValue, purchaseOutlook, valuedCustomer } from './lifetime-value/customer-value';
export {
  FIT_JOB,
  fitLifetimeValue,
  type FitLifetimeValue,
  type FitResult,
  startLifetimeValueFit,
} from './lifetime-value/fit-lifetime-value';
export { type CustomerScore, latestModel, LIFETIME_VALUE, MODEL_STREAM, scoreOf, type ScoringModel } from './lifetime-value/model';
export { currentScores, type CurrentScores } from './lifetime-value/scores.query';
export { understandingProjections } from './projections';
export { consentOf } from './profile/consents';
export { profileProjection, type ProfileState } from './profile/profile.projection';
export { profilesOf } from './profile/profile.query';
export { type FreeOrders, purchasesProjection } from './purchases/purchases.projection';
export { currencyOf, type CurrencyPurchases, type CustomerKind, netMinor, type PurchasesState } from './purchases/purchases.state';
export {
  type CurrencyTotals,
  type CustomerOrder,
  customersPage,
  mainCurrency,
  purchasesOf,
  type RankedCustomer,
  totals,
  type Totals,
} from './purchases/purchases.query';
export { rfmThresholds, rfmValues } from './purchases/rfm';
export {
  type RetentionGrid,
  type RetentionMethod,
  type RetentionQuestion,
  type RetentionRow,
  type RetentionUnit,
} from '@tsunagari/metrics';
export { type CustomerAttributes, attributesOf, type Understood } from './attributes/attributes';
export { everyUnderstood, understoodOf } from './attributes/understood.query';
export { attributeNames, CUSTOMER_ATTRIBUTES, customerRules } from './attributes/vocabulary';
export { type DefinitionBook, definitionBook, DEFINITIONS_STREAM } from './definitions/definition-book';
export { metricsOfDefinitions } from './definitions/metric-port';
export { type DefinitionCommands, definitionCommands } from './definitions/definitions.commands';
export { experienceProjection, type ExperienceState } from './experience/experience.projection';
export { backTestHealth, type HealthBackTested, type HealthReport } from './health/back-test-health';
export { type CustomerHealth, healthOf } from './health/customer-health';
export { holdingsProjection, type HoldingsState } from './holdings/holdings.projection';
export { replayedCustomers } from './replay/replayed-customers';
export { type DefinitionsFollower, followDefinitions, standingProjections } from './standing/standing-definitions';
export { STANDING, standingProjection, type StandingState } from './standing/standing.projection';
export { retention } from './retention/retention.query';
export { understandingSchema } from './schema';
export { logOf, shown, type ShownFact, timelineOf } from './timeline/timeline.query';
export { type UnderstandingPorts } from './understanding.loaders';
export { understandingSubgraph } from './understanding.subgraph';
