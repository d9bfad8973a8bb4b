import { type ConsentReported, consentReported, refusal, type Refusal } from '@tsunagari/contracts';
import type { FactDraft, SeenIdentifier, SourceKind } from '../recording/observation';
import { isRecord } from './request-body';

/**
 * `context.consent.categoryPreferences` as it came, under each identifier that its word may reach. A reactor of the customers' context
 * makes grants and denials of it. Marketing use fails closed, so who says it matters: a server-side source is verified and speaks for the
 * customer; a browser's key is public, so it may deny for everybody it names, and grant only for its own anonymous id.
 */
export function consentFacts(
  context: Record<string, unknown> | undefined,
  identifiers: readonly SeenIdentifier[],
  source: string,
  sourceKind: SourceKind,
): FactDraft[] | Refusal {
  const consent = context?.['consent'];
  if (consent === undefined || consent === null) return [];
  if (!isRecord(consent)) return refusal('INVALID_FIELD', 'context.consent', 'consent is an object');
  const preferences = consent['categoryPreferences'];
  if (preferences === undefined || preferences === null) return [];
  const field = 'context.consent.categoryPreferences';
  if (!isRecord(preferences) || Object.keys(preferences).length > 50)
    return refusal('INVALID_FIELD', field, 'categoryPreferences is an object of at most 50 categories');
  const categories: Record<string, boolean> = {};
  for (const [category, preference] of Object.entries(preferences)) {
    if (typeof preference !== 'boolean' || category.length === 0 || category.length > 100)
      return refusal('INVALID_FIELD', `${field}.${category.slice(0, 100)}`, 'a category of 1 to 100 characters is true or false');
    categories[category] = preference;
  }
  const browser = sourceKind === 'browser';
  const reported = (of: number, mayGrant: boolean): FactDraft[] => {
    const heard = Object.values(categories).some((granted) => mayGrant || !granted);
    const data: ConsentReported = { categories, source, verified: !browser, mayGrant };
    return heard ? [{ definition: consentReported, data, of, stream: 'intake', expected: 'any' }] : [];
  };
  if (!browser) return reported(0, true);
  const anonymous = identifiers.findIndex(({ type }) => type === 'anonymous_id');
  return [...(anonymous === 0 ? [] : reported(0, false)), ...(anonymous < 0 ? [] : reported(anonymous, true))];
}
