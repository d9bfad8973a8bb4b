export * from './acquisition';
export { calendarOf, type Day, type DayNumber, dayNumberOf, dayOf, firstDayOfMonth, monthNumberOf, monthOf, startOfDay } from './calendar';
export { METRIC_KINDS, type MetricId, type MetricKind } from './catalogue';
export { averageEffect, type QiniCurve, qiniCurve, type SampleRatio, sampleRatioTest, type Scored } from './experiment';
export { chiSquareTail, type Interval, moments, normalInterval, normalQuantile, wilson } from './intervals';
export { LapseCount, type LapseQuestion, type Lapses } from './lapse';
export * from './measurement';
export {
  type Asked,
  type Metric,
  metric,
  type MetricClass,
  type MetricUnit,
  type NoValue,
  type Period,
  quotient,
  share,
  withoutUnfinished,
} from './metric';
export { type Amount, type DatedRate, minorDigitsOf, roundHalfAway, type Sum, sumOf } from './money';
export * from './outcomes';
export * from './process';
export * from './recommendation';
export { cohortCounts, type Counting, type CustomerEvents, retentionBySegment } from './retention/cohort-counts';
export {
  type CohortCounts,
  cohortDays,
  cohortOf,
  type RetentionCell,
  type RetentionGrid,
  retentionGrid,
  type RetentionMethod,
  type RetentionQuestion,
  type RetentionRow,
  type RetentionUnit,
  ruleBrokenBy,
  type Span,
  spansOf,
} from './retention/retention-grid';
export * from './revenue';
export { fifthsOf, type RfmScores, rfmScores, type RfmThresholds, type RfmValues } from './rfm';
export * from './satisfaction';
export * from './shown';
export { type KaplanMeier, kaplanMeier, type Lifetime, survivalAt, type SurvivalStep } from './survival';
