import { type CustomerUnderstood, type Fact, customerUnderstood } from '@tsunagari/contracts';
import { type Day, defineProjection, type ProjectionDefinition } from '@tsunagari/projection';
import type { Understood } from '../attributes/attributes';
import { dayNumberOf, dayOf, calendarOf } from '../calendar';
import { EMPTY_BOOK, type DefinitionBook } from '../definitions/definition-book';
import { experienceProjection, type ExperienceState } from '../experience/experience.projection';
import { holdingsProjection, type HoldingsState, monthlyMinorOn, runningContracts } from '../holdings/holdings.projection';
import { profileProjection, type ProfileState } from '../profile/profile.projection';
import { purchasesProjection } from '../purchases/purchases.projection';
import { type PurchasesState, saleDayNumbers } from '../purchases/purchases.state';
import { isKnown, judgementOf, type Standing, standingOf } from './standing';
import { signalsOf } from './standing.signals';

/** Everything that decides where a customer stands, and where she stands as of the last closed day. */
export type StandingState = Omit<Understood, 'customer'> & {
  /** The next day at whose close it is judged anew; null while nothing can change by time alone. */
  readonly due: Day | null;
  /** Null until the first day is closed, and of nobody known. */
  readonly standing: Standing | null;
};

/** Raised with every change of meaning of the code; the definitions have their own number, see {@link standingVersion}. */
const CODE = 4;
const REVISIONS = 1_000_000;

/** The version of a generation: that of the code, and the newest definition that it knows (its version in its stream). */
export function standingVersion(revision: number): number {
  return CODE * REVISIONS + revision;
}

/** Up to which definition a version knows; null where it is of other code than this process has. */
export function revisionOf(version: number): number | null {
  return Math.floor(version / REVISIONS) === CODE ? version % REVISIONS : null;
}

type Part<S> = Pick<ProjectionDefinition<S>, 'types' | 'initial' | 'evolve'>;

function partly<S>(part: Part<S>): (state: S | null, fact: Fact) => S | null {
  const types = new Set(part.types);
  return (state, fact) => (types.has(fact.type) ? part.evolve(state ?? part.initial, fact) : state);
}

/** What a profile says of a relationship: what a source said of the person, and what she consented to, is kept elsewhere. */
function slim(profile: ProfileState | null): ProfileState | null {
  return profile === null || (profile.traits.length === 0 && profile.consents.length === 0)
    ? profile
    : { ...profile, traits: [], consents: [] };
}

export type StandingOptions = {
  readonly timeZone?: string;
  /** The definitions, and the version in their stream of the newest one that matters; none by default. */
  readonly book?: DefinitionBook;
  readonly revision?: number;
};

/**
 * Where a customer stands: segments, lifecycle stage, needs, the risk that she leaves, silence, lapse; judged at the close of each day under
 * the definitions of its version, and told as signals. Read model `understanding.standing`; what GraphQL answers is judged on reading.
 */
export function standingProjection({
  timeZone = 'UTC',
  book = EMPTY_BOOK,
  revision = 0,
}: StandingOptions = {}): ProjectionDefinition<StandingState> {
  const dayAt = calendarOf(timeZone);
  const parts: {
    readonly purchases: Part<PurchasesState>;
    readonly profile: Part<ProfileState>;
    readonly holdings: Part<HoldingsState>;
    readonly experience: Part<ExperienceState>;
  } = {
    purchases: purchasesProjection(timeZone),
    profile: profileProjection,
    holdings: holdingsProjection(timeZone),
    experience: experienceProjection(timeZone),
  };
  const [purchases, profile, holdings, experience] = [
    partly(parts.purchases),
    partly(parts.profile),
    partly(parts.holdings),
    partly(parts.experience),
  ];
  const judgement = judgementOf(book);
  return defineProjection<StandingState>({
    name: 'standing',
    version: standingVersion(revision),
    types: [...new Set(Object.values(parts).flatMap(({ types }) => types))],
    key: 'customer',
    initial: { purchases: null, profile: null, holdings: null, experience: null, due: null, standing: null },
    evolve: (state, fact) => ({
      purchases: purchases(state.purchases, fact),
      profile: slim(profile(state.profile, fact)),
      holdings: holdings(state.holdings, fact),
      experience: experience(state.experience, fact),
      due: state.due ?? dayOf(dayAt(fact.occurred)),
      standing: state.standing,
    }),
    nextDue: ({ due }) => due ?? undefined,
    tick(state, day) {
      if (!isKnown(state)) return { ...state, due: null, standing: null };
      const number = dayNumberOf(day);
      return { ...state, due: dayOf(number + 1), standing: standingOf({ ...state, customer: '' }, number, judgement) };
    },
    ticks: 'latest',
    signals: (before, after, evidence) => signalsOf(judgement, before, after, evidence),
    publishes: shownState,
    columns: [
      { name: 'stage', sql: 'text', value: ({ standing }) => standing?.stage?.stageId ?? null },
      { name: 'at_risk', sql: 'boolean', value: ({ standing }) => standing?.atRisk ?? false },
    ],
  });
}

/** The record of the topic `state`. */
function shownState({ purchases, holdings, experience, standing }: StandingState): CustomerUnderstood | null {
  if (standing === null) return null;
  const days = purchases === null ? [] : saleDayNumbers(purchases);
  const [lastPurchase, lastUse] = [days.at(-1), experience?.lastUse?.day];
  const shown: CustomerUnderstood = {
    stage: standing.stage?.stageId ?? null,
    segments: Object.keys(standing.segments),
    needs: Object.keys(standing.needs),
    churnRisk: standing.atRisk,
    churnReasons: [...new Set(standing.reasons.map(({ code }) => code))],
    silentSubscriber: standing.silentSubscriber,
    lapsed: standing.lapsed,
    subscriber: holdings !== null && runningContracts(holdings).length > 0,
    purchases: days.length,
    lastPurchase: lastPurchase === undefined ? null : dayOf(lastPurchase),
    lastUse: lastUse === undefined ? null : dayOf(lastUse),
    nps: experience?.answers.findLast(({ instrument }) => instrument === 'NPS')?.score ?? null,
    monthlyMinor: holdings === null ? {} : { ...monthlyMinorOn(holdings, Number.MAX_SAFE_INTEGER) },
  };
  return shown;
}

/** The projection's name is the kind of its state record. */
export const STANDING = customerUnderstood.kind;
