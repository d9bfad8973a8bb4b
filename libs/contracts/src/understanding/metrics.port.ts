import { z } from 'zod';
import { declarePort, type PortOf } from '../port';

/** A number with what it was made of: a `Metric` of `@tsunagari/metrics`, and what it stands on. */
const measuredSchema = z.object({
  kind: z.literal('measured'),
  value: z.number().nullable(),
  /** Set exactly when `value` is null: NO_BASE, NOT_REACHED, … */
  reasonNull: z.string().nullable(),
  unit: z.string(),
  numerator: z.number().nullable(),
  denominator: z.number().nullable(),
  n: z.int(),
  /** Midnights of the time zone, half open; null of one that is to date. */
  interval: z.object({ from: z.string(), to: z.string(), timeZone: z.string() }).nullable(),
  partial: z.boolean(),
  method: z.string(),
  definitionVersion: z.int(),
  class: z.enum(['OUTCOME', 'RESULT', 'EXPERIENCE', 'PROCESS', 'MEASUREMENT']),
  ci: z.object({ low: z.number(), high: z.number(), level: z.number() }).nullable(),
  currency: z.string().nullable(),
  notes: z.array(z.string()),
  /** The last day that it knows of. */
  asOfDay: z.iso.date(),
  /** How far the read models behind it have come. */
  position: z.string(),
});

export const metricAnswerSchema = z.discriminatedUnion('kind', [
  measuredSchema,
  /** Nobody defined it. */
  z.object({ kind: z.literal('undefined') }),
  /** It cannot be answered as one number of this period, and why. */
  z.object({ kind: z.literal('unanswered'), why: z.string() }),
]);
export type MetricOfPort = z.output<typeof metricAnswerSchema>;

/** What defined metrics say, for boards of other contexts that show them. */
export const metricsPort = declarePort('understanding', 'metrics', {
  /** One at a time: some read everybody. `period` null: the last month that is over. */
  valueOf: {
    input: z.strictObject({
      metricId: z.string().min(1).max(200),
      period: z.strictObject({ from: z.iso.date(), to: z.iso.date() }).nullable(),
    }),
    answer: metricAnswerSchema,
  },
});
export type MetricsPort = PortOf<typeof metricsPort>;
