import { z } from 'zod';
import { brandIdSchema } from '../brand-text';
import { moneySchema } from '../money';
import { type DataOf, defineFact } from '../registry';
import { billingIntervalSchema, cancellationTermsSchema } from './plan-facts';

/** Chosen by the caller, or a hash of his idempotency key. */
export const subscriptionIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'an id of letters, digits, dots, dashes and underscores');

const of = { subscriptionId: subscriptionIdSchema };
const moment = z.iso.datetime({ precision: 3 });

/**
 * Every fact that moves recurring revenue says so itself: `mrr` is what the subscription brings a month from now on (0 in a trial, while
 * paused, and after its end), `mrrDelta` the difference. Minor units, normalised to a month: annual ÷ 12, quarterly ÷ 3, weekly × 52 ÷ 12,
 * rounded half away from zero.
 */
const revenue = { mrr: moneySchema, mrrDelta: moneySchema };

const planRef = z.strictObject({ planId: brandIdSchema, planVersion: z.int().min(1) });

const taken = {
  ...of,
  ...planRef.shape,
  /** Plans of one family share one trial per person. */
  family: brandIdSchema,
};

/** The trial costs nothing; at its end it becomes a subscription or is over. */
export const trialStarted = defineFact({
  name: 'TrialStarted',
  context: 'subscriptions',
  data: z.strictObject({ ...taken, endsAt: moment }),
  examples: [{ subscriptionId: 's-1', planId: 'refill-monthly', planVersion: 1, family: 'refill', endsAt: '2026-02-01T00:00:00.000Z' }],
});

export const trialEnded = defineFact({
  name: 'TrialEnded',
  context: 'subscriptions',
  data: z.strictObject({
    ...of,
    /** `activated`: she stayed. `lapsed`: its time passed. `cancelled`: she left before. */
    outcome: z.enum(['activated', 'lapsed', 'cancelled']),
  }),
  examples: [{ subscriptionId: 's-1', outcome: 'activated' }],
});

/** Paid from now on. The terms are those shown at sign-up, for ever. */
export const subscriptionActivated = defineFact({
  name: 'SubscriptionActivated',
  context: 'subscriptions',
  data: z.strictObject({
    ...taken,
    kind: z.enum(['new', 'from-trial', 'from-licence']),
    price: moneySchema,
    interval: billingIntervalSchema,
    terms: cancellationTermsSchema,
    graceDays: z.int().min(0).max(90),
    periodEndsAt: moment,
    ...revenue,
  }),
  examples: [
    {
      subscriptionId: 's-1',
      planId: 'refill-monthly',
      planVersion: 1,
      family: 'refill',
      kind: 'new',
      price: { amountMinor: 1980, currency: 'JPY' },
      interval: 'month',
      terms: { takesEffect: 'period-end', noticeDays: 0, minimumMonths: 0 },
      graceDays: 30,
      periodEndsAt: '2026-02-01T00:00:00.000Z',
      mrr: { amountMinor: 1980, currency: 'JPY' },
      mrrDelta: { amountMinor: 1980, currency: 'JPY' },
    },
  ],
});

/** Another plan from now on. `direction` compares what the plans bring a month. */
export const planChanged = defineFact({
  name: 'PlanChanged',
  context: 'subscriptions',
  data: z.strictObject({
    ...of,
    from: planRef,
    to: planRef,
    price: moneySchema,
    interval: billingIntervalSchema,
    direction: z.enum(['upgrade', 'downgrade', 'same']),
    ...revenue,
  }),
  examples: [
    {
      subscriptionId: 's-1',
      from: { planId: 'refill-monthly', planVersion: 1 },
      to: { planId: 'refill-plus', planVersion: 1 },
      price: { amountMinor: 2980, currency: 'JPY' },
      interval: 'month',
      direction: 'upgrade',
      mrr: { amountMinor: 2980, currency: 'JPY' },
      mrrDelta: { amountMinor: 1000, currency: 'JPY' },
    },
  ],
});

/** Something more beside the plan, at the plan's rhythm. */
export const addOnAdded = defineFact({
  name: 'AddOnAdded',
  context: 'subscriptions',
  data: z.strictObject({ ...of, addOnId: brandIdSchema, price: moneySchema, ...revenue }),
  examples: [
    {
      subscriptionId: 's-1',
      addOnId: 'scalp-brush',
      price: { amountMinor: 300, currency: 'JPY' },
      mrr: { amountMinor: 2280, currency: 'JPY' },
      mrrDelta: { amountMinor: 300, currency: 'JPY' },
    },
  ],
});

/** What the service brings (fragrance, size, frequency), whole, as the customer now wants it. Costs nothing. */
export const serviceContentChanged = defineFact({
  name: 'ServiceContentChanged',
  context: 'subscriptions',
  data: z.strictObject({ ...of, content: z.record(z.string().min(1).max(100), z.string().max(200)) }),
  examples: [{ subscriptionId: 's-1', content: { fragrance: 'hinoki', size: '400 ml' } }],
});

/** Nothing comes and nothing is paid until then; a pause is the customer's freedom and no churn. */
export const subscriptionPaused = defineFact({
  name: 'SubscriptionPaused',
  context: 'subscriptions',
  data: z.strictObject({ ...of, until: moment, ...revenue }),
  examples: [
    {
      subscriptionId: 's-1',
      until: '2026-05-01T00:00:00.000Z',
      mrr: { amountMinor: 0, currency: 'JPY' },
      mrrDelta: { amountMinor: -1980, currency: 'JPY' },
    },
  ],
});

/** `until` has passed and she did not come back: from here on the pause counts as churn. She can still resume. */
export const pauseLapsed = defineFact({
  name: 'PauseLapsed',
  context: 'subscriptions',
  data: z.strictObject({ ...of, until: moment }),
  examples: [{ subscriptionId: 's-1', until: '2026-05-01T00:00:00.000Z' }],
});

export const subscriptionResumed = defineFact({
  name: 'SubscriptionResumed',
  context: 'subscriptions',
  data: z.strictObject({ ...of, periodEndsAt: moment, ...revenue }),
  examples: [
    {
      subscriptionId: 's-1',
      periodEndsAt: '2026-06-01T00:00:00.000Z',
      mrr: { amountMinor: 1980, currency: 'JPY' },
      mrrDelta: { amountMinor: 1980, currency: 'JPY' },
    },
  ],
});

/** She wants to leave: never refused, no reason needed. It takes effect at `effectiveAt`, and can be undone until then. */
export const cancellationRequested = defineFact({
  name: 'CancellationRequested',
  context: 'subscriptions',
  data: z.strictObject({ ...of, effectiveAt: moment, reasonCode: brandIdSchema.optional() }),
  examples: [{ subscriptionId: 's-1', effectiveAt: '2026-02-01T00:00:00.000Z', reasonCode: 'too-expensive' }],
});

export const cancellationUndone = defineFact({
  name: 'CancellationUndone',
  context: 'subscriptions',
  data: z.strictObject(of),
  examples: [{ subscriptionId: 's-1' }],
});

/** It is over. `voluntary` false: payments failed; always shown apart. */
export const subscriptionCancelled = defineFact({
  name: 'SubscriptionCancelled',
  context: 'subscriptions',
  data: z.strictObject({ ...of, voluntary: z.boolean(), reasonCode: brandIdSchema.optional(), ...revenue }),
  examples: [
    {
      subscriptionId: 's-1',
      voluntary: true,
      reasonCode: 'too-expensive',
      mrr: { amountMinor: 0, currency: 'JPY' },
      mrrDelta: { amountMinor: -1980, currency: 'JPY' },
    },
  ],
});

/** Paid for another period. */
export const subscriptionRenewed = defineFact({
  name: 'SubscriptionRenewed',
  context: 'subscriptions',
  data: z.strictObject({ ...of, periodEndsAt: moment }),
  examples: [{ subscriptionId: 's-1', periodEndsAt: '2026-03-01T00:00:00.000Z' }],
});

/** Its period and the days of grace passed and nobody renewed it. `voluntary` false: a payment had failed since the last renewal. */
export const subscriptionExpired = defineFact({
  name: 'SubscriptionExpired',
  context: 'subscriptions',
  data: z.strictObject({ ...of, voluntary: z.boolean(), ...revenue }),
  examples: [
    {
      subscriptionId: 's-1',
      voluntary: true,
      mrr: { amountMinor: 0, currency: 'JPY' },
      mrrDelta: { amountMinor: -1980, currency: 'JPY' },
    },
  ],
});

/** A licence that was bought for ever became this subscription; what was paid for it is credited. Comes right before its activation. */
export const perpetualLicenceMigrated = defineFact({
  name: 'PerpetualLicenceMigrated',
  context: 'subscriptions',
  data: z.strictObject({
    ...of,
    licenceId: z.string().min(1).max(100),
    product: z.string().min(1).max(200),
    boughtAt: moment,
    credit: moneySchema,
  }),
  examples: [
    {
      subscriptionId: 's-1',
      licenceId: 'L-2019-0001',
      product: 'Office 2019',
      boughtAt: '2019-04-01T00:00:00.000Z',
      credit: { amountMinor: 5000, currency: 'JPY' },
    },
  ],
});

/** The billing system could not collect. Mirrored: it is recorded whatever state the subscription is in. */
export const paymentFailed = defineFact({
  name: 'PaymentFailed',
  context: 'subscriptions',
  data: z.strictObject({
    ...of,
    attempt: z.int().min(1).max(100),
    /** No further attempt: the subscription ends, involuntarily. */
    final: z.boolean(),
    due: moneySchema.optional(),
    anomalies: z.array(z.string().regex(/^ANOMALY_[A-Z_]+$/)).optional(),
  }),
  examples: [{ subscriptionId: 's-1', attempt: 1, final: false, due: { amountMinor: 1980, currency: 'JPY' } }],
});

export type TrialStarted = DataOf<typeof trialStarted>;
export type TrialEnded = DataOf<typeof trialEnded>;
export type SubscriptionActivated = DataOf<typeof subscriptionActivated>;
export type PlanChanged = DataOf<typeof planChanged>;
export type AddOnAdded = DataOf<typeof addOnAdded>;
export type ServiceContentChanged = DataOf<typeof serviceContentChanged>;
export type SubscriptionPaused = DataOf<typeof subscriptionPaused>;
export type PauseLapsed = DataOf<typeof pauseLapsed>;
export type SubscriptionResumed = DataOf<typeof subscriptionResumed>;
export type CancellationRequested = DataOf<typeof cancellationRequested>;
export type CancellationUndone = DataOf<typeof cancellationUndone>;
export type SubscriptionCancelled = DataOf<typeof subscriptionCancelled>;
export type SubscriptionRenewed = DataOf<typeof subscriptionRenewed>;
export type SubscriptionExpired = DataOf<typeof subscriptionExpired>;
export type PerpetualLicenceMigrated = DataOf<typeof perpetualLicenceMigrated>;
export type PaymentFailed = DataOf<typeof paymentFailed>;

/** What a subscription's state is folded from. */
export const subscriptionFacts = [
  trialStarted,
  trialEnded,
  subscriptionActivated,
  planChanged,
  addOnAdded,
  serviceContentChanged,
  subscriptionPaused,
  pauseLapsed,
  subscriptionResumed,
  cancellationRequested,
  cancellationUndone,
  subscriptionCancelled,
  subscriptionRenewed,
  subscriptionExpired,
  perpetualLicenceMigrated,
  paymentFailed,
];
