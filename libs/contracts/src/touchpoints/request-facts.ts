import { z } from 'zod';
import { brandIdSchema } from '../brand-text';
import { type DataOf, defineFact } from '../registry';

export const REQUEST_KINDS = [
  'change_content',
  'change_plan',
  'pause',
  'resume',
  'cancel',
  'undo',
  'question',
  'complaint',
  'data_access',
  'erasure',
] as const;
export const requestKindSchema = z.enum(REQUEST_KINDS);
export type RequestKind = z.infer<typeof requestKindSchema>;

const of = { requestId: brandIdSchema, kind: requestKindSchema };

/** She asks for something: by herself, or a reactor says so for what she did elsewhere. */
export const requestSubmitted = defineFact({
  name: 'RequestSubmitted',
  context: 'touchpoints',
  data: z.strictObject({
    ...of,
    touchpointId: brandIdSchema.optional(),
    subscriptionId: brandIdSchema.optional(),
    /** Her words, if she wants to say any. Sealed. */
    text: z.string().min(1).max(10_000).optional(),
  }),
  personal: ['text'],
  examples: [{ requestId: 'r-1', kind: 'complaint', touchpointId: 'member-site', text: 'ポンプが壊れていた' }],
});

export const requestAcknowledged = defineFact({
  name: 'RequestAcknowledged',
  context: 'touchpoints',
  data: z.strictObject({ ...of, by: z.string().min(1).max(200) }),
  examples: [{ requestId: 'r-1', kind: 'complaint', by: 'user:mika' }],
});

export const requestFulfilled = defineFact({
  name: 'RequestFulfilled',
  context: 'touchpoints',
  data: z.strictObject({ ...of, by: z.string().min(1).max(200), steps: z.int().min(0).max(1000), elapsedS: z.number().min(0) }),
  examples: [{ requestId: 'r-1', kind: 'complaint', by: 'user:mika', steps: 2, elapsedS: 3600 }],
});

/** Never of a cancellation; of an erasure only by a legal rule. */
export const requestRejected = defineFact({
  name: 'RequestRejected',
  context: 'touchpoints',
  data: z.strictObject({ ...of, by: z.string().min(1).max(200), ruleRef: z.string().min(1).max(300), reason: z.string().min(1).max(1000) }),
  examples: [
    { requestId: 'r-2', kind: 'erasure', by: 'user:legal', ruleRef: 'GDPR Art. 17(3)(b)', reason: 'invoices are kept for seven years' },
  ],
});

export const requestWithdrawn = defineFact({
  name: 'RequestWithdrawn',
  context: 'touchpoints',
  data: z.strictObject({ ...of, by: z.string().min(1).max(200) }),
  examples: [{ requestId: 'r-1', kind: 'complaint', by: 'customer:7c9e6679-7425-40de-944b-e07fc1f90ae7' }],
});

/** Something that somebody of the success team should do. */
export const taskOpened = defineFact({
  name: 'TaskOpened',
  context: 'touchpoints',
  ofSubject: false,
  data: z.strictObject({
    taskId: brandIdSchema,
    title: z.string().min(1).max(300),
    owner: z.string().min(1).max(200),
    due: z.iso.datetime({ precision: 3 }),
    about: z.uuid().optional(),
  }),
  examples: [{ taskId: 't-1', title: 'Call her about the pump', owner: 'user:mika', due: '2026-01-05T00:00:00.000Z' }],
});

export const taskAssigned = defineFact({
  name: 'TaskAssigned',
  context: 'touchpoints',
  ofSubject: false,
  data: z.strictObject({ taskId: brandIdSchema, owner: z.string().min(1).max(200), due: z.iso.datetime({ precision: 3 }) }),
  examples: [{ taskId: 't-1', owner: 'user:ken', due: '2026-01-06T00:00:00.000Z' }],
});

export const taskDone = defineFact({
  name: 'TaskDone',
  context: 'touchpoints',
  ofSubject: false,
  data: z.strictObject({ taskId: brandIdSchema, by: z.string().min(1).max(200), note: z.string().max(1000).optional() }),
  examples: [{ taskId: 't-1', by: 'user:mika', note: 'sent a new pump' }],
});

export type RequestSubmitted = DataOf<typeof requestSubmitted>;
export type RequestAcknowledged = DataOf<typeof requestAcknowledged>;
export type RequestFulfilled = DataOf<typeof requestFulfilled>;
export type RequestRejected = DataOf<typeof requestRejected>;
export type RequestWithdrawn = DataOf<typeof requestWithdrawn>;
export type TaskOpened = DataOf<typeof taskOpened>;
export type TaskAssigned = DataOf<typeof taskAssigned>;
export type TaskDone = DataOf<typeof taskDone>;

export const requestFacts = [
  requestSubmitted,
  requestAcknowledged,
  requestFulfilled,
  requestRejected,
  requestWithdrawn,
  taskOpened,
  taskAssigned,
  taskDone,
];
