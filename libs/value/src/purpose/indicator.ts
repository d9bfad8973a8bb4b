import { type Indicator, indicatorSchema, type Refusal, refusal } from '@tsunagari/contracts';

/** Attributes of what the company gets: they follow the customer's outcome, so steering by them steers too late. */
const RESULT_ATTRIBUTES = new Set([
  'orders',
  'purchases',
  'revenue',
  'margin',
  'mrr',
  'ltv',
  'subscription',
  'subscription_state',
  'logins',
  'sessions',
  'visits',
  'page_views',
  'opens',
  'clicks',
]);

/** Whether an indicator reads nothing but results. One outcome beside them is enough for it not to lag. */
export function isLagging({ reads }: Pick<Indicator, 'reads'>): boolean {
  return reads.every((attribute) => RESULT_ATTRIBUTES.has(attribute.split('.')[0]?.toLowerCase() ?? ''));
}

/** An indicator that anybody can check: with rule, threshold and source. */
export function measurable(
  given: Partial<Indicator>,
): { readonly kind: 'measurable'; readonly indicator: Indicator } | { readonly kind: 'refused'; readonly refusal: Refusal } {
  const missing = (['aggregate', 'direction', 'threshold', 'source', 'unit'] as const).find(
    (field) => given[field] === undefined || given[field] === '',
  );
  const unread = given.reads === undefined || given.reads.length === 0;
  if (missing !== undefined || unread)
    return {
      kind: 'refused',
      refusal: refusal(
        'PURPOSE_NOT_MEASURABLE',
        `indicator.${missing ?? 'reads'}`,
        'an indicator has a rule, a threshold and a source',
        'say what is observed, in which unit, where it comes from, and from where on it is a success',
      ),
    };
  const parsed = indicatorSchema.safeParse(given);
  if (parsed.success) return { kind: 'measurable', indicator: parsed.data };
  const [issue] = parsed.error.issues;
  return {
    kind: 'refused',
    refusal: refusal(
      'INVALID_FIELD',
      ['indicator', ...(issue?.path ?? [])].join('.'),
      issue?.message ?? 'an indicator as the graph describes it',
    ),
  };
}
