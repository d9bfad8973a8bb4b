import type { LifetimeValueAnswer, NotValued, Terms, Valued } from './lifetime-value/customer-value';
import type { ScoringModel } from './lifetime-value/model';
import type { ProfileState } from './profile/profile.projection';
import type { CurrencyPurchases, PurchasesState, SaleDayEntry } from './purchases/purchases.projection';
import type { CurrencyTotals, Totals } from './purchases/purchases.query';
import type { RetentionGrid } from '@tsunagari/metrics';
import type { ShownFact } from './timeline/timeline.query';
import type { RequestContext } from '@tsunagari/graphql';
import type { UnderstandingLoaders } from './understanding.loaders';

export type SubgraphContext = RequestContext<UnderstandingLoaders>;

/** The parent of Customer's fields: they load what they show when they are asked for. */
export type CustomerModel = { readonly customer: string };
export type PurchasesModel = PurchasesState;
export type CurrencyPurchasesModel = CurrencyPurchases & { readonly currency: string };
export type SaleDayModel = { readonly entry: SaleDayEntry; readonly currency: string };
export type LifetimeValueModel = {
  readonly customer: Valued | NotValued;
  readonly terms: Terms;
  readonly answer: LifetimeValueAnswer | null;
  readonly endDay: number | null;
};
export type PurchaseOutlookModel = { readonly customer: Valued | NotValued; readonly days: number; readonly endDay: number | null };
export type ProfileModel = ProfileState & { readonly customer: string };
export type FittedModelModel = ScoringModel;
export type EventModel = ShownFact;
export type RetentionGridModel = RetentionGrid & { readonly asOfDay: string };
export type TotalsModel = Totals;
export type CurrencyTotalsModel = CurrencyTotals;
