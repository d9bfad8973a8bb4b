import { refusal } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import type { Keyring } from '@tsunagari/privacy';
import type { Asked } from './asked';
import { type NamedIdentifier, type NamedSubject, subjectOf } from './subject-of';

/** Who signed in, as `access` has it. */
type SignedIn = { readonly kind: 'anonymous' | 'customer' | 'staff'; readonly subject: string | null };

/**
 * For whom a command speaks: a customer's own token for herself and nobody else, everybody else for the customer that the command names.
 * Refuses `INVALID_FIELD` when a customer names somebody, `UNKNOWN_CUSTOMER` when she was never seen, `MISSING_FIELD` when nobody is named;
 * and as {@link subjectOf}.
 */
export async function speaker(
  ports: { readonly store: EventStore; readonly keyring: Keyring },
  customer: NamedIdentifier | undefined,
  principal: SignedIn,
  asked: Asked,
  source: string,
): Promise<NamedSubject> {
  if (principal.kind !== 'customer') {
    if (customer !== undefined) return subjectOf(ports, customer, 'customer', asked, source);
    return {
      kind: 'refused',
      refusal: refusal('MISSING_FIELD', 'customer', 'whom it is about is named by an identifier', 'send customer'),
    };
  }
  if (customer !== undefined)
    return { kind: 'refused', refusal: refusal('INVALID_FIELD', 'customer', 'a customer speaks for herself', 'leave customer out') };
  if (principal.subject !== null) return { kind: 'known', subject: principal.subject };
  const rule = 'the customer is one that the platform has seen';
  return { kind: 'refused', refusal: refusal('UNKNOWN_CUSTOMER', 'customer', rule, 'identify her first') };
}
