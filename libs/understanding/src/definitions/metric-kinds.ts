import { COST_METRICS } from '../costs/costs';
import { PROJECTIONS, type ReadModelName } from '../read-models';
import { METRICS_OF_FACTS } from './metrics-of-facts.query';

/** What a metric stands on: read models, or the journal itself. */
export type Reads = readonly ['journal'] | readonly [ReadModelName, ...ReadModelName[]];

/** Metrics of what contracts bring, over a period. */
export const OF_CONTRACTS: readonly string[] = ['mrr', 'nrr', 'grr', 'logo-retention', 'quick-ratio', 'arpa', 'churn', 'ltv-simple'];

const each = (kinds: readonly string[], reads: Reads): Readonly<Record<string, Reads>> =>
  Object.fromEntries(kinds.map((kind) => [kind, reads]));

/** The kinds that answer as one number, and what each is made from. */
export const READS_OF: Readonly<Record<string, Reads>> = {
  ...each(OF_CONTRACTS, ['holdings']),
  'ltv-simple': ['holdings', 'purchases'],
  ...each(COST_METRICS, ['holdings', 'purchases']),
  ...each(['nps', 'csat', 'ces', 'active-users', 'reciprocity'], ['experience']),
  'always-connected': ['reach', ...PROJECTIONS],
  ...each(['ltv-historic', 'lapse', 'regained'], ['purchases']),
  ...each([...Object.keys(METRICS_OF_FACTS), 'recommendation-share', 'quarantine-rate', 'late-share', 'hash-match'], ['journal']),
};

const OF_A_HOLDOUT = 'of one holdout: ask `proposalBoard`';
const OF_SLATES = 'of slates of proposals: ask `recommendationBoard`';
const OF_A_READ_MODEL = 'of one read model: ask `measurementBoard`';

/** Kinds whose answer is more than one number, or another context's. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  retention: 'a grid of cohorts: ask `retention`',
  'achievement-rate': 'of one indicator: ask `kpiBoard`',
  'sustain-rate': 'of one indicator: ask `kpiBoard`',
  'time-to-value': 'of one indicator: ask `kpiBoard`',
  'achievement-lift': 'of one purpose: ask `achievementThroughService`',
  'outcome-to-retention': 'of several days: ask `outcomeToRetention`',
  'average-effect': OF_A_HOLDOUT,
  qini: OF_A_HOLDOUT,
  auuc: OF_A_HOLDOUT,
  'precision-by-tenure': OF_SLATES,
  'list-distance': OF_SLATES,
  'projection-lag': OF_A_READ_MODEL,
  'rebuild-time': OF_A_READ_MODEL,
};
