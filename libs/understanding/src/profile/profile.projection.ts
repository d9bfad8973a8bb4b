import {
  type BehaviourRecorded,
  behaviourRecorded,
  consentConfirmed,
  consentDenied,
  consentGranted,
  consentWithdrawn,
  type Fact,
  type IdentifierRegistered,
  identifierRegistered,
  type IdentifierType,
  type Sealed,
  traitsUpdated,
} from '@tsunagari/contracts';
import { defineProjection } from '@tsunagari/projection';
import { withEvidence } from '../evidence-ids';
import { betterKnown, type CustomerKind } from '../purchases/purchases.state';
import { type ConsentRecord, saysConsent, withConsent } from './consents';

/** An identifier of the customer. `value` is sealed with its subject's key and opened by resolvers only. */
export type KnownIdentifier = {
  readonly subject: string;
  readonly type: IdentifierType;
  readonly value: Sealed;
  readonly verified: boolean;
  readonly blockedBy?: string;
  /** When it was first seen, ISO 8601 UTC. */
  readonly since: string;
  readonly evidence: string;
};

/** What a source said of the customer, sealed whole. A reader opens them oldest first and lays each over the last. */
export type TraitsFact = {
  readonly subject: string;
  readonly source: string;
  readonly traits: Sealed;
  readonly occurred: string;
  readonly evidence: string;
};

export type ProfileState = {
  readonly kind: CustomerKind;
  readonly identifiers: readonly KnownIdentifier[];
  /** The newest {@link KEPT_TRAITS}, oldest first. */
  readonly traits: readonly TraitsFact[];
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  /** How many behaviours, by call (`track`, `page` …). */
  readonly behaviours: Readonly<Record<string, number>>;
  readonly consents: readonly ConsentRecord[];
  /** The first fact of hers; null of nobody. */
  readonly firstFact: string | null;
  /** The newest behaviours, oldest first. */
  readonly behaviourEvidence: readonly string[];
};

/** Trait facts that are kept: enough for every source to have spoken, and a bound on what a noisy one costs. */
export const KEPT_TRAITS = 50;

/** Identifiers that are kept; clusters above the identity rules' limit do not arise. */
export const KEPT_IDENTIFIERS = 1000;

function evolve(state: ProfileState, fact: Fact): ProfileState {
  const subject = fact.subject;
  if (subject === null) return state;
  const seen: ProfileState = {
    ...state,
    firstSeen: state.firstSeen ?? fact.occurred,
    lastSeen: fact.occurred,
    firstFact: state.firstFact ?? fact.id,
  };
  if (saysConsent(fact.type)) return { ...seen, consents: withConsent(seen.consents, subject, fact) };
  switch (fact.type) {
    case identifierRegistered.type: {
      const { identifierType, value, verified, kind, blockedBy } = fact.data as IdentifierRegistered;
      if (seen.identifiers.length >= KEPT_IDENTIFIERS) return seen;
      const identifier: KnownIdentifier = {
        subject,
        type: identifierType,
        value: value as Sealed,
        verified,
        ...(blockedBy === undefined ? {} : { blockedBy }),
        since: fact.occurred,
        evidence: fact.id,
      };
      return { ...seen, kind: betterKnown(seen.kind, kind), identifiers: [...seen.identifiers, identifier] };
    }
    case traitsUpdated.type: {
      const { traits } = fact.data as { traits: Sealed };
      const said: TraitsFact = { subject, source: fact.meta.source, traits, occurred: fact.occurred, evidence: fact.id };
      return { ...seen, traits: [...seen.traits.slice(1 - KEPT_TRAITS), said] };
    }
    case behaviourRecorded.type: {
      const { call } = fact.data as BehaviourRecorded;
      const behaviours = { ...seen.behaviours, [call]: (seen.behaviours[call] ?? 0) + 1 };
      return { ...seen, behaviours, behaviourEvidence: withEvidence(seen.behaviourEvidence, fact.id) };
    }
    default:
      return seen;
  }
}

/** Who the customer is: identifiers, traits (all sealed), consents, when seen, how much observed. Read model `understanding.profile`. */
export const profileProjection = defineProjection<ProfileState>({
  name: 'profile',
  version: 3,
  types: [identifierRegistered, traitsUpdated, behaviourRecorded, consentGranted, consentConfirmed, consentDenied, consentWithdrawn].map(
    ({ type }) => type,
  ),
  key: 'customer',
  initial: {
    kind: 'unidentified',
    identifiers: [],
    traits: [],
    firstSeen: null,
    lastSeen: null,
    behaviours: {},
    consents: [],
    firstFact: null,
    behaviourEvidence: [],
  },
  evolve,
  columns: [
    { name: 'kind', sql: 'text', value: ({ kind }) => kind },
    { name: 'first_seen', sql: 'timestamptz', value: ({ firstSeen }) => firstSeen },
    { name: 'last_seen', sql: 'timestamptz', value: ({ lastSeen }) => lastSeen },
    {
      name: 'behaviours',
      sql: 'integer',
      value: ({ behaviours }) => Object.values(behaviours).reduce((sum, count) => sum + count, 0),
    },
  ],
});
