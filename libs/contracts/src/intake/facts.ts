import { z } from 'zod';
import { type DataOf, defineFact } from '../registry';

/** Something a customer did, as a collector or a device reported it. Undeclared properties and the context are sealed whole. */
export const behaviourRecorded = defineFact({
  name: 'BehaviourRecorded',
  context: 'intake',
  data: z.strictObject({
    /** The call: what kind of observation it is. */
    call: z.enum(['track', 'page', 'screen', 'group', 'identify', 'alias']),
    /** The event's name for `track`, the page's or screen's for those, the group id for `group`. */
    name: z.string().max(200),
    /** Where it was used (2.29): web, store, home, a device kind. Not personal. */
    place: z.string().max(100).optional(),
    device: z.string().max(100).optional(),
    properties: z.record(z.string(), z.json()),
    context: z.record(z.string(), z.json()).optional(),
  }),
  personal: ['properties', 'context'],
  examples: [{ call: 'track', name: 'Product Viewed', place: 'web', properties: { sku: '85123A' }, context: { ip: '198.51.100.7' } }],
});

/** An input that broke a rule, kept so that it can be released after a fix. The body is sealed under a key that expires. */
export const eventQuarantined = defineFact({
  name: 'EventQuarantined',
  context: 'intake',
  ofSubject: false,
  data: z.strictObject({
    quarantineId: z.uuid(),
    source: z.string().max(200),
    messageId: z.string().max(200).nullable(),
    code: z.string().max(100),
    field: z.string().max(300).nullable(),
    rule: z.string().max(1000),
    /** Of a file: the line where it stands, first line is 1. */
    line: z.int().min(1).optional(),
  }),
  examples: [
    {
      quarantineId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
      source: 'import:online-retail',
      messageId: null,
      code: 'INVALID_FIELD',
      field: 'Quantity',
      rule: 'Quantity is a whole number',
      line: 17,
    },
  ],
});

/** A quarantined input was released: what it became stands behind it. A rebuild repeats it. */
export const eventReleased = defineFact({
  name: 'EventReleased',
  context: 'intake',
  ofSubject: false,
  data: z.strictObject({ quarantineId: z.uuid(), by: z.string().min(1).max(200), outcome: z.enum(['recorded', 'discarded']) }),
  examples: [{ quarantineId: '7c9e6679-7425-40de-944b-e07fc1f90ae7', by: 'user:ops', outcome: 'recorded' }],
});

/** A file was read to its end. */
export const importCompleted = defineFact({
  name: 'ImportCompleted',
  context: 'intake',
  ofSubject: false,
  data: z.strictObject({
    format: z.string().max(50),
    /** SHA-256 of the file's bytes, hex. */
    contentHash: z.string().regex(/^[0-9a-f]{64}$/),
    lines: z.int().min(0),
    facts: z.int().min(0),
    quarantined: z.int().min(0),
    firstDay: z.iso.date().nullable(),
    lastDay: z.iso.date().nullable(),
  }),
  examples: [
    {
      format: 'online-retail',
      contentHash: '737745256ddb4410737745256ddb4410737745256ddb4410737745256ddb4410',
      lines: 541909,
      facts: 33982,
      quarantined: 0,
      firstDay: '2010-12-01',
      lastDay: '2011-12-09',
    },
  ],
});

export type BehaviourRecorded = DataOf<typeof behaviourRecorded>;
export type EventQuarantined = DataOf<typeof eventQuarantined>;
export type EventReleased = DataOf<typeof eventReleased>;
export type ImportCompleted = DataOf<typeof importCompleted>;

export const intakeFacts = [behaviourRecorded, eventQuarantined, eventReleased, importCompleted];
