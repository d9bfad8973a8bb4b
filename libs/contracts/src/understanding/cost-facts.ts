import { z } from 'zod';
import { moneySchema } from '../money';
import { type DataOf, defineFact } from '../registry';

/**
 * What both kinds of cost have. Another system reckons them; the newest word on a `costId` counts, whichever kind it is of. A cost of 0 takes
 * an earlier word back. It is of whole days, and of each of them the same part.
 */
const cost = {
  costId: z.string().min(1).max(200),
  from: z.iso.date(),
  /** Inclusive. */
  to: z.iso.date(),
  cost: moneySchema.refine(({ amountMinor }) => amountMinor >= 0, { path: ['amountMinor'], message: 'a cost is 0 or more' }),
  /** What it was spent on, in the brand's own words: `search`, `shop`, `success team`. */
  channel: z.string().min(1).max(100),
  /** Who reckoned it: an account of advertisements, the books. */
  source: z.string().min(1).max(100),
};

const inOrder = ({ from, to }: { from: string; to: string }): boolean => from <= to;
const outOfOrder = { path: ['to'], message: 'the last day is not before the first' };

/** What was spent on winning customers in a stretch of days. */
export const acquisitionCostRecorded = defineFact({
  name: 'AcquisitionCostRecorded',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject({ ...cost, kind: z.enum(['marketing', 'sales']) }).refine(inOrder, outOfOrder),
  examples: [
    {
      costId: 'ads-2026-01-search',
      from: '2026-01-01',
      to: '2026-01-31',
      cost: { amountMinor: 120000, currency: 'GBP' },
      channel: 'search',
      source: 'ads',
      kind: 'marketing',
    },
  ],
});

/** What was spent on keeping customers in a stretch of days. */
export const retentionCostRecorded = defineFact({
  name: 'RetentionCostRecorded',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject(cost).refine(inOrder, outOfOrder),
  examples: [
    {
      costId: 'success-2026-01',
      from: '2026-01-01',
      to: '2026-01-31',
      cost: { amountMinor: 80000, currency: 'GBP' },
      channel: 'success team',
      source: 'books',
    },
  ],
});

export type AcquisitionCostRecorded = DataOf<typeof acquisitionCostRecorded>;
export type RetentionCostRecorded = DataOf<typeof retentionCostRecorded>;

export const costFacts = [acquisitionCostRecorded, retentionCostRecorded];
