import type { DayNumber } from '../calendar';

/** An order that may still be updated or cancelled. `void` once cancelled: it counts nothing and nothing revives it. */
export type KnownOrder = {
  readonly id: string;
  readonly day: DayNumber;
  readonly currency: string;
  readonly orderedMinor: number;
  readonly salesMinor: number;
  readonly sale: boolean;
  readonly void?: true;
  /** A margin came before the order itself: it counts nothing yet. */
  readonly pending?: true;
  /** Its margin as a whole (under the empty text) or by product, minor units of its currency. */
  readonly margins?: Readonly<Record<string, number>>;
};

type More = Pick<KnownOrder, 'void' | 'pending' | 'margins'>;

/**
 * An order as the state keeps it: `day ordered sales sale currency id`, beside what is said of few orders. Orders are most of a state, and
 * a state is read and written with every fact of its customer, mostly without a look at any of them: as lists of values they took more
 * than a third of the time that reading and writing all of it takes.
 */
export type KeptOrder = string | readonly [order: string, more: More];

/** Blanks before the id, which may have blanks itself. */
const BLANKS_BEFORE_ID = 5;

export function keptOrder({ id, day, currency, orderedMinor, salesMinor, sale, ...more }: KnownOrder): KeptOrder {
  const order = `${day} ${orderedMinor} ${salesMinor} ${sale ? 1 : 0} ${currency} ${id}`;
  return more.void === undefined && more.pending === undefined && more.margins === undefined ? order : [order, more];
}

export function knownOrder(kept: KeptOrder): KnownOrder {
  const order = textOf(kept);
  const [day, orderedMinor, salesMinor, sale, currency = ''] = order.split(' ', BLANKS_BEFORE_ID);
  return {
    id: order.slice(placeOfId(order)),
    day: Number(day),
    currency,
    orderedMinor: Number(orderedMinor),
    salesMinor: Number(salesMinor),
    sale: sale === '1',
    ...(typeof kept === 'string' ? {} : kept[1]),
  };
}

/** Whether it is the order of that id. */
export function isOrder(kept: KeptOrder, id: string): boolean {
  const order = textOf(kept);
  return order.endsWith(id) && placeOfId(order) === order.length - id.length;
}

function textOf(kept: KeptOrder): string {
  return typeof kept === 'string' ? kept : kept[0];
}

function placeOfId(order: string): number {
  let place = 0;
  for (let blank = 0; blank < BLANKS_BEFORE_ID; blank++) place = order.indexOf(' ', place) + 1;
  return place;
}
