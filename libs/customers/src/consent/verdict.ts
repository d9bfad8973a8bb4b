import type { Channel, ConsentVerdict } from '@tsunagari/contracts';
import { type ConsentEntry, type ConsentState, effective, isLater } from './consent.decider';

/** What is known of a customer when somebody asks whether she may be reached. */
export type ConsentOfCustomer = {
  /** The subject that would be reached. */
  readonly subject: string;
  /** What verified links alone join with it, itself included. */
  readonly authorityGroup: readonly string[];
  /** What was said under each of her identifiers. */
  readonly said: ReadonlyMap<string, ConsentState>;
  /** Whether two subjects were one customer when the fact at this position was recorded. */
  readonly together: (one: string, other: string, position: string) => boolean;
  readonly erased: boolean;
};

type Word = { readonly subject: string; readonly entry: ConsentEntry };

/**
 * Whether she may be reached. A yes counts for the identifiers that verified links join with the one it was said under; a no counts for the
 * whole customer. A later yes lifts a no only if both identifiers were one customer when it was said: so the stricter wins after a merge,
 * until she answers, and a split gives both sides back what they had.
 */
export function consentVerdict(customer: ConsentOfCustomer, category: string, channel: Channel | null, at: string): ConsentVerdict {
  const forbidden = (reason: (ConsentVerdict & { kind: 'forbidden' })['reason']): ConsentVerdict => ({ kind: 'forbidden', reason });
  if (customer.erased) return forbidden('ERASED');
  const objections = [...customer.said.values()].flatMap((state) => state.objections);
  if ((category === 'profiling' || category === 'analysis') && objections.includes(category)) return forbidden('OBJECTED');
  if (category === 'analysis') return { kind: 'allowed', basis: 'legal-basis-of-the-deployment', saidAt: '0' };

  const words = wordsOf(customer, category, channel, at);
  const own = words.filter(({ subject, entry }) => covers(customer, subject, entry.verified));
  const yes = newest(own.filter(({ entry }) => entry.status === 'granted'));
  if (!yes) {
    const last = newest(own);
    if (last) return forbidden(REASON[last.entry.status]);
    return forbidden(words.some(({ entry }) => entry.status === 'granted') ? 'NOT_OF_ADDRESS' : 'NO_CONSENT');
  }
  const no = words.find(
    ({ subject, entry }) =>
      (entry.status === 'denied' || entry.status === 'withdrawn') &&
      !(isLater(yes.entry.position, entry.position) && customer.together(yes.subject, subject, yes.entry.position)),
  );
  if (!no) return { kind: 'allowed', basis: yes.entry.noticeVersion ?? yes.entry.source, saidAt: yes.entry.position };
  return forbidden(isLater(no.entry.position, yes.entry.position) ? REASON[no.entry.status] : 'STRICTER_OF_MERGED');
}

/** The pairs about which {@link consentVerdict} may ask whether they were together, and when. */
export function pairsToAsk(
  said: ReadonlyMap<string, ConsentState>,
  category: string,
  channel: Channel | null,
  at: string,
): readonly { readonly position: string; readonly subjects: readonly string[] }[] {
  const words = wordsOf({ said }, category, channel, at);
  const nos = words.filter(({ entry }) => entry.status === 'denied' || entry.status === 'withdrawn').map(({ subject }) => subject);
  if (nos.length === 0) return [];
  return words
    .filter(({ entry }) => entry.status === 'granted')
    .map(({ subject, entry }) => ({ position: entry.position, subjects: [...new Set([subject, ...nos])] }));
}

const REASON = { granted: 'NO_CONSENT', pending: 'UNCONFIRMED', denied: 'DENIED', withdrawn: 'WITHDRAWN', expired: 'EXPIRED' } as const;

function wordsOf({ said }: Pick<ConsentOfCustomer, 'said'>, category: string, channel: Channel | null, at: string): readonly Word[] {
  return [...said].flatMap(([subject, state]) => {
    const entry = effective(state, category, channel, at);
    return entry ? [{ subject, entry }] : [];
  });
}

/** The word of a public key is of its own identifier alone. */
function covers({ subject: address, authorityGroup }: ConsentOfCustomer, subject: string, verified: boolean): boolean {
  return subject === address || (verified && authorityGroup.includes(subject));
}

function newest(words: readonly Word[]): Word | undefined {
  return words.reduce<Word | undefined>(
    (later, word) => (!later || isLater(word.entry.position, later.entry.position) ? word : later),
    undefined,
  );
}
