import type { FeatureRow } from '@tsunagari/clv';
import { attributesOf, type CustomerAttributes, type Understood } from '../attributes/attributes';
import type { HealthOutcome } from '../attributes/vocabulary';
import type { DayNumber } from '../calendar';
import { saleDayNumbers } from '../purchases/purchases.state';

/** The one attribute that a health model has to beat. */
export const RECENCY: Readonly<Record<HealthOutcome, 'days_since_purchase' | 'days_since_use'>> = {
  purchase: 'days_since_purchase',
  renewal: 'days_since_use',
};

/** Numbers of a customer, true and false as 1 and 0; what is unknown is absent. */
export function featuresOf(attributes: CustomerAttributes, features: readonly string[]): FeatureRow {
  return Object.fromEntries(
    features.map((name) => {
      const value = attributes[name];
      return [name, typeof value === 'boolean' ? (value ? 1 : 0) : typeof value === 'number' ? value : null];
    }),
  );
}

/** Whether the question can be asked of a customer at the close of a day: she has bought, or she pays. */
export function isAsked(outcome: HealthOutcome, attributes: CustomerAttributes): boolean {
  return outcome === 'purchase' ? Number(attributes['purchases'] ?? 0) > 0 : attributes['subscriber'] === true;
}

/** Whether it happened in the `horizonDays` days after `day`, by what is known at their end. */
export function happened(outcome: HealthOutcome, later: Understood, day: DayNumber, horizonDays: number): boolean {
  const end = day + horizonDays;
  if (outcome === 'purchase') return later.purchases !== null && saleDayNumbers(later.purchases).some((each) => each > day && each <= end);
  // A pause is her freedom and no loss, until it lapses.
  return (later.holdings?.contracts ?? []).some(({ status, ended }) => status !== 'pause-lapsed' && (ended === null || ended > end));
}

/** One window: what was known at its beginning, and what had happened at its end. */
export type Window = { readonly rows: FeatureRow[]; readonly happened: boolean[]; readonly recency: number[] };

export function emptyWindow(): Window {
  return { rows: [], happened: [], recency: [] };
}

/** Adds a customer to a window, if the question could be asked of her at its beginning. */
export function addTo(
  window: Window,
  question: { readonly outcome: HealthOutcome; readonly horizonDays: number; readonly features: readonly string[] },
  day: DayNumber,
  then: Understood | null,
  later: Understood | null,
): void {
  if (then === null || later === null) return;
  const attributes = attributesOf(then, null, day);
  if (!isAsked(question.outcome, attributes)) return;
  window.rows.push(featuresOf(attributes, question.features));
  window.happened.push(happened(question.outcome, later, day, question.horizonDays));
  const recency = attributes[RECENCY[question.outcome]];
  window.recency.push(typeof recency === 'number' ? -recency : -1e9);
}
