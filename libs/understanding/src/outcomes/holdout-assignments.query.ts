import { type HoldoutDefined, holdoutDefined, type Position, type ProposalDecided, proposalDecided } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import type { IdentityReader } from '@tsunagari/projection';
import { calendarOf, type DayNumber } from '../calendar';
import { type FactBound, factsOfTypes, pagesOfTypes } from '../definitions/metrics-of-facts.query';

/** To which arm a customer was assigned at her first decision, and when. */
export type Assignment = { readonly day: DayNumber; readonly held: boolean };

export type Holdout = {
  readonly holdoutId: string;
  /** The share that is held out, above 0 and below 1. */
  readonly share: number;
  readonly customers: ReadonlyMap<string, Assignment>;
};

export type AssignmentReads = { readonly log: Pick<EventLog, 'read'>; readonly identity: Pick<IdentityReader, 'customersOf'> };

type First = { readonly occurred: string; readonly held: boolean };

const BATCH = 1000;

/**
 * Who was held out and who was not, by the first decision of each customer in the slots of each holdout. Whoever another holdout took is in
 * neither arm. The decisions are read from the log in pages, and only where a holdout is defined that leaves both arms. No fact beyond the bound counts,
 * and customers are those of then.
 */
export async function holdoutAssignments(
  { log, identity }: AssignmentReads,
  timeZone: string,
  bound: FactBound = {},
): Promise<readonly Holdout[]> {
  const defined = new Map<string, HoldoutDefined>();
  for (const { data } of await factsOfTypes(log, [holdoutDefined.type], bound)) {
    const holdout = data as HoldoutDefined;
    defined.set(holdout.holdoutId, holdout);
  }
  const holdouts = [...defined.values()].filter(({ from, to }) => to > from && to - from < 1);
  if (holdouts.length === 0) return [];
  const firsts = new Map(holdouts.map(({ holdoutId }) => [holdoutId, new Map<string, First>()]));
  for await (const facts of pagesOfTypes(log, [proposalDecided.type], bound))
    for (const { subject, data, occurred } of facts) {
      const { slot, arm, holdout: taken } = data as ProposalDecided;
      const held = arm === 'holdout';
      for (const { holdoutId, slots } of holdouts) {
        if (subject === null || (slots !== undefined && !slots.includes(slot)) || (held && taken?.id !== holdoutId)) continue;
        keepFirst(firsts.get(holdoutId), subject, { occurred, held });
      }
    }
  const dayAt = calendarOf(timeZone);
  const customerOf = await customersOf(identity, [...new Set([...firsts.values()].flatMap((known) => [...known.keys()]))], bound.upTo);
  return holdouts.map(({ holdoutId, from, to }) => {
    const byCustomer = new Map<string, First>();
    for (const [subject, first] of firsts.get(holdoutId) ?? []) keepFirst(byCustomer, customerOf.get(subject) ?? subject, first);
    const customers = new Map([...byCustomer].map(([customer, { occurred, held }]) => [customer, { day: dayAt(occurred), held }]));
    return { holdoutId, share: to - from, customers };
  });
}

function keepFirst(firsts: Map<string, First> | undefined, who: string, decision: First): void {
  const known = firsts?.get(who);
  if (known === undefined || decision.occurred < known.occurred) firsts?.set(who, decision);
}

async function customersOf(
  identity: AssignmentReads['identity'],
  subjects: readonly string[],
  at: Position | undefined,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (let from = 0; from < subjects.length; from += BATCH)
    for (const [subject, customer] of await identity.customersOf(subjects.slice(from, from + BATCH), at)) found.set(subject, customer);
  return found;
}
