import {
  customersMerged,
  identifierRegistered,
  isRedacted,
  type CustomersMerged,
  type IdentifierRegistered,
  type IdentifierType,
  type Sealed,
} from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { Keyring } from '@tsunagari/privacy';
import type { IdentityQuestions } from '../identity/identity-questions';

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

/**
 * Customers as people see them: members from the identity projection, identifiers and decisions from the journal, values opened by
 * the keyring. Three reads for a page of customers, whatever its length. What is no customer (any more) is null.
 */
export async function readCustomers(
  ports: { readonly identity: IdentityQuestions; readonly journal: Journal; readonly keyring: Keyring },
  ids: readonly string[],
): Promise<readonly (CustomerView | null)[]> {
  const members = await ports.identity.membersOf(ids);
  const subjects = [...members.values()].flat().map(({ subject }) => subject);
  if (subjects.length === 0) return ids.map(() => null);
  const facts = await ports.journal.bySubjects({ subjects, types: [identifierRegistered.type, customersMerged.type] });

  const registrations = facts.filter(({ type }) => type === identifierRegistered.type);
  const opened = await ports.keyring.open(
    registrations.map(({ subject, data }) => ({ subject: subject ?? '', sealed: (data as { value: string }).value as Sealed })),
  );
  const registered = new Map(
    registrations.map((fact, n) => [fact.subject ?? '', { fact, data: fact.data as IdentifierRegistered, value: opened[n] }] as const),
  );
  const merges = facts.filter(({ type }) => type === customersMerged.type);

  return ids.map((customer) => {
    const own = members.get(customer);
    if (!own) return null;
    const identifiers = own.flatMap(({ subject, verified, blocked }): IdentifierView[] => {
      const known = registered.get(subject);
      if (!known) return [];
      return [
        {
          subject,
          type: known.data.identifierType,
          value: isRedacted(known.value) ? null : String(known.value),
          verified,
          blocked,
          firstSeen: known.fact.occurred,
        },
      ];
    });
    const subjectsOfOwn = new Set(own.map(({ subject }) => subject));
    const kinds = own.map(({ subject }) => registered.get(subject)?.data.kind);
    return {
      customer,
      kind: kinds.includes('account') ? 'account' : kinds.includes('person') ? 'person' : 'unidentified',
      erased: own.some(({ erased }) => erased),
      identifiers,
      mergedFrom: merges
        .map((fact) => ({ at: fact.occurred, ...(fact.data as CustomersMerged) }))
        .filter((merge) => merge.subjects.every((subject) => subjectsOfOwn.has(subject)))
        .reverse(),
    };
  });
}
