export type ClusterSubject = {
  readonly subject: string;
  readonly identifierType: string;
  readonly verified: boolean;
  /** When it was first seen, in milliseconds since 1970. */
  readonly seen: number;
  /** Where it was registered. */
  readonly position: string;
};

/** One customer. */
export type Cluster = {
  /** The id of its oldest subject: the one with the smallest registration position. */
  readonly customer: string;
  /** Oldest first. */
  readonly subjects: readonly ClusterSubject[];
  /**
   * The subjects connected by verified links alone, oldest first; every subject is in exactly one group. A customer's token
   * reaches, and a grant of consent covers, the group of its own subject and no other: not across an unverified link, and not
   * across a merge by a person, who vouches for the books and not for the sign-in.
   */
  readonly authorityGroups: readonly (readonly string[])[];
};

/** Why evidence did not join two customers. The first five are codes of `contracts`' refusals too. */
export type HeldReason =
  'TWO_VERIFIED_USER_IDS' | 'IDENTIFIER_LIMIT' | 'CLUSTER_LIMIT' | 'IDENTIFIER_BLOCKED' | 'SUBJECT_ERASED' | 'SPLIT_BY_PERSON' | 'UNLINKED';

/** The reasons that are limits: stronger evidence may still have its way. */
export type LimitReason = Extract<HeldReason, 'TWO_VERIFIED_USER_IDS' | 'IDENTIFIER_LIMIT' | 'CLUSTER_LIMIT'>;

/** Evidence that was not followed and whose subjects are still apart: one entry a pair, a person may merge them. */
export type HeldLink = {
  readonly position: string;
  readonly factId: string;
  readonly subjects: readonly [string, string];
  readonly reason: HeldReason;
};

/** Two customers became one. `survivor` and `absorbed` are the customers' ids just before. */
export type CustomerMerge = {
  readonly position: string;
  readonly factId: string;
  readonly survivor: string;
  readonly absorbed: string;
  readonly rule: 'link' | 'manual';
};

/** One customer came apart. `into` are the ids just after, oldest first; the first is `customer` itself unless it was cut off. */
export type CustomersApart = {
  readonly position: string;
  readonly factId: string;
  readonly customer: string;
  readonly into: readonly string[];
  /** `outranked`: what held it together gave way to stronger evidence. */
  readonly rule: 'split' | 'unlinked' | 'blocked' | 'outranked';
};

/** Which subjects form which customer, and how it came to that. Everything is sorted by position, so equal partitions are deeply equal. */
export type IdentityPartition = {
  readonly clusters: readonly Cluster[];
  readonly held: readonly HeldLink[];
  readonly merges: readonly CustomerMerge[];
  readonly splits: readonly CustomersApart[];
};
