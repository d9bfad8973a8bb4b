import { accept, type DecidedFact, type Decider, type Decision, refuse } from '@tsunagari/command';
import {
  contactSlotReleased,
  contactSlotReserved,
  refusal,
  suppressionAdded,
  suppressionLifted,
  unsubscribed,
  type Channel,
  type ContactSlotReserved,
  type Fact,
  type FactDefinition,
  type FrequencyCapSet,
  type SuppressionAdded,
  type SuppressionLifted,
  type Unsubscribed,
} from '@tsunagari/contracts';
import { ms } from './moments';

export type Suppression = SuppressionAdded & { readonly at: string };
export type Slot = Pick<ContactSlotReserved, 'messageId' | 'channel' | 'topic'> & { readonly at: string };

/** What stands about one address: the stream that every dispatch decides in. */
export type ContactState = {
  readonly suppressions: readonly Suppression[];
  /** Position of the last unsubscribe, by channel: a yes that is said later lifts it. */
  readonly unsubscribed: Readonly<Partial<Record<Channel, string>>>;
  /** Places taken by marketing messages, oldest first; those older than any cap looks back are forgotten. */
  readonly slots: readonly Slot[];
};

export type ContactCommand = { readonly subject: string; readonly at: string } & (
  | ({ readonly kind: 'AddSuppression' } & SuppressionAdded)
  | {
      readonly kind: 'LiftSuppression';
      readonly channel?: Channel;
      readonly by: string;
      readonly reason: string;
      readonly mayLiftLegal: boolean;
    }
  | ({ readonly kind: 'Unsubscribe' } & Unsubscribed)
  | {
      readonly kind: 'ReserveSlot';
      readonly messageId: string;
      readonly channel: Channel;
      readonly topic?: string;
      readonly caps: readonly FrequencyCapSet[];
      /** Position of the yes on which the message stands. */
      readonly consentedAt: string;
    }
  | { readonly kind: 'ReleaseSlot'; readonly messageId: string }
);

/** No cap looks back further: 366 days. */
const LONGEST_MS = 366 * 86_400_000;

export const contactDecider: Decider<ContactCommand, ContactState> = {
  initial: { suppressions: [], unsubscribed: {}, slots: [] },

  evolve(state, fact: Fact) {
    switch (fact.type) {
      case suppressionAdded.type:
        return { ...state, suppressions: [...state.suppressions, { ...(fact.data as SuppressionAdded), at: fact.occurred }] };
      case suppressionLifted.type: {
        const { channel } = fact.data as SuppressionLifted;
        return { ...state, suppressions: state.suppressions.filter((each) => channel !== undefined && each.channel !== channel) };
      }
      case unsubscribed.type:
        return { ...state, unsubscribed: { ...state.unsubscribed, [(fact.data as Unsubscribed).channel]: fact.position } };
      case contactSlotReserved.type: {
        const { messageId, channel, topic } = fact.data as ContactSlotReserved;
        const recent = state.slots.filter(({ at }) => ms(at) > ms(fact.occurred) - LONGEST_MS);
        return { ...state, slots: [...recent, { messageId, channel, ...(topic === undefined ? {} : { topic }), at: fact.occurred }] };
      }
      case contactSlotReleased.type: {
        const { messageId } = fact.data as { messageId: string };
        return { ...state, slots: state.slots.filter((slot) => slot.messageId !== messageId) };
      }
      default:
        return state;
    }
  },

  decide(command, state) {
    switch (command.kind) {
      case 'AddSuppression': {
        const { kind: _, subject, at: __, ...suppression } = command;
        const stands = state.suppressions.some(
          (each) => each.scope === suppression.scope && each.reason === suppression.reason && each.channel === suppression.channel,
        );
        return stands ? accept() : accept(of(subject, suppressionAdded, suppression));
      }
      case 'LiftSuppression':
        return lift(command, state);
      case 'Unsubscribe': {
        const { kind: _, subject, at: __, ...data } = command;
        return accept(of(subject, unsubscribed, data));
      }
      case 'ReserveSlot':
        return reserve(command, state);
      case 'ReleaseSlot':
        if (!state.slots.some(({ messageId }) => messageId === command.messageId)) return accept();
        return accept(of(command.subject, contactSlotReleased, { messageId: command.messageId }));
    }
  },
};

function lift(command: Extract<ContactCommand, { kind: 'LiftSuppression' }>, state: ContactState): Decision {
  const { channel, by, reason } = command;
  const lifted = state.suppressions.filter((each) => channel === undefined || each.channel === channel);
  if (lifted.length === 0) return refuse(refusal('NOT_SUPPRESSED', 'recipient', 'only an address that is suppressed can be freed'));
  if (!command.mayLiftLegal && lifted.some((each) => each.reason === 'legal' || each.reason === 'complaint'))
    return refuse(
      refusal(
        'LEGAL_SUPPRESSION',
        'recipient',
        'a legal suppression and one after a complaint are not lifted by marketing',
        'ask operations',
      ),
    );
  return accept(of(command.subject, suppressionLifted, { ...(channel === undefined ? {} : { channel }), by, reason }));
}

/** A place among the marketing messages that the caps allow: taken by expected version, so that two messages never take the last one. */
function reserve(command: Extract<ContactCommand, { kind: 'ReserveSlot' }>, state: ContactState): Decision {
  const { subject, messageId, channel, topic, caps, at } = command;
  if (state.slots.some((slot) => slot.messageId === messageId)) return accept();
  const barred = barredBy(state, channel, 'marketing', at, command.consentedAt);
  if (barred) return refuse(refusal('ADDRESS_SUPPRESSED', 'recipient', barred));
  for (const cap of caps) {
    if (cap.channel !== undefined && cap.channel !== channel) continue;
    if (cap.scope !== 'global' && cap.scope !== topic) continue;
    const from = ms(at) - cap.windowHours * 3_600_000;
    const seen = state.slots.filter(
      (slot) =>
        ms(slot.at) > from &&
        (cap.channel === undefined || slot.channel === cap.channel) &&
        (cap.scope === 'global' || slot.topic === cap.scope),
    ).length;
    if (seen >= cap.max) return refuse(refusal('FREQUENCY_CAP', 'recipient', `${seen} of ${cap.max} ${cap.scope} in ${cap.windowHours} h`));
  }
  const data = { messageId, channel, category: 'marketing', ...(topic === undefined ? {} : { topic }) };
  return accept(of(subject, contactSlotReserved, data));
}

/** What keeps a message of this category from the address now, in words; undefined when nothing does. Legal messages always go. */
export function barredBy(
  state: ContactState,
  channel: Channel,
  category: 'marketing' | 'service' | 'legal',
  at: string,
  consentedAt: string,
): string | undefined {
  if (category === 'legal') return undefined;
  const suppression = state.suppressions.find(
    (each) =>
      (each.scope === 'all' || category === 'marketing') &&
      (each.channel === undefined || each.channel === channel) &&
      (each.until === undefined || each.until > at),
  );
  if (suppression) return `suppressed: ${suppression.reason}`;
  const left = state.unsubscribed[channel];
  if (category === 'marketing' && left !== undefined && !isLater(consentedAt, left)) return 'unsubscribed';
  return undefined;
}

function isLater(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}

function of(subject: string, definition: FactDefinition, data: object): DecidedFact {
  return { definition, subject, data };
}
