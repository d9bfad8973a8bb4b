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
  consent: { id: 'subject', holds: 'grants, denials, withdrawals', onMerge: 'the stricter wins until the customer answers' },
  identityRules: { id: "the word 'current'", holds: 'IdentityRulesChanged', onMerge: '–' },
  quarantine: { id: 'quarantine id', holds: 'EventQuarantined, EventReleased', onMerge: '–' },
  import: { id: 'format and content hash', holds: 'ImportCompleted', onMerge: '–' },
  calendar: { id: "the word 'days'", holds: 'DayClosed', onMerge: '–' },
  model: { id: 'purpose', holds: 'ModelFitted', onMerge: '–' },
} as const;

export type StreamCategory = keyof typeof STREAM_CATEGORIES;

/** The name of a stream. Ids are kept as they are; a control character or more than 200 characters is a bug of the caller and throws. */
export function streamName(category: StreamCategory, id: string): string {
  if (id.length === 0 || id.length > 200 || /[\u0000-\u001f]/.test(id))
    throw new RangeError(`not an id of a ${category} stream: ${JSON.stringify(id)}`);
  return `${category}-${id}`;
}
