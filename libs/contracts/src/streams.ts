/**
 * The one table of stream names: `<category>-<id>`, what the id is, and what becomes of the stream when customers merge.
 * Nothing is ever keyed by a customer id: identities merge later, so the customer is resolved when reading.
 */
export const STREAM_CATEGORIES = {
  identifier: {
    id: 'subject',
    holds: 'IdentifierRegistered, links, merges, splits, blocks, erasure of that subject',
    onMerge: 'stays; the graph reads them all',
  },
  intake: { id: 'subject', holds: 'what collectors and imports report of that subject', onMerge: 'stays; folded together' },
  order: {
    id: 'order id of the selling system',
    holds: 'orders of that system and their updates',
    onMerge: 'stays; owner resolved by subject',
  },
  plan: { id: 'plan id of the brand', holds: 'PlanDefined, PlanPublished, PlanRetired', onMerge: '–' },
  subscription: {
    id: 'subscription id',
    holds: 'one contract of one subject, from trial to end, and the failed payments reported of it',
    onMerge: 'stays; owner resolved by subject',
  },
  consent: {
    id: 'subject',
    holds: 'requests, grants, confirmations, denials, withdrawals, expiry, objections',
    onMerge: 'the stricter wins until the customer answers',
  },
  preferences: { id: 'subject', holds: 'PreferenceChanged', onMerge: 'the newest of each field wins' },
  touchpoint: { id: 'touchpoint id of the brand', holds: 'the touchpoint, its pauses, its persona', onMerge: '–' },
  selfServicePaths: { id: "the word 'current'", holds: 'which touchpoints let a customer cancel: guards the last one', onMerge: '–' },
  connection: { id: 'subject', holds: 'CustomerConnected, CustomerDisconnected', onMerge: 'stays; folded together' },
  connectCode: { id: 'SHA-256 of the code', holds: 'its issue and its one redemption', onMerge: 'stays; owner resolved by subject' },
  product: { id: 'product id and serial', holds: 'whose it is, hand-overs', onMerge: 'stays; owner resolved by subject' },
  interaction: { id: 'subject', holds: 'interactions, self-assessments, voice', onMerge: 'stays; folded together' },
  flow: { id: 'flow id', holds: 'one thing that a customer does by herself, from start to end', onMerge: 'stays' },
  request: { id: 'request id', holds: 'one request of a customer', onMerge: 'stays; owner resolved by subject' },
  task: { id: 'task id', holds: 'one task of the success team', onMerge: '–' },
  contactPolicy: { id: "the word 'current'", holds: 'frequency caps and quiet hours', onMerge: '–' },
  contact: {
    id: 'subject of the address',
    holds: 'suppressions, unsubscribes and taken places of the caps: what every dispatch reads',
    onMerge: 'stays: an address is an address',
  },
  template: { id: 'template id of the brand', holds: 'TemplatePublished', onMerge: '–' },
  message: { id: 'message id', holds: 'one message to one address, from queue to outcome', onMerge: 'stays; owner resolved by subject' },
  notice: { id: 'notice id of the brand', holds: 'NoticePublished', onMerge: '–' },
  customerStrategy: { id: 'strategy id of the brand', holds: 'one customer strategy, its assumptions and reviews', onMerge: '–' },
  valueModel: { id: 'value model id of the brand', holds: 'its layers, publications, revisions and gaps', onMerge: '–' },
  purpose: { id: 'purpose id of the brand', holds: 'evidence, why-ladder, indicators, KPI', onMerge: '–' },
  goal: {
    id: 'subject and purpose id',
    holds: 'the goals of a subject for one purpose, what was observed of them',
    onMerge: 'stays; of two open ones the older stands, a split gives both back',
  },
  outcomePromise: { id: 'promise id of the brand', holds: 'OutcomePromisePublished', onMerge: '–' },
  successService: { id: 'service id of the brand', holds: 'purpose, contents, means, stages', onMerge: '–' },
  tuningProcess: { id: 'service id of the brand', holds: 'how a service is tuned, and by whom', onMerge: '–' },
  tuningCycle: { id: 'service id and number', holds: 'findings, proposals and decisions of one round', onMerge: '–' },
  tuning: { id: 'tuning id of the brand', holds: 'its application and what came of it', onMerge: '–' },
  reservation: { id: 'kind, then what is reserved', holds: 'claims, confirmations and releases of one thing', onMerge: 'stays' },
  reaction: { id: 'id of the reaction', holds: 'ReactionRefused', onMerge: '–' },
  offer: { id: 'offer id of the brand', holds: 'an offer, its revisions, publication, withdrawal', onMerge: '–' },
  policy: { id: 'policy id of the brand', holds: 'a policy, its versions, waivers, activations', onMerge: '–' },
  purposeValue: { id: 'purpose id of the brand', holds: 'PurposeValueSet', onMerge: '–' },
  holdout: { id: 'holdout id of the brand', holds: 'HoldoutDefined', onMerge: '–' },
  experience: { id: "the word 'current'", holds: 'ExperienceLearned', onMerge: '–' },
  catalogue: { id: 'content hash', holds: 'CatalogueRecorded', onMerge: '–' },
  proposals: {
    id: 'subject and slot',
    holds: 'decisions for that subject and slot, and what became of their proposals',
    onMerge: 'stays; of two open decisions for a slot the older one stands',
  },
  identityRules: { id: "the word 'current'", holds: 'IdentityRulesChanged', onMerge: '–' },
  quarantine: { id: 'quarantine id', holds: 'EventQuarantined, EventReleased', onMerge: '–' },
  import: { id: 'format and content hash', holds: 'ImportCompleted', onMerge: '–' },
  calendar: { id: "the word 'days'", holds: 'DayClosed', onMerge: '–' },
  definitions: { id: "the word 'current'", holds: 'metrics, segments, stages, needs and health models, all versions', onMerge: '–' },
  projection: {
    id: 'name of the read model',
    holds: 'ProjectionRebuildStarted, …Completed, ProjectionPromoted, …RolledBack',
    onMerge: '–',
  },
  cost: { id: 'cost id of the source', holds: 'AcquisitionCostRecorded, RetentionCostRecorded: the last word counts', onMerge: '–' },
  model: { id: 'purpose', holds: 'ModelFitted', onMerge: '–' },
} as const;

export type StreamCategory = keyof typeof STREAM_CATEGORIES;

/** The name of a stream. Ids are kept as they are; a control character or more than 200 characters is a bug of the caller and throws. */
export function streamName(category: StreamCategory, id: string): string {
  if (id.length === 0 || id.length > 200 || /[\u0000-\u001f]/.test(id))
    throw new RangeError(`not an id of a ${category} stream: ${JSON.stringify(id)}`);
  return `${category}-${id}`;
}
