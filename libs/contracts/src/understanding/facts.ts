import { z } from 'zod';
import { type DataOf, defineFact } from '../registry';
import { projectionFacts } from './projection-facts';

export * from './projection-facts';

/** A calendar day of the deployment's time zone is over. Time reaches folds as this fact, so that a fold needs no clock. */
export const dayClosed = defineFact({
  name: 'DayClosed',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject({ date: z.iso.date(), timeZone: z.string().min(1).max(64) }),
  examples: [{ date: '2011-12-09', timeZone: 'UTC' }],
});

const fittedPart = z.record(z.string(), z.json());

/** A model was fitted to the understanding at a position. Every score names the fact that it rests on. */
export const modelFitted = defineFact({
  name: 'ModelFitted',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject({
    modelId: z.uuid(),
    /** `lifetime-value`: purchases and spend of non-contractual customers. */
    purpose: z.enum(['lifetime-value']),
    /** The position of the understanding that it was fitted to. */
    inputsPosition: z.string().regex(/^[0-9]+$/),
    /** The last day closed by then: T of every customer ends there. */
    asOfDay: z.iso.date(),
    currency: z.string().regex(/^[A-Z]{3}$/),
    customers: z.int().min(0),
    /** The chosen transaction model, as `clv` writes it. */
    transactions: fittedPart,
    /** The gamma-gamma model of spend, as `clv` writes it; null when too few repeat buyers. */
    spend: fittedPart.nullable(),
    /** Whether dropout is identified, and why not. */
    verdict: fittedPart,
    /** Bias, calibration, AUC beside recency; null with too little history. */
    backTest: fittedPart.nullable(),
    returns: fittedPart,
  }),
  examples: [
    {
      modelId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
      purpose: 'lifetime-value',
      inputsPosition: '33982',
      asOfDay: '2011-12-09',
      currency: 'GBP',
      customers: 4338,
      transactions: { kind: 'nbd', parameters: { r: 0.9, alpha: 7.1 } },
      spend: { p: 2.1, q: 3.4, gamma: 480 },
      verdict: { identified: false, reason: 'dropout not identified' },
      backTest: null,
      returns: { rate: 0.06 },
    },
  ],
});

export type DayClosed = DataOf<typeof dayClosed>;
export type ModelFitted = DataOf<typeof modelFitted>;

export const understandingFacts = [dayClosed, modelFitted, ...projectionFacts];
