import { COST_METRICS } from '../costs/costs';
import { METRIC_KINDS, type MetricClass, type MetricUnit } from '@tsunagari/metrics';
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

/** A kind that a metric can be defined of, and where it is answered. */
export type KnownKind = {
  readonly kind: string;
  /** What a definition must say that it is; null of a brand's own, which says it itself. */
  readonly class: MetricClass | null;
  readonly unit: MetricUnit;
  readonly formula: string;
  readonly edges: string;
  /** What it is read from; empty where another query answers. */
  readonly reads: readonly string[];
  /** Of what it is and which query answers it; null where `metric` does. */
  readonly elsewhere: string | null;
};

const UNKNOWN = 'unknown ones left out, and said; nobody → null';

/** Every kind that a metric can be defined of: the two of a brand's own, then those that the platform computes. */
export const KNOWN_KINDS: readonly KnownKind[] = [
  {
    ...{ kind: 'share', class: null, unit: 'share', reads: PROJECTIONS, elsewhere: null },
    ...{ formula: 'customers for whom the rule holds ÷ those of the base', edges: UNKNOWN },
  },
  {
    ...{ kind: 'mean', class: null, unit: 'score', reads: PROJECTIONS, elsewhere: null },
    ...{ formula: 'mean of the formula over the customers of the base', edges: UNKNOWN },
  },
  ...Object.entries(METRIC_KINDS).map(([kind, known]) => ({
    kind,
    ...known,
    reads: READS_OF[kind] ?? [],
    elsewhere: ELSEWHERE[kind] ?? null,
  })),
];
