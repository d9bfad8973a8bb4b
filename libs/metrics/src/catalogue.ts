import type { MetricClass, MetricUnit } from './metric';

export type MetricKind = { readonly class: MetricClass; readonly unit: MetricUnit; readonly formula: string; readonly edges: string };

const kind = (of: MetricClass, unit: MetricUnit, formula: string, edges: string): MetricKind => ({ class: of, unit, formula, edges });

/** The metrics that this library computes, by id: what each is, and what it says at its edges. */
export const METRIC_KINDS = {
  'achievement-rate': kind(
    'OUTCOME',
    'share',
    'goals achieved within W of confirmation ÷ goals confirmed at least W ago',
    'younger goals pending; abandoned ones in the base',
  ),
  'sustain-rate': kind(
    'OUTCOME',
    'share',
    'holding after the sustain time ÷ achieved whose sustain time has passed',
    'not observed = unknown, not holding',
  ),
  'time-to-value': kind(
    'OUTCOME',
    'days',
    'Kaplan–Meier median, confirmation to first achievement',
    'not achieved = censored; curve above 0.5 → null',
  ),
  'achievement-lift': kind('OUTCOME', 'share', 'achievement rate of users − of others', 'observational version labelled; empty arm → null'),
  'outcome-to-retention': kind(
    'RESULT',
    'share',
    'survival after landmark L, achievers by L − others',
    'association; several L; never from day 0',
  ),
  'active-users': kind('RESULT', 'count', 'distinct customers with a qualifying event', 'identity as of the report or of then, stated'),
  retention: kind('RESULT', 'share', 'cohort members who returned in a span ÷ cohort', 'open spans partial; empty cohort → null'),
  churn: kind(
    'RESULT',
    'share',
    'lost in the period ÷ there at its start',
    'nobody at the start → null; joiners left out; involuntary and paused apart',
  ),
  lapse: kind(
    'RESULT',
    'share',
    'lapsed in the period ÷ bought and not lapsed at its start',
    'always as of; newcomers left out; nobody → null',
  ),
  regained: kind('RESULT', 'share', 'bought in the period ÷ lapsed at its start', 'history keeps both; nobody → null'),
  mrr: kind('RESULT', 'money', 'Σ active contracts normalised to a month', 'trials and paused 0'),
  nrr: kind('RESULT', 'share', '(start + expansion − contraction − churn) ÷ start', 'start 0 → null; reactivated left out'),
  grr: kind('RESULT', 'share', '(start − contraction − churn) ÷ start', 'each account capped at its start'),
  arpa: kind('RESULT', 'money', 'MRR ÷ paying accounts', '0 → null'),
  'quick-ratio': kind('RESULT', 'ratio', '(new + expansion + reactivation) ÷ (contraction + churn)', 'nothing lost → null'),
  cac: kind('PROCESS', 'money', 'sales and marketing cost ÷ customers first converted', 'nobody → null; blended or paid'),
  'cac-payback': kind('PROCESS', 'months', 'CAC ÷ (ARPA × gross margin)', 'margin ≤ 0 → null, never'),
  'cost-ratio': kind('PROCESS', 'ratio', 'acquisition cost per new customer ÷ retention cost per kept one', 'either base 0 → null'),
  'ltv-historic': kind('RESULT', 'money', 'Σ margin to date', 'margin unknown → revenue, labelled'),
  'ltv-simple': kind('RESULT', 'money', 'ARPA × gross margin ÷ churn', 'no churn → null, or capped at a horizon'),
  'ltv-to-cac': kind('PROCESS', 'ratio', 'LTV ÷ CAC', 'CAC 0 → null; other currencies → null'),
  nps: kind('EXPERIENCE', 'points', '% 9–10 − % 0–6', 'nobody → null; scale 0–10 only; one answer a wave'),
  csat: kind('EXPERIENCE', 'share', 'top two boxes ÷ answers', 'method is a field'),
  ces: kind('EXPERIENCE', 'score', 'mean on 1–7, or % low effort', 'which end is easy is a field'),
  'acceptance-rate': kind('PROCESS', 'share', 'accepted ÷ presented', 'expired was presented; holdout left out'),
  'always-connected': kind(
    'PROCESS',
    'share',
    'live return path and consented outbound address ÷ open relationships',
    'reachable, not in use',
  ),
  reciprocity: kind('PROCESS', 'share', 'customer-initiated ÷ all interactions', 'none → null'),
  'cancel-parity': kind(
    'PROCESS',
    'ratio',
    'cancel ÷ sign-up: median steps, median seconds, completion',
    'given up = censored; none started → null',
  ),
  'first-response': kind(
    'PROCESS',
    'seconds',
    'Kaplan–Meier median, submitted to first answered',
    'open and withdrawn = censored; none → null',
  ),
  resolution: kind('PROCESS', 'seconds', 'Kaplan–Meier median, submitted to settled', 'open and withdrawn = censored; none → null'),
  'early-resolution': kind(
    'PROCESS',
    'share',
    'dissatisfaction resolved within a limit and before a cancel request ÷ detected',
    'not watched for the limit = left out, partial; none → null',
  ),
  'logo-retention': kind('RESULT', 'share', 'accounts kept ÷ accounts with revenue at the start', 'nobody at the start → null'),
  'average-effect': kind('MEASUREMENT', 'ratio', 'mean outcome treated − control', 'sample-ratio mismatch or a small arm → null'),
  auuc: kind('MEASUREMENT', 'ratio', 'area under the Qini curve', 'sample-ratio mismatch or a small arm → null'),
  'precision-by-tenure': kind(
    'PROCESS',
    'share',
    'of the first k recommended those used, by months of use',
    'k > list → its length; none → null',
  ),
  'list-distance': kind('PROCESS', 'ratio', 'mean pairwise Jaccard distance of lists', 'fewer than two → null'),
  'recommendation-share': kind('PROCESS', 'share', 'uses soon after accepting a proposal ÷ uses', 'an attribution, stated; no use → null'),
  'quarantine-rate': kind('MEASUREMENT', 'share', 'inputs put into quarantine ÷ inputs received', 'released ones count once; none → null'),
  'late-share': kind(
    'MEASUREMENT',
    'share',
    'inputs recorded more than a limit after they happened ÷ inputs',
    'imports left out; none → null',
  ),
  'hash-match': kind('MEASUREMENT', 'share', 'rebuilds of equal state hash ÷ rebuilds verified', 'none → null'),
  'projection-lag': kind('MEASUREMENT', 'seconds', 'age of the oldest fact that a read model lacks', '0 when there is none'),
  'rebuild-time': kind('MEASUREMENT', 'seconds', 'time at work of the newest rebuild', 'with facts per second; never rebuilt → null'),
  qini: kind('MEASUREMENT', 'ratio', 'area between the Qini curve and the random line', 'ties in one step; no control yet → merged'),
} as const satisfies Readonly<Record<string, MetricKind>>;

export type MetricId = keyof typeof METRIC_KINDS;
