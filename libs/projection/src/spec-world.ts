import { createHash } from 'node:crypto';
import {
  behaviourRecorded,
  type CustomerErased,
  customerErased,
  customersMerged,
  customerSplit,
  dayClosed,
  type Fact,
  type FactDefinition,
  identifierBlocked,
  identifierLinked,
  identifierRegistered,
  identifierUnlinked,
  identityRulesChanged,
  type IdentityRulesChanged,
  type NewFact,
  type Position,
} from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import { type Day, defineProjection, type ProjectionDefinition } from './definition';

/** Facts for the specs of this library, appended to a real store. */
export type World = ReturnType<typeof createWorld>;

export function uuid(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A moment: day 0 is 2026-01-01, in minutes since its begin. */
export function moment(day: number, minute = 0): string {
  return new Date(Date.UTC(2026, 0, 1 + day, 0, minute)).toISOString();
}

export function dayText(day: number): Day {
  return moment(day).slice(0, 10);
}

let made = 0;

export function newFact(
  definition: FactDefinition,
  subject: string | null,
  data: unknown,
  occurred: string,
  id = uuid(`fact ${made++}`),
): NewFact {
  return {
    id,
    type: definition.type,
    schema: definition.version,
    subject,
    data,
    meta: { actor: 'user:spec', source: 'spec', correlationId: id },
    occurred,
    digest: createHash('sha256').update(id).digest('hex'),
  };
}

export function behaviour(subject: string, occurred: string, name = 'seen', id?: string): NewFact {
  return newFact(behaviourRecorded, subject, { call: 'track', name, properties: {} }, occurred, id);
}

export function createWorld(store: EventStore) {
  let last: Position = '0';
  const append = async (facts: readonly NewFact[]): Promise<Position> => {
    const outcomes = await store.appendMany(
      facts.map((fact) => ({ stream: `spec-${fact.subject ?? 'none'}-${fact.id}`, expected: 'any' as const, facts: [fact] })),
    );
    for (const outcome of outcomes) {
      if (outcome.kind !== 'appended') throw new Error(`not appended: ${JSON.stringify(outcome)}`);
      last = outcome.position;
    }
    return last;
  };
  /** While held, facts gather; `release` appends them in order. */
  let held: NewFact[] | undefined;
  const add = (facts: readonly NewFact[]): Promise<Position> => {
    if (!held) return append(facts);
    held.push(...facts);
    return Promise.resolve(last);
  };
  const one = (definition: FactDefinition, subject: string | null, data: unknown, at = moment(0)): Promise<Position> =>
    add([newFact(definition, subject, data, at)]);
  return {
    append: add,
    hold: () => {
      held ??= [];
    },
    release: (): Promise<Position> => {
      const facts = held ?? [];
      held = undefined;
      return append(facts);
    },
    last: () => last,
    register: (subject: string, identifierType = 'anonymous_id', verified = false, day = 0) =>
      one(identifierRegistered, subject, { identifierType, value: 'sealed.1.x', verified, kind: 'person' }, moment(day)),
    link: (a: string, b: string) =>
      one(identifierLinked, a, { subjects: [a, b], types: ['anonymous_id', 'anonymous_id'], verified: false }),
    unlink: (a: string, b: string) => one(identifierUnlinked, a, { subjects: [a, b], reason: 'spec' }),
    merge: (a: string, b: string) => one(customersMerged, a, { subjects: [a, b], by: 'user:spec', reason: 'spec' }),
    split: (...subjects: string[]) => one(customerSplit, subjects[0] ?? null, { subjects, by: 'user:spec', reason: 'spec' }),
    block: (subject: string) => one(identifierBlocked, subject, { by: 'user:spec', reason: 'spec' }),
    erase: (...subjects: string[]) =>
      one(customerErased, subjects[0] ?? null, { subjects, scope: 'keep-suppression', by: 'user:spec' } satisfies CustomerErased),
    rules: (rules: Omit<IdentityRulesChanged, 'by' | 'windows' | 'priority'> & Partial<IdentityRulesChanged>) =>
      one(identityRulesChanged, null, { windows: {}, priority: [], ...rules, by: 'user:spec' }),
    closeDay: (day: number, timeZone = 'UTC') => one(dayClosed, null, { date: dayText(day), timeZone }, moment(day + 1)),
  };
}

/** What it folded, in which order: any other order, a fact too many or too few, or a tick elsewhere gives another state. */
export type Trail = {
  readonly count: number;
  readonly chain: string;
  readonly due: Day | null;
  readonly ticks: readonly Day[];
  readonly names: Readonly<Record<string, number>>;
};

/** Ticks on the second and the fifth day after the last fact's day. */
export function trailProjection(
  name = 'trail',
  faults: { fact?: (fact: Fact) => void; version?: number } = {},
): ProjectionDefinition<Trail> {
  const plus = (day: Day, days: number): Day => new Date(Date.parse(`${day}T00:00:00.000Z`) + days * 86_400_000).toISOString().slice(0, 10);
  return defineProjection<Trail>({
    name,
    version: faults.version ?? 1,
    types: [behaviourRecorded.type, identifierRegistered.type],
    key: 'customer',
    initial: { count: 0, chain: '', due: null, ticks: [], names: {} },
    evolve: (state, fact) => {
      faults.fact?.(fact);
      const called = (fact.data as { name?: string }).name ?? 'registered';
      return {
        count: state.count + 1,
        chain: createHash('sha256').update(state.chain).update(fact.id).digest('hex'),
        due: plus(fact.occurred.slice(0, 10), 2),
        ticks: state.ticks,
        names: { ...state.names, [called]: (state.names[called] ?? 0) + 1 },
      };
    },
    nextDue: ({ due }) => due ?? undefined,
    tick: (state, day) => ({
      ...state,
      ticks: [...state.ticks, day],
      chain: createHash('sha256').update(state.chain).update(day).digest('hex'),
      due: state.ticks.includes(plus(day, -3)) ? null : plus(day, 3),
    }),
    columns: [
      { name: 'facts', sql: 'integer', value: ({ count }) => count },
      { name: 'due', sql: 'date', value: ({ due }) => due },
    ],
    indexes: [['facts desc', 'key']],
  });
}
