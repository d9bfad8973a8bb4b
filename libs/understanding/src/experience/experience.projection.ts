import {
  type BehaviourRecorded,
  behaviourRecorded,
  customerConnected,
  customerDisconnected,
  type Fact,
  type InteractionRecorded,
  interactionRecorded,
  type SurveyAnswered,
  surveyAnswered,
  type SurveySent,
  surveySent,
  voiceRecorded,
} from '@tsunagari/contracts';
import { defineProjection, type ProjectionDefinition } from '@tsunagari/projection';
import { calendarOf, type DayNumber, dayOf } from '../calendar';
import { withEvidence } from '../evidence-ids';

/** A calendar day and how often something happened on it. */
export type DayCount = readonly [day: DayNumber, count: number];

export type Answer = {
  readonly instrument: SurveyAnswered['instrument'];
  readonly waveId: string;
  readonly score: number;
  readonly scaleMin: number;
  readonly scaleMax: number;
  readonly sevenIs: 'easy' | 'hard' | null;
  readonly day: DayNumber;
  readonly occurred: string;
  readonly evidence: string;
};

export type Asked = {
  readonly instrument: SurveySent['instrument'];
  readonly waveId: string;
  readonly day: DayNumber;
  readonly evidence: string;
};
export type Voice = { readonly kind: string; readonly day: DayNumber; readonly evidence: string };
export type Connected = { readonly touchpointId: string; readonly since: DayNumber; readonly evidence: string };

export type ExperienceState = {
  /** Days on which she used something (tracked events and screens), ascending, the newest {@link KEPT_DAYS}. */
  readonly uses: readonly DayCount[];
  /** By name, of the most used: what the usage profile shows. */
  readonly usesByName: Readonly<Record<string, number>>;
  readonly usesByPlace: Readonly<Record<string, number>>;
  /** The newest uses, oldest first. */
  readonly useEvidence: readonly string[];
  readonly lastUse: { readonly day: DayNumber; readonly evidence: string } | null;
  readonly asked: readonly Asked[];
  readonly answers: readonly Answer[];
  readonly voices: readonly Voice[];
  /** Touchpoints by which she can be met, as long as she is connected there. */
  readonly connections: readonly Connected[];
  readonly interactions: readonly DayCount[];
  readonly interactionsByCustomer: readonly DayCount[];
  /** The newest interactions, oldest first. */
  readonly interactionEvidence: readonly string[];
  /** The day at whose close she had used nothing for {@link UNUSED_AFTER_DAYS} days; null while she uses something, or never did. */
  readonly unusedSince: DayNumber | null;
};

export const KEPT_DAYS = 400;
export const KEPT_NAMES = 50;
export const KEPT_ANSWERS = 60;

/** Days without a use after which whoever pays is called a silent subscriber. */
export const UNUSED_AFTER_DAYS = 30;

const INITIAL: ExperienceState = {
  uses: [],
  usesByName: {},
  usesByPlace: {},
  useEvidence: [],
  lastUse: null,
  asked: [],
  answers: [],
  voices: [],
  connections: [],
  interactions: [],
  interactionsByCustomer: [],
  interactionEvidence: [],
  unusedSince: null,
};

/** Facts come in order of occurrence, so a day is the last one or a new one. */
function counted(days: readonly DayCount[], day: DayNumber): readonly DayCount[] {
  const last = days.at(-1);
  if (last?.[0] === day) return [...days.slice(0, -1), [day, last[1] + 1]];
  return [...days.slice(1 - KEPT_DAYS), [day, 1]];
}

function named(names: Readonly<Record<string, number>>, name: string): Readonly<Record<string, number>> {
  if (name === '' || (!Object.hasOwn(names, name) && Object.keys(names).length >= KEPT_NAMES)) return names;
  return { ...names, [name]: (names[name] ?? 0) + 1 };
}

function use(state: ExperienceState, { call, name, place }: BehaviourRecorded, day: DayNumber, evidence: string): ExperienceState {
  if (call !== 'track' && call !== 'screen') return state;
  return {
    ...state,
    uses: counted(state.uses, day),
    usesByName: named(state.usesByName, name),
    usesByPlace: named(state.usesByPlace, place ?? ''),
    useEvidence: withEvidence(state.useEvidence, evidence),
    lastUse: { day, evidence },
    unusedSince: null,
  };
}

function evolve(state: ExperienceState, fact: Fact, day: DayNumber): ExperienceState {
  switch (fact.type) {
    case behaviourRecorded.type:
      return use(state, fact.data as BehaviourRecorded, day, fact.id);
    case surveySent.type: {
      const { instrument, waveId } = fact.data as SurveySent;
      return { ...state, asked: [...state.asked.slice(1 - KEPT_ANSWERS), { instrument, waveId, day, evidence: fact.id }] };
    }
    case surveyAnswered.type: {
      const { instrument, waveId, score, scaleMin, scaleMax, sevenIs = null } = fact.data as SurveyAnswered;
      const others = state.answers.filter((each) => each.instrument !== instrument || each.waveId !== waveId);
      const answer: Answer = { instrument, waveId, score, scaleMin, scaleMax, sevenIs, day, occurred: fact.occurred, evidence: fact.id };
      return { ...state, answers: [...others.slice(1 - KEPT_ANSWERS), answer] };
    }
    case voiceRecorded.type: {
      const { kind } = fact.data as { kind: string };
      return { ...state, voices: [...state.voices.slice(1 - KEPT_ANSWERS), { kind, day, evidence: fact.id }] };
    }
    case customerConnected.type: {
      const { touchpointId } = fact.data as { touchpointId: string };
      const others = state.connections.filter((each) => each.touchpointId !== touchpointId);
      return { ...state, connections: [...others, { touchpointId, since: day, evidence: fact.id }] };
    }
    case customerDisconnected.type: {
      const { touchpointId } = fact.data as { touchpointId: string };
      return { ...state, connections: state.connections.filter((each) => each.touchpointId !== touchpointId) };
    }
    case interactionRecorded.type: {
      const { initiator } = fact.data as InteractionRecorded;
      return {
        ...state,
        interactions: counted(state.interactions, day),
        interactionEvidence: withEvidence(state.interactionEvidence, fact.id),
        interactionsByCustomer: initiator === 'customer' ? counted(state.interactionsByCustomer, day) : state.interactionsByCustomer,
      };
    }
    default:
      return state;
  }
}

/** How often within the `days` days that end with `upTo`. */
export function countWithin(counts: readonly DayCount[], upTo: DayNumber, days: number): number {
  return counts.reduce((sum, [day, count]) => sum + (day <= upTo && day > upTo - days ? count : 0), 0);
}

/**
 * How it goes for a customer: what she uses, what she says, what she is connected by, who begins a conversation. Read model
 * `understanding.experience`.
 */
export function experienceProjection(timeZone = 'UTC'): ProjectionDefinition<ExperienceState> {
  const dayAt = calendarOf(timeZone);
  return defineProjection<ExperienceState>({
    name: 'experience',
    version: 2,
    types: [behaviourRecorded, surveySent, surveyAnswered, voiceRecorded, customerConnected, customerDisconnected, interactionRecorded].map(
      ({ type }) => type,
    ),
    key: 'customer',
    initial: INITIAL,
    evolve: (state, fact) => evolve(state, fact, dayAt(fact.occurred)),
    nextDue: ({ lastUse, unusedSince }) => (lastUse === null || unusedSince !== null ? undefined : dayOf(lastUse.day + UNUSED_AFTER_DAYS)),
    tick: (state) => ({ ...state, unusedSince: state.lastUse === null ? null : state.lastUse.day + UNUSED_AFTER_DAYS }),
    columns: [
      { name: 'last_use', sql: 'integer', value: ({ lastUse }) => lastUse?.day ?? null },
      { name: 'unused_since', sql: 'integer', value: ({ unusedSince }) => unusedSince },
      { name: 'answers', sql: 'integer', value: ({ answers }) => answers.length },
    ],
  });
}
