import type { HealthModelBacktested, Position } from '@tsunagari/contracts';
import type { Understood } from './attributes/attributes';
import type { DefinitionBook } from './definitions/definition-book';
import type { LifetimeValueAnswer, NotValued, Terms, Valued } from './lifetime-value/customer-value';
import type { ScoringModel } from './lifetime-value/model';
import type { ProfileState } from './profile/profile.projection';
import type { CurrencyPurchases, PurchasesState, SaleDayEntry } from './purchases/purchases.state';
import type { CurrencyTotals, Totals } from './purchases/purchases.query';
import type { Metric, RetentionGrid } from '@tsunagari/metrics';
import type { ShownFact } from './timeline/timeline.query';
import type { Comparison } from './compare/compare-customer';
import type { IdMoment, RequestContext } from '@tsunagari/graphql';
import type { GenerationStatus, ProjectionStatus } from '@tsunagari/projection';
import type { CustomerChange } from './live/customer-changes';
import type { ProjectionName, ReadModelName } from './read-models';
import type { Freshness, UnderstandingLoaders } from './understanding.loaders';

/** How fresh an answer is that stands on these read models. */
type ReadFreshness = (...projections: readonly ProjectionName[]) => Promise<Freshness>;

export type SubgraphContext = RequestContext<UnderstandingLoaders>;

/** The parent of Customer's fields: they load what they show when they are asked for. */
export type CustomerModel = { readonly customer: string; readonly moment?: IdMoment | null };
/** What an answer as of a moment says of itself; absent for one of the present. */
type OfMoment = { readonly moment?: (IdMoment & { readonly version: number }) | null };
export type PurchasesModel = PurchasesState & OfMoment;
export type CurrencyPurchasesModel = CurrencyPurchases & { readonly currency: string } & OfMoment;
export type SaleDayModel = { readonly entry: SaleDayEntry; readonly currency: string };
export type LifetimeValueModel = {
  readonly customer: Valued | NotValued;
  readonly terms: Terms;
  readonly answer: LifetimeValueAnswer | null;
  readonly endDay: number | null;
  readonly evidence: readonly string[];
} & OfMoment;
export type PurchaseOutlookModel = {
  readonly customer: Valued | NotValued;
  readonly days: number;
  readonly endDay: number | null;
  readonly evidence: readonly string[];
} & OfMoment;
export type ProfileModel = ProfileState & { readonly customer: string } & OfMoment;
export type CustomerDiffModel = { readonly a: CustomerModel; readonly b: CustomerModel } & Comparison;
export type FittedModelModel = ScoringModel;
export type EventModel = ShownFact;
export type SegmentRetentionModel = RetentionGrid & { readonly segmentId: string | null; readonly definitionVersion: number | null };
/** How fresh a named generation is; null of the live one. */
type OfBase = { readonly base: Freshness | null };
export type RetentionGridModel = RetentionGrid & { readonly asOfDay: string; readonly bySegment: SegmentRetentionModel[] | null } & OfBase;
export type TotalsModel = Totals & OfBase;
export type CurrencyTotalsModel = CurrencyTotals;
export type DefinitionsModel = DefinitionBook;
export type MetricDefinitionModel = DefinitionBook['metrics'][string];
export type LifecycleDefinitionModel = NonNullable<DefinitionBook['lifecycle']>;
export type HealthModelDefinitionModel = DefinitionBook['healthModels'][string];
export type HealthBackTestModel = HealthModelBacktested & { readonly testedAt: string; readonly position: Position };
/** A metric and what it was made from: a read model, or the journal itself. */
export type MetricModel = Metric & {
  readonly projection: ReadModelName | 'journal';
  readonly asOfDay?: string;
  /** Of one that was made as of a moment, or stands on several read models. */
  readonly read?: () => Promise<Freshness>;
};
export type HoldingsModel = {
  readonly understood: Understood;
  readonly day: number;
  readonly customer: string;
  readonly moment: IdMoment | null;
  readonly freshness: ReadFreshness;
};
export type NeedDefinitionModel = DefinitionBook['needs'][string];
export type SegmentDefinitionModel = DefinitionBook['segments'][string];
/** Its generations, where they were read together with it. */
export type ProjectionStatusModel = ProjectionStatus & { readonly generations?: readonly GenerationStatus[] };
export type CustomerChangeModel = CustomerChange;
export type ProjectionProgressModel = { readonly position: Position; readonly status: ProjectionStatusModel };
