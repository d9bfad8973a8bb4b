import { at } from './numerics/at';

/**
 * What the models need to know of one customer. All times are in one unit, the same for all customers of a fit (`unitDays`, by default the
 * week of 7 days): the model remembers it, and horizons are always given in days.
 *
 * A transaction is one customer and one calendar day. Rows of the same day count once; their spend adds.
 */
export interface PurchaseHistory {
  /** Transactions after the first one: an integer ≥ 0. */
  readonly x: number;
  /** Time from the first transaction to the last one, at most T: 0 when x = 0, else above 0. */
  readonly tx: number;
  /** Time from the first transaction to the end of the observation, 0 for a first purchase on the last day. */
  readonly T: number;
  /** Gross spend of the repeat transactions; without it the customer counts as having none. */
  readonly spend?: SpendHistory;
  /** How many customers have this history (default 1). */
  readonly weight?: number;
}

/** Spend of the repeat sale-days of one customer. The first transaction is left out: it would be counted twice by the population mean. */
export interface SpendHistory {
  /** Repeat sale-days with a positive spend. */
  readonly repeatPositive: number;
  /** Their mean spend; 0 when there are none. */
  readonly meanSpend: number;
}

/** One calendar day with a sale. `day` is any integer day number (days since 1970, say); `spend` is gross, before returns. */
export interface SaleDay {
  readonly day: number;
  readonly spend: number;
}

/** A bad input, told instead of thrown. */
export interface Refusal {
  readonly code: string;
  readonly field: string;
  readonly rule: string;
  readonly message: string;
  readonly remedy: string;
}

export interface Refused {
  readonly outcome: 'refused';
  readonly refusal: Refusal;
}

/** Columns of histories, equal ones merged: what the likelihoods run over. */
export interface HistoryTable {
  readonly size: number;
  readonly x: Int32Array;
  readonly tx: Float64Array;
  readonly T: Float64Array;
  readonly weight: Float64Array;
  /** Sum of the weights: customers. */
  readonly customers: number;
  readonly maxX: number;
  readonly maxT: number;
  /** Sum of x over all customers. */
  readonly repeats: number;
}

/** Grouping costs more than it saves below this many customers. */
const WORTH_GROUPING = 10_000;

export function refused(code: string, field: string, rule: string, message: string, remedy: string): Refused {
  return { outcome: 'refused', refusal: { code, field, rule, message, remedy } };
}

/**
 * The sufficient statistics of one customer at the end of a calibration period, which is inclusive: a sale on `calibrationEnd` counts.
 *
 * Days may come in any order and more than once. Later days are ignored, so the same days serve calibration and back-test. Returns null for
 * a customer without a sale by then. Late facts and merged identities: call it again with all days; never patch the statistics.
 */
export function sufficientStatistics(days: readonly SaleDay[], calibrationEnd: number, unitDays = 7): PurchaseHistory | null {
  let ordered = days;
  for (let i = 1; i < days.length; i += 1) {
    if (at(days, i).day < at(days, i - 1).day) {
      ordered = [...days].sort((a, b) => a.day - b.day);
      break;
    }
  }
  let first = 0;
  let last = 0;
  let transactions = 0;
  let today = 0;
  let repeatPositive = 0;
  let total = 0;
  for (const { day, spend } of ordered) {
    if (day > calibrationEnd) break;
    if (transactions > 0 && day === last) {
      today += spend;
      continue;
    }
    if (transactions > 1 && today > 0) {
      repeatPositive += 1;
      total += today;
    }
    if (transactions === 0) first = day;
    last = day;
    today = spend;
    transactions += 1;
  }
  if (transactions === 0) return null;
  if (transactions > 1 && today > 0) {
    repeatPositive += 1;
    total += today;
  }
  return {
    x: transactions - 1,
    tx: (last - first) / unitDays,
    T: (calibrationEnd - first) / unitDays,
    spend: { repeatPositive, meanSpend: repeatPositive === 0 ? 0 : total / repeatPositive },
  };
}

function faultOf(history: PurchaseHistory): [field: string, rule: string] | null {
  const { x, tx, T, weight = 1 } = history;
  if (!Number.isInteger(x) || x < 0 || x > 1_000_000) return ['x', 'an integer from 0 to 1,000,000'];
  if (!(T >= 0) || T === Infinity) return ['T', 'a finite number ≥ 0'];
  if (!(tx >= 0 && tx <= T)) return ['tx', '0 ≤ tx ≤ T'];
  if ((x === 0) !== (tx === 0)) return ['tx', '0 when x is 0, and above 0 when it is not: a repeat purchase is on a later day'];
  if (!(weight > 0) || weight === Infinity) return ['weight', 'a finite number > 0'];
  return null;
}

const bits = new Float64Array(2);
const words = new Uint32Array(bits.buffer);

function mix(h: number, word: number): number {
  const m = Math.imul(h ^ word, 0x85ebca6b);
  return m ^ (m >>> 15);
}

function hash(x: number, tx: number, T: number): number {
  bits[0] = tx;
  bits[1] = T;
  return mix(mix(mix(mix(Math.imul(x + 1, 0x9e3779b1), at(words, 0)), at(words, 1)), at(words, 2)), at(words, 3)) >>> 0;
}

/** Open addressing from (x, tx, T) to a row. It grows with the rows, not the customers, so that it stays in the cache. */
class RowIndex {
  private slots = new Int32Array(1 << 15).fill(-1);

  constructor(
    private readonly x: Int32Array,
    private readonly tx: Float64Array,
    private readonly T: Float64Array,
  ) {}

  /** The row of the history, or `next` after noting it as the row of this history. */
  rowOf(x: number, tx: number, T: number, next: number): number {
    if (2 * next > this.slots.length) this.grow(next);
    const mask = this.slots.length - 1;
    for (let slot = hash(x, tx, T) & mask; ; slot = (slot + 1) & mask) {
      const row = at(this.slots, slot);
      if (row < 0) {
        this.slots[slot] = next;
        return next;
      }
      if (at(this.x, row) === x && at(this.tx, row) === tx && at(this.T, row) === T) return row;
    }
  }

  private grow(rows: number): void {
    this.slots = new Int32Array(4 * this.slots.length).fill(-1);
    const mask = this.slots.length - 1;
    for (let row = 0; row < rows; row += 1) {
      let slot = hash(at(this.x, row), at(this.tx, row), at(this.T, row)) & mask;
      while (at(this.slots, slot) >= 0) slot = (slot + 1) & mask;
      this.slots[slot] = row;
    }
  }
}

/** Reads the histories into columns, merges equal (x, tx, T) when there are many, and refuses the first one that is not a history. */
export function tabulate(histories: readonly PurchaseHistory[]): HistoryTable | Refused {
  const n = histories.length;
  const x = new Int32Array(n);
  const tx = new Float64Array(n);
  const T = new Float64Array(n);
  const weight = new Float64Array(n);
  const index = n > WORTH_GROUPING ? new RowIndex(x, tx, T) : null;
  let [size, customers, maxX, maxT, repeats] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i += 1) {
    const history = at(histories, i);
    const fault = faultOf(history);
    if (fault !== null) {
      const field = `histories[${i}].${fault[0]}`;
      return refused('HISTORY_NOT_VALID', field, fault[1], `${field} must be ${fault[1]}.`, 'Compute it with sufficientStatistics().');
    }
    const w = history.weight ?? 1;
    customers += w;
    repeats += w * history.x;
    if (history.x > maxX) maxX = history.x;
    if (history.T > maxT) maxT = history.T;
    const row = index === null ? size : index.rowOf(history.x, history.tx, history.T, size);
    if (row < size) {
      weight[row] = at(weight, row) + w;
      continue;
    }
    x[size] = history.x;
    tx[size] = history.tx;
    T[size] = history.T;
    weight[size] = w;
    size += 1;
  }
  return { size, x, tx, T, weight, customers, maxX, maxT, repeats };
}
