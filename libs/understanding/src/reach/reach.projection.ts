import {
  type Channel,
  CHANNEL_ADDRESSES,
  CHANNELS,
  consentConfirmed,
  consentDenied,
  consentGranted,
  consentWithdrawn,
  customerConnected,
  customerDisconnected,
  customerErased,
  type Fact,
  type IdentifierRegistered,
  identifierRegistered,
  type IdentifierType,
  interactionRecorded,
  type SuppressionAdded,
  suppressionAdded,
  type SuppressionLifted,
  suppressionLifted,
  type Unsubscribed,
  unsubscribed,
} from '@tsunagari/contracts';
import { defineProjection, type ProjectionDefinition } from '@tsunagari/projection';
import { calendarOf, type DayNumber, dayNumberOf, dayOf, startOfDay } from '../calendar';
import { type ConsentRecord, consentOf, saysConsent, withConsent } from '../profile/consents';

type Address = { readonly subject: string; readonly type: IdentifierType };
/** Nothing of marketing goes to this address; `channel` null: on any. Moments ISO 8601 UTC. */
type Suppression = { readonly subject: string; readonly channel: Channel | null; readonly until: string | null };
type Unsubscription = { readonly subject: string; readonly channel: Channel; readonly at: string };

/** How the brand reaches a customer, and how she reaches the brand. */
export type ReachState = {
  readonly addresses: readonly Address[];
  readonly consents: readonly ConsentRecord[];
  readonly suppressions: readonly Suppression[];
  readonly unsubscriptions: readonly Unsubscription[];
  /** Touchpoints where she is connected, as long as she is. */
  readonly touchpoints: readonly string[];
  /** The newest contact, whoever began it. */
  readonly lastInteraction: DayNumber | null;
  /** Her keys are destroyed: the relationship is over. */
  readonly erased: boolean;
  /** Channels with an address of hers that is live and that she agreed to be reached at, as of `judged`. */
  readonly outbound: readonly Channel[];
  /** The moment for which `outbound` holds, ISO 8601 UTC; empty before the first fact. */
  readonly judged: string;
};

const INITIAL: ReachState = {
  addresses: [],
  consents: [],
  suppressions: [],
  unsubscriptions: [],
  touchpoints: [],
  lastInteraction: null,
  erased: false,
  outbound: [],
  judged: '',
};

/** Addresses that are kept of one customer; clusters above the identity rules' limit do not arise. */
export const KEPT_ADDRESSES = 1000;

const IS_ADDRESS: ReadonlySet<IdentifierType> = new Set(Object.values(CHANNEL_ADDRESSES).flat());

/** What a fact makes of the customer, before time and consent are looked at again. */
function told(state: ReachState, fact: Fact, dayAt: (moment: string) => DayNumber): ReachState {
  const { type, data, occurred } = fact;
  const subject = fact.subject ?? '';
  if (saysConsent(type)) return { ...state, consents: withConsent(state.consents, subject, fact) };
  switch (type) {
    case identifierRegistered.type: {
      const { identifierType, blockedBy } = data as IdentifierRegistered;
      const isNone = blockedBy !== undefined || !IS_ADDRESS.has(identifierType) || state.addresses.length >= KEPT_ADDRESSES;
      return isNone ? state : { ...state, addresses: [...state.addresses, { subject, type: identifierType }] };
    }
    case suppressionAdded.type: {
      const { channel = null, until = null } = data as SuppressionAdded;
      return { ...state, suppressions: [...state.suppressions, { subject, channel, until }] };
    }
    case suppressionLifted.type: {
      const { channel } = data as SuppressionLifted;
      const stands = (each: Suppression): boolean => each.subject !== subject || (channel !== undefined && each.channel !== channel);
      return { ...state, suppressions: state.suppressions.filter(stands) };
    }
    case unsubscribed.type: {
      const { channel } = data as Unsubscribed;
      const others = state.unsubscriptions.filter((each) => each.subject !== subject || each.channel !== channel);
      return { ...state, unsubscriptions: [...others, { subject, channel, at: occurred }] };
    }
    case customerConnected.type: {
      const { touchpointId } = data as { touchpointId: string };
      return { ...state, touchpoints: [...new Set([...state.touchpoints, touchpointId])] };
    }
    case customerDisconnected.type: {
      const { touchpointId } = data as { touchpointId: string };
      return { ...state, touchpoints: state.touchpoints.filter((each) => each !== touchpointId) };
    }
    case interactionRecorded.type:
      return { ...state, lastInteraction: dayAt(occurred) };
    case customerErased.type:
      return { ...state, erased: true };
    default:
      return state;
  }
}

/** Whether something of marketing may go to this address: what a dispatch checks besides caps and quiet hours. */
function isLive(state: ReachState, { subject, type }: Address, channel: Channel, moment: string): boolean {
  if (!CHANNEL_ADDRESSES[channel].includes(type)) return false;
  const suppressed = state.suppressions.some(
    (each) =>
      each.subject === subject && (each.channel === null || each.channel === channel) && (each.until === null || each.until > moment),
  );
  const left = state.unsubscriptions.find((each) => each.subject === subject && each.channel === channel)?.at;
  // A yes that she said after she left lifts it.
  const cameBack = (at: string): boolean =>
    state.consents.some(
      ({ category, answer, since, ...of }) =>
        category === MARKETING && answer === 'granted' && (of.channel === null || of.channel === channel) && since > at,
    );
  return !suppressed && (left === undefined || cameBack(left));
}

const MARKETING = 'marketing';

function judged(state: ReachState, moment: string): ReachState {
  const outbound = state.erased
    ? []
    : CHANNELS.filter(
        (channel) =>
          consentOf(state, MARKETING, channel, moment) === 'granted' &&
          state.addresses.some((address) => isLive(state, address, channel, moment)),
      );
  return { ...state, outbound, judged: moment };
}

/** Moments at which time alone changes what holds. */
function borders({ consents, suppressions, judged: since }: ReachState): readonly string[] {
  return [...consents.flatMap(({ expiresAt }) => expiresAt ?? []), ...suppressions.flatMap(({ until }) => until ?? [])].filter(
    (moment) => moment > since,
  );
}

/**
 * How a customer can be reached and can answer: touchpoints where she is connected, channels with a live address that she agreed to be
 * reached at for marketing, by the stricter word of all her identifiers. Grants that end and suppressions that are over are noticed at the
 * close of their day. Whether one message goes out is decided by consent itself at dispatch, never here. Read model `understanding.reach`.
 */
export function reachProjection(timeZone = 'UTC'): ProjectionDefinition<ReachState> {
  const dayAt = calendarOf(timeZone);
  return defineProjection<ReachState>({
    name: 'reach',
    version: 1,
    types: [
      identifierRegistered,
      consentGranted,
      consentConfirmed,
      consentDenied,
      consentWithdrawn,
      suppressionAdded,
      suppressionLifted,
      unsubscribed,
      customerConnected,
      customerDisconnected,
      interactionRecorded,
      customerErased,
    ].map(({ type }) => type),
    key: 'customer',
    initial: INITIAL,
    evolve: (state, fact) => judged(told(state, fact, dayAt), fact.occurred),
    nextDue(state) {
      const days = borders(state).map(dayAt);
      return days.length === 0 ? undefined : dayOf(Math.min(...days));
    },
    tick: (state, day) => judged(state, startOfDay(dayNumberOf(day) + 1, timeZone)),
    columns: [
      // Ids of touchpoints hold no space.
      { name: 'touchpoints', sql: 'text', value: ({ touchpoints }) => touchpoints.join(' ') },
      { name: 'outbound', sql: 'boolean', value: ({ outbound }) => outbound.length > 0 },
      { name: 'last_interaction', sql: 'integer', value: ({ lastInteraction }) => lastInteraction },
      { name: 'erased', sql: 'boolean', value: ({ erased }) => erased },
    ],
  });
}
