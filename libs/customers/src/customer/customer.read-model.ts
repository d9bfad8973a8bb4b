import {
  customersMerged,
  identifierBlocked,
  identifierRegistered,
  isRedacted,
  type CustomersMerged,
  type Fact,
  type IdentifierRegistered,
  type IdentifierType,
  type Sealed,
} from '@tsunagari/contracts';
import type { Principal } from '@tsunagari/access';
import type { Journal } from '@tsunagari/event-log';
import type { Keyring } from '@tsunagari/privacy';
import { type IdentityReader, type Moment, subjectsReached } from '@tsunagari/projection';

export type IdentifierView = {
  readonly subject: string;
  readonly type: IdentifierType;
  /** Opened here, for a caller whose role may; null when its key is destroyed. */
  readonly value: string | null;
  readonly verified: boolean;
  readonly blocked: boolean;
  readonly firstSeen: string;
};

export type CustomerView = {
  readonly customer: string;
  readonly kind: IdentifierRegistered['kind'];
  readonly erased: boolean;
  readonly identifiers: readonly IdentifierView[];
  readonly mergedFrom: readonly {
    readonly subjects: readonly string[];
    readonly by: string;
    readonly reason: string;
    readonly at: string;
  }[];
};

export type CustomerReads = { readonly identity: IdentityReader; readonly journal: Journal; readonly keyring: Keyring };

/**
 * Customers as people see them: members from identity, identifiers and decisions from the journal, values opened by the keyring. A
 * handful of reads for a page of customers, whatever its length. An id that was never seen, or is no customer any more, is null; so is
 * one of whom the reader reaches nothing. Of whom she reaches a part, she sees that part and nothing that names the rest. The platform
 * itself, which decides a command, reads customers whole; so does whoever may ask for one as of a moment. Erasure is no matter of
 * moments: what is forgotten cannot be read in the past either.
 */
export async function readCustomers(
  { identity, journal, keyring }: CustomerReads,
  ids: readonly string[],
  reader: Principal | 'platform',
  moment?: Moment,
): Promise<readonly (CustomerView | null)[]> {
  const isWhole = reader === 'platform' || moment !== undefined;
  const members = await (isWhole ? identity.subjectsOf(ids, moment?.position) : subjectsReached({ identity }, reader, ids));
  const subjects = [...members.values()].flat();
  if (subjects.length === 0) return ids.map(() => null);
  const [facts, erased] = await Promise.all([
    journal.bySubjects({
      subjects,
      types: [identifierRegistered.type, identifierBlocked.type, customersMerged.type],
      ...(moment ? { upTo: moment.position } : {}),
      ...(moment?.occurredBy == null ? {} : { occurredBy: moment.occurredBy }),
    }),
    keyring.erased(subjects),
  ]);
  const registered = await openedRegistrations(facts, keyring);
  const blocked = new Set(facts.filter(({ type }) => type === identifierBlocked.type).map(({ subject }) => subject));
  const merges = facts.filter(({ type }) => type === customersMerged.type);

  return ids.map((customer) => {
    const own = members.get(customer) ?? [];
    const identifiers = own.flatMap((subject) => registered.get(subject) ?? []);
    if (identifiers.length === 0) return null;
    const kinds = identifiers.map(({ kind }) => kind);
    return {
      customer,
      kind: kinds.includes('account') ? 'account' : kinds.includes('person') ? 'person' : 'unidentified',
      erased: own.some((subject) => erased.has(subject)),
      identifiers: identifiers
        .map(({ kind: _, ...identifier }) => ({ ...identifier, blocked: identifier.blocked || blocked.has(identifier.subject) }))
        .sort((a, b) => (a.firstSeen < b.firstSeen ? -1 : a.firstSeen > b.firstSeen ? 1 : 0)),
      mergedFrom: merges
        .map((fact) => ({ at: fact.occurred, ...(fact.data as CustomersMerged) }))
        .filter((merge) => merge.subjects.every((subject) => own.includes(subject)))
        .reverse(),
    };
  });
}

async function openedRegistrations(
  facts: readonly Fact[],
  keyring: Keyring,
): Promise<Map<string, IdentifierView & { readonly kind: CustomerView['kind'] }>> {
  const registrations = facts.filter(({ type }) => type === identifierRegistered.type);
  const opened = await keyring.open(
    registrations.map(({ subject, data }) => ({ subject: subject ?? '', sealed: (data as { readonly value: Sealed }).value })),
  );
  return new Map(
    registrations.map((fact, n) => {
      const data = fact.data as IdentifierRegistered;
      const subject = fact.subject ?? '';
      const view = {
        subject,
        type: data.identifierType,
        value: isRedacted(opened[n]) ? null : String(opened[n]),
        verified: data.verified,
        blocked: data.blockedBy !== undefined,
        firstSeen: fact.occurred,
        kind: data.kind,
      };
      return [subject, view] as const;
    }),
  );
}
