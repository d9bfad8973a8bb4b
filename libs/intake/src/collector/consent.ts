import { consentDenied, consentGranted, refusal, type Refusal } from '@tsunagari/contracts';
import type { FactDraft, SeenIdentifier, SourceKind } from '../recording/observation';
import { isRecord } from './request-body';

/**
 * `context.consent.categoryPreferences` as facts. Marketing use fails closed, so who says it matters: a server-side source is verified and
 * speaks for the customer; a browser's key is public, so it may deny for everybody it names, and grant only for its own anonymous id.
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
  const facts: FactDraft[] = [];
  const browser = sourceKind === 'browser';
  const anonymous = identifiers.findIndex(({ type }) => type === 'anonymous_id');
  for (const [category, preference] of Object.entries(preferences)) {
    if (typeof preference !== 'boolean' || category.length === 0 || category.length > 100)
      return refusal('INVALID_FIELD', `${field}.${category.slice(0, 100)}`, 'a category of 1 to 100 characters is true or false');
    const data = { category, source, verified: !browser };
    const concerned = preference ? [browser ? anonymous : 0] : browser ? [0, anonymous] : [0];
    for (const of of new Set(concerned.filter((index) => index >= 0)))
      facts.push({ definition: preference ? consentGranted : consentDenied, data, of, stream: 'consent', expected: 'any' });
  }
  // The order of keys in a JSON object says nothing, but numbers the facts.
  return facts.sort((a, b) => a.of - b.of || (String(a.data['category']) < String(b.data['category']) ? -1 : 1));
}
