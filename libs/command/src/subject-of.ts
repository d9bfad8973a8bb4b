import { identifierRegistered, refusal, streamName, type IdentifierType, type Refusal } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import { registrationFactId, type Keyring } from '@tsunagari/privacy';
import type { Asked } from './asked';

/** The subject of an identifier that a caller names. `prepare` goes into the envelope: it registers one that is seen for the first time. */
export type NamedSubject =
  | { readonly kind: 'known'; readonly subject: string; readonly prepare?: () => Promise<Refusal | undefined> }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export type NamedIdentifier = { readonly type: IdentifierType; readonly value: string };

/**
 * Looks up whom an identifier of a command means, and gives a new one its subject. Its `IdentifierRegistered` is recorded right before
 * the command's own facts, so that a refused command writes nothing. Refuses `UNKNOWN_IDENTIFIER` and `SUBJECT_ERASED` at `field`.
 */
export async function subjectOf(
  { store, keyring }: { readonly store: EventStore; readonly keyring: Keyring },
  identifier: NamedIdentifier,
  field: string,
  asked: Asked,
  source: string,
  seenAt: string = asked.at,
): Promise<NamedSubject> {
  const unnamed = refusal('UNKNOWN_IDENTIFIER', field, `the ${field} is named by an identifier`);
  const [known] = await keyring.subjectsOf([identifier], { create: true });
  if (!known || known.kind === 'unknown') return { kind: 'refused', refusal: unnamed };
  if (known.kind === 'erased')
    return { kind: 'refused', refusal: refusal('SUBJECT_ERASED', field, 'nothing more is recorded of an erased customer') };
  const { subject } = known;
  if (!known.isNew) return { kind: 'known', subject };

  /** However often it is tried, it stands once. */
  async function prepare(): Promise<Refusal | undefined> {
    const [sealed] = await keyring.seal([
      {
        id: registrationFactId(subject),
        definition: identifierRegistered,
        subject,
        data: {
          identifierType: identifier.type,
          value: identifier.value,
          verified: true,
          kind: identifier.type === 'invoice' ? 'unidentified' : 'person',
        },
        meta: { actor: asked.by, source, correlationId: asked.requestId },
        occurred: seenAt,
      },
    ]);
    if (!sealed || sealed.kind === 'refused') return sealed?.refusal ?? unnamed;
    // A conflict means that somebody registered it meanwhile: the same fact stands.
    const outcome = await store.append({ stream: streamName('identifier', subject), expected: 'none', facts: [sealed.fact] });
    if (outcome.kind === 'overloaded')
      return refusal('OVERLOADED', null, 'the event store has more work than it can queue', `try again in ${outcome.retryAfterMs} ms`);
    await keyring.registered([subject]);
    return undefined;
  }
  return { kind: 'known', subject, prepare };
}
