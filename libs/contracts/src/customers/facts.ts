import { z } from 'zod';
import { CannotSay, type DataOf, defineFact } from '../registry';

/** Kinds of identifier. `invoice` stands for a buyer of whom only one invoice is known. */
export const IDENTIFIER_TYPES = [
  'user_id',
  'email',
  'phone',
  'anonymous_id',
  'device_id',
  'card',
  'account_id',
  'external_id',
  'invoice',
] as const;
export const identifierTypeSchema = z.enum(IDENTIFIER_TYPES);
export type IdentifierType = z.infer<typeof identifierTypeSchema>;

const subjectSchema = z.uuid();

/** First sight of an identifier: its subject is born. The first fact of every subject. */
export const identifierRegistered = defineFact({
  name: 'IdentifierRegistered',
  context: 'customers',
  data: z.strictObject({
    identifierType: identifierTypeSchema,
    /** The identifier itself, normalised. Sealed. */
    value: z.string().min(1).max(512),
    /** Signed in by OIDC, or from a server-side source. */
    verified: z.boolean(),
    /** A person or an account (a company, a household). */
    kind: z.enum(['person', 'account', 'unidentified']),
    /** The pattern of blocked values that it met at intake (`anonymous`, zeros and dashes …): it never joins anything. */
    blockedBy: z.string().optional(),
  }),
  personal: ['value'],
  examples: [{ identifierType: 'user_id', value: '17850', verified: true, kind: 'person' }],
});

/** Evidence that two identifiers belong to one customer. */
export const identifierLinked = defineFact({
  name: 'IdentifierLinked',
  context: 'customers',
  data: z.strictObject({
    subjects: z.tuple([subjectSchema, subjectSchema]),
    types: z.tuple([identifierTypeSchema, identifierTypeSchema]),
    verified: z.boolean(),
    evidenceEventId: z.uuid().optional(),
  }),
  examples: [
    {
      subjects: ['0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f', '7c9e6679-7425-40de-944b-e07fc1f90ae7'],
      types: ['user_id', 'anonymous_id'],
      verified: false,
    },
  ],
});

export const identifierUnlinked = defineFact({
  name: 'IdentifierUnlinked',
  context: 'customers',
  data: z.strictObject({ subjects: z.tuple([subjectSchema, subjectSchema]), reason: z.string().min(1).max(500) }),
  examples: [{ subjects: ['0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f', '7c9e6679-7425-40de-944b-e07fc1f90ae7'], reason: 'shared tablet' }],
});

/** A person decided that two customers are one. The subjects are one of each side. */
export const customersMerged = defineFact({
  name: 'CustomersMerged',
  context: 'customers',
  data: z.strictObject({
    subjects: z.tuple([subjectSchema, subjectSchema]),
    by: z.string().min(1).max(200),
    reason: z.string().min(1).max(500),
  }),
  examples: [
    {
      subjects: ['0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f', '7c9e6679-7425-40de-944b-e07fc1f90ae7'],
      by: 'user:ops',
      reason: 'same person, seen in store',
    },
  ],
});

/** A person decided that these subjects are another customer than the rest of their cluster. */
export const customerSplit = defineFact({
  name: 'CustomerSplit',
  context: 'customers',
  data: z.strictObject({
    subjects: z.array(subjectSchema).min(1).max(1000),
    by: z.string().min(1).max(200),
    reason: z.string().min(1).max(500),
  }),
  examples: [{ subjects: ['7c9e6679-7425-40de-944b-e07fc1f90ae7'], by: 'user:ops', reason: 'two people, one tablet' }],
});

/** This identifier joins nothing any more. */
export const identifierBlocked = defineFact({
  name: 'IdentifierBlocked',
  context: 'customers',
  data: z.strictObject({ by: z.string().min(1).max(200), reason: z.string().min(1).max(500) }),
  examples: [{ by: 'user:ops', reason: 'the shop tablet' }],
});

export const identityRulesChanged = defineFact({
  name: 'IdentityRulesChanged',
  context: 'customers',
  ofSubject: false,
  version: 2,
  data: z.strictObject({
    version: z.int().min(1),
    limits: z.partialRecord(identifierTypeSchema, z.int().min(1)),
    /** Days within which the limit of a type counts; types not named: for ever. */
    windows: z.partialRecord(identifierTypeSchema, z.int().min(1)),
    /** Strongest first; empty: the first evidence stands. */
    priority: z.array(identifierTypeSchema),
    clusterLimit: z.int().min(2),
    by: z.string().min(1).max(200),
  }),
  examples: [
    { version: 2, limits: { user_id: 1, email: 5 }, clusterLimit: 50, by: 'user:admin' },
    {
      version: 3,
      limits: { user_id: 1, device_id: 5 },
      windows: { device_id: 365 },
      priority: ['user_id', 'email'],
      clusterLimit: 50,
      by: 'user:admin',
    },
  ],
  upcast: { 1: (data) => ({ ...data, windows: {}, priority: [] }) },
  downcast: {
    1: ({ windows, priority, ...older }) =>
      [windows, priority].every((said) => Object.keys(said ?? {}).length === 0)
        ? older
        : new CannotSay('version 1 knows neither windows nor a priority: its limits would be other rules'),
  },
});

/** The keys of these subjects are destroyed: nothing personal of them can be read any more. Counts and money stay. */
export const customerErased = defineFact({
  name: 'CustomerErased',
  context: 'customers',
  data: z.strictObject({
    subjects: z.array(subjectSchema).min(1),
    /** `keep-suppression`: later facts of the identifiers are refused. `forget-suppression`: they may come as a new customer. */
    scope: z.enum(['keep-suppression', 'forget-suppression']),
    by: z.string().min(1).max(200),
  }),
  examples: [{ subjects: ['7c9e6679-7425-40de-944b-e07fc1f90ae7'], scope: 'keep-suppression', by: 'user:ops' }],
});

const consentData = {
  category: z.string().min(1).max(100),
  channel: z.string().min(1).max(50).optional(),
  source: z.string().min(1).max(200),
  noticeVersion: z.string().max(100).optional(),
  /** Reported by a verified source (server side or signed in); only then a grant counts for marketing. */
  verified: z.boolean(),
};

export const consentGranted = defineFact({
  name: 'ConsentGranted',
  context: 'customers',
  data: z.strictObject({ ...consentData, lawfulBasis: z.string().max(100).optional(), expiresAt: z.iso.datetime().optional() }),
  examples: [{ category: 'marketing', channel: 'email', source: 'source:web', verified: true, lawfulBasis: 'consent' }],
});
export const consentDenied = defineFact({
  name: 'ConsentDenied',
  context: 'customers',
  data: z.strictObject(consentData),
  examples: [{ category: 'marketing', source: 'source:web', verified: false }],
});
export const consentWithdrawn = defineFact({
  name: 'ConsentWithdrawn',
  context: 'customers',
  data: z.strictObject(consentData),
  examples: [{ category: 'marketing', channel: 'email', source: 'source:web', verified: true }],
});

/** What a source says of a customer. Sealed whole: any trait may be personal. `null` removes a trait, the empty string sets it. */
export const traitsUpdated = defineFact({
  name: 'TraitsUpdated',
  context: 'customers',
  data: z.strictObject({ traits: z.record(z.string().max(200), z.json()) }),
  personal: ['traits'],
  examples: [{ traits: { plan: 'gold', email: 'a@example.com', phone: null } }],
});

export type IdentifierRegistered = DataOf<typeof identifierRegistered>;
export type IdentifierLinked = DataOf<typeof identifierLinked>;
export type IdentifierUnlinked = DataOf<typeof identifierUnlinked>;
export type CustomersMerged = DataOf<typeof customersMerged>;
export type CustomerSplit = DataOf<typeof customerSplit>;
export type IdentityRulesChanged = DataOf<typeof identityRulesChanged>;
export type CustomerErased = DataOf<typeof customerErased>;
export type TraitsUpdated = DataOf<typeof traitsUpdated>;

export const customersFacts = [
  identifierRegistered,
  identifierLinked,
  identifierUnlinked,
  customersMerged,
  customerSplit,
  identifierBlocked,
  identityRulesChanged,
  customerErased,
  consentGranted,
  consentDenied,
  consentWithdrawn,
  traitsUpdated,
];
