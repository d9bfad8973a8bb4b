import {
  type BehaviourRecorded,
  behaviourRecorded,
  type Fact,
  type InteractionRecorded,
  interactionRecorded,
  orderCancelled,
  type OrderPlaced,
  orderPlaced,
  orderUpdated,
  subscriptionActivated,
  subscriptionRenewed,
} from '@tsunagari/contracts';
import {
  calendarOf,
  cohortCounts,
  type Counting,
  type CustomerEvents,
  retentionBySegment,
  type RetentionGrid,
  retentionGrid,
  type RetentionQuestion,
} from '@tsunagari/metrics';
import type { Rule } from '@tsunagari/rules';
import { attributesOf } from '../attributes/attributes';
import { type DayNumber, dayOf } from '../calendar';
import { isSale } from '../purchases/purchases.projection';
import { customersWithFacts, type FactsByCustomer } from '../replay/customers-with-facts';
import { understoodBy } from '../replay/replayed-customers';

/** What a cohort begins with, or what counts as coming back. */
export type RetentionEvent = {
  readonly kind: 'PURCHASE' | 'USE' | 'SUBSCRIPTION' | 'RENEWAL' | 'INTERACTION';
  /** Of USE: only what is called so. */
  readonly name?: string;
};

export type EventsQuestion = RetentionQuestion & {
  readonly start: RetentionEvent;
  readonly back: RetentionEvent;
  readonly counting: Counting;
};

/** Segments by which cohorts are broken down: a customer is in the first one whose rule held at the close of the day of her start. */
export type BreakDown = readonly { readonly segmentId: string; readonly rule: Rule }[];

export type RetentionOfEvents = {
  readonly grid: RetentionGrid;
  /** Null where no break-down was asked for. */
  readonly bySegment: ReadonlyMap<string | null, RetentionGrid> | null;
};

const TYPES: Readonly<Record<RetentionEvent['kind'], readonly string[]>> = {
  PURCHASE: [orderPlaced.type, orderUpdated.type, orderCancelled.type],
  USE: [behaviourRecorded.type],
  SUBSCRIPTION: [subscriptionActivated.type],
  RENEWAL: [subscriptionRenewed.type],
  INTERACTION: [interactionRecorded.type],
};

/** The moments of an event among a customer's facts. A cancelled order was no purchase; an interaction is one that she began. Pure. */
export function momentsOf(facts: readonly Fact[], { kind, name }: RetentionEvent): readonly string[] {
  if (kind === 'PURCHASE') return purchases(facts);
  return facts.flatMap(({ type, data, occurred }) => (TYPES[kind].includes(type) && counts(kind, data, name) ? [occurred] : []));
}

function counts(kind: RetentionEvent['kind'], data: unknown, name: string | undefined): boolean {
  if (kind === 'INTERACTION') return (data as InteractionRecorded).initiator === 'customer';
  if (kind !== 'USE') return true;
  const { call, name: called } = data as BehaviourRecorded;
  return (call === 'track' || call === 'screen') && (name === undefined || called === name);
}

function purchases(facts: readonly Fact[]): readonly string[] {
  const orders = new Map<string, { readonly occurred: string; readonly sale: boolean }>();
  for (const { type, data, occurred } of facts.toSorted((a, b) => (a.occurred < b.occurred ? -1 : a.occurred > b.occurred ? 1 : 0))) {
    if (!TYPES.PURCHASE.includes(type)) continue;
    const order = data as OrderPlaced;
    const was = orders.get(order.orderId);
    if (type === orderCancelled.type) orders.set(order.orderId, { occurred, sale: false });
    // An updated order keeps the moment at which it was first seen.
    else orders.set(order.orderId, { occurred: was?.occurred ?? occurred, sale: isSale(order, 'ignored') });
  }
  return [...orders.values()].flatMap(({ occurred, sale }) => (sale ? [occurred] : []));
}

/**
 * Retention between any two events, as of the close of a day: known customers, their facts read from the journal in pages. A break-down by
 * segment is as of the day of the start, never of today: that would look back with knowledge of the outcome.
 */
export async function retentionOfEvents(
  read: Omit<FactsByCustomer, 'types'>,
  { start, back, counting, ...question }: EventsQuestion,
  breakDown: BreakDown,
  asOf: DayNumber,
): Promise<RetentionOfEvents> {
  const { timeZone = 'UTC' } = counting;
  const customers: (CustomerEvents & { readonly segment: string | null })[] = [];
  const understood = understoodBy(timeZone);
  const dayAt = calendarOf(timeZone);
  const segmentAt = (customer: string, facts: readonly Fact[], starts: readonly string[]): string | null => {
    const [first] = starts.toSorted();
    if (breakDown.length === 0 || first === undefined) return null;
    const day = dayAt(first);
    const known = understood(customer, facts, dayOf(day));
    if (known === null) return null;
    const attributes = attributesOf(known, null, day);
    return breakDown.find(({ rule }) => rule.judge(attributes).kind === 'holds')?.segmentId ?? null;
  };
  // A break-down reads whatever its rules speak of.
  const types = breakDown.length > 0 ? {} : { types: [...new Set([...TYPES[start.kind], ...TYPES[back.kind]])] };
  for await (const { customer, facts } of customersWithFacts({ ...read, ...types })) {
    const starts = momentsOf(facts, start);
    if (starts.length === 0) continue;
    customers.push({ starts, returns: momentsOf(facts, back), segment: segmentAt(customer, facts, starts) });
  }
  const { cohort: _, ...rest } = counting;
  return {
    grid: retentionGrid(question, cohortCounts(question, customers, asOf, counting), asOf),
    bySegment:
      breakDown.length === 0
        ? null
        : retentionBySegment(
            question,
            customers.map(({ segment, ...events }) => ({ ...events, segmentOn: () => segment })),
            asOf,
            rest,
          ),
  };
}
