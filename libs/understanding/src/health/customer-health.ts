import { type FittedPropensity, propensityOf, type Propensity } from '@tsunagari/clv';
import type { CustomerAttributes } from '../attributes/attributes';
import type { DefinitionBook } from '../definitions/definition-book';
import { featuresOf, isAsked } from './health-window';

export type CustomerHealth = Propensity & { readonly active: NonNullable<DefinitionBook['activeHealth']> };

/** What the activated model says of a customer; null while none is, or when its question cannot be asked of her. */
export function healthOf(book: Pick<DefinitionBook, 'activeHealth'>, attributes: CustomerAttributes): CustomerHealth | null {
  const active = book.activeHealth;
  if (active === null || !isAsked(active.outcome, attributes)) return null;
  const fitted = active.fitted as object as FittedPropensity;
  const features = fitted.terms.map(({ feature }) => feature);
  return { ...propensityOf(fitted, featuresOf(attributes, features)), active };
}
