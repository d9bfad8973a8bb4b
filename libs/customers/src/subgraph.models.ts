import type { NoticePublished } from '@tsunagari/contracts';
import type { ConsentView } from './consent/standing';
import type { Preferences } from './consent/preference.decider';
import type { CustomersLoaders } from './customers.subgraph';
import type { IdentityRules } from '@tsunagari/identity';
import type { IdentityPreview } from '@tsunagari/projection';
import type { CustomerView, IdentifierView } from './customer/customer.read-model';
import type { IdMoment, RequestContext } from '@tsunagari/graphql';

export type SubgraphContext = RequestContext<CustomersLoaders>;

/** The parent of Customer's fields; its fields load the view when they are asked for. */
export type CustomerModel = { readonly customer: string; readonly moment?: IdMoment | null };
export type IdentifierModel = IdentifierView;
export type MergeRecordModel = CustomerView['mergedFrom'][number];
export type ConsentModel = ConsentView;
export type PreferencesModel = Preferences;
export type NoticeModel = NoticePublished;
export type IdentityRulesModel = IdentityRules;
export type IdentityPreviewModel = IdentityPreview;
