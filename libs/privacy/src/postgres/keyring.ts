import { createHmac } from 'node:crypto';
import { customerErased, type NewFact, type Redacted, refusal, type Sealed } from '@tsunagari/contracts';
import type { Pool } from '@tsunagari/postgres';
import { canonicalJson } from '../canonical-json';
import { check } from '../checking';
import { contextOf, openField, sealField, secretKey } from '../cipher';
import { normaliseIdentifier } from '../identifier';
import type { ExpiringKeyring, Keyring, PlainFact, SealOutcome, SubjectOf } from '../keyring';
import { ExpiringKeys } from './expiring-keys';
import { MasterKeys } from './master-keys';
import { type SubjectKey, SubjectTable } from './subject-table';

/** 32 bytes each. `lookupKey` and `digestKey` are never changed: subjects and digests rest on them. */
export type KeyringSecrets = {
  readonly masterKey: Uint8Array;
  readonly lookupKey: Uint8Array;
  readonly digestKey: Uint8Array;
  /** Master keys of earlier times: they unwrap, `rewrap` makes them needless. */
  readonly retiredMasterKeys?: readonly Uint8Array[];
};

export type PostgresKeyringOptions = {
  readonly pool: Pool;
  readonly secrets: KeyringSecrets;
  /** How long subjects and keys are remembered; at most 60,000, so that an erasure holds in every process within a minute. */
  readonly cacheTtlMs?: number;
  /** Milliseconds that never run backwards: ages the cache. */
  readonly elapsed?: () => number;
  /** The clock of keys that expire. */
  readonly now?: () => Date;
};

export type PostgresKeyring = Keyring &
  ExpiringKeyring & {
    /** Wraps every data key under the current master key. Returns how many were under a retired one. May run while others work. */
    rewrap(): Promise<number>;
  };

const erasedValue: Redacted = { redacted: true, reason: 'SUBJECT_ERASED' };
const unreadable: Redacted = { redacted: true, reason: 'UNREADABLE' };

/** The keyring in PostgreSQL. Its schema must stand: `keyringSchema`. Throws when a secret has not 32 bytes. */
export function postgresKeyring(options: PostgresKeyringOptions): PostgresKeyring {
  const { pool, secrets, cacheTtlMs = 60_000, elapsed = () => performance.now(), now = () => new Date() } = options;
  const masters = new MasterKeys(secrets.masterKey, secrets.retiredMasterKeys ?? []);
  const lookupKey = secretKey('the lookup key', secrets.lookupKey);
  const digestKey = secretKey('the digest key', secrets.digestKey);
  const table = new SubjectTable(pool, masters, { ttlMs: Math.min(cacheTtlMs, 60_000), now: elapsed });
  const expiring = new ExpiringKeys(pool, masters, now);
  const digest = (text: string): string => createHmac('sha256', digestKey).update(text).digest('hex');

  return {
    async subjectsOf(identifiers, { create }) {
      const lookups = identifiers.map((identifier) => {
        const value = normaliseIdentifier(identifier);
        return value === undefined ? undefined : createHmac('sha256', lookupKey).update(`${identifier.type}\u0000${value}`).digest('hex');
      });
      const found = await table.byLookup(new Set(lookups.filter((lookup) => lookup !== undefined)), create);
      return lookups.map((lookup): SubjectOf => (lookup === undefined ? undefined : found.get(lookup)) ?? { kind: 'unknown' });
    },

    registered: (subjects) => table.registered(subjects),

    async seal(facts) {
      const keys = await table.keysOf(facts.flatMap(({ subject }) => (subject === null ? [] : [subject])));
      return facts.map((fact) => sealFact(fact, fact.subject === null ? undefined : keys.get(fact.subject), digest));
    },

    async open(values) {
      const keys = await table.keysOf(values.map(({ subject }) => subject));
      return values.map(({ subject, sealed, of }): unknown => {
        const key = keys.get(subject);
        if (key === undefined) return unreadable;
        if (key === 'erased') return erasedValue;
        const json = openField(key, subject, sealed, of && contextOf(of.type, of.field));
        return json === undefined ? unreadable : JSON.parse(json);
      });
    },

    async forget(subjects, scope) {
      await table.forget(subjects, scope);
    },

    async forgetAgain({ erasedSubjects }) {
      let destroyed = 0;
      for (const scope of ['keep-suppression', 'forget-suppression'] as const)
        destroyed += await table.forget(
          erasedSubjects.flatMap((erasure) => (erasure.scope === scope ? erasure.subjects : [])),
          scope,
        );
      return destroyed;
    },

    erased: (subjects) => table.erased(subjects),

    fingerprint: (body) => digest(canonicalJson(['command', body ?? null])),

    sealExpiring: (bodies, ttlDays) => expiring.sealExpiring(bodies, ttlDays),
    openExpiring: (sealed) => expiring.openExpiring(sealed),
    expireKeys: (moment) => expiring.expireKeys(moment),

    async rewrap() {
      let wrapped = 0;
      for (let more = -1; more !== 0; wrapped += more) more = await table.rewrap(5_000);
      return wrapped;
    },
  };
}

/** The digest covers what the fact says, not when or how it came: an honest retry must compare equal. */
function sealFact(fact: PlainFact, key: SubjectKey | undefined, digest: (text: string) => string): SealOutcome {
  const { definition, subject, id, meta, occurred } = fact;
  if (definition.ofSubject !== (subject !== null))
    throw new Error(`${definition.name} ${definition.ofSubject ? 'needs a' : 'has no'} subject`);
  if (subject !== null && key === undefined)
    return { kind: 'refused', refusal: refusal('UNKNOWN_IDENTIFIER', 'subject', 'the subject was given by this keyring') };
  // The erasure itself may be repeated: whoever died between the fact and the forgetting tries again.
  if (key === 'erased' && definition.type !== customerErased.type)
    return { kind: 'refused', refusal: refusal('SUBJECT_ERASED', 'subject', 'nothing is recorded of an erased subject any more') };
  const checked = check(definition, fact.data);
  if (checked.kind === 'refused') return checked;
  const sealed: NewFact = {
    id,
    type: definition.type,
    schema: definition.version,
    subject,
    ...(definition.personal.length === 0
      ? { data: checked.data, json: checked.canonical }
      : { data: withSealed(checked.data, definition.type, definition.personal, subject, key) }),
    meta,
    occurred,
    digest: digest(`["${definition.type}",${definition.version},${subject === null ? 'null' : `"${subject}"`},${checked.canonical}]`),
  };
  return { kind: 'sealed', fact: sealed };
}

function withSealed(
  data: Record<string, unknown>,
  type: string,
  personal: readonly string[],
  subject: string | null,
  key: SubjectKey | undefined,
): Record<string, unknown> {
  if (subject === null || key === undefined || key === 'erased')
    throw new Error(`${type} has personal fields and no key to seal them with`);
  const stored = { ...data };
  for (const field of personal)
    if (stored[field] !== undefined)
      stored[field] = sealField(key, subject, contextOf(type, field), JSON.stringify(stored[field])) satisfies Sealed;
  return stored;
}
