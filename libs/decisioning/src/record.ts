import type { Circumstances, OfferHistory } from './circumstances';
import type { ExclusionRule } from './exclusions';
import type { Amount, Catalogue } from './offer';
import type { Basis } from './score';

/** One of the short list. Money to a hundredth of the minor unit; `p` is the probability of the first pick. */
export type ShortListed = {
  /** Place in the catalogue. */
  readonly offer: number;
  readonly goal: Amount;
  readonly sale: Amount;
  readonly cost: Amount;
  readonly fatigue: Amount;
  readonly score: Amount;
  readonly basis: Basis;
  readonly p: number;
};

/** The short list by columns, best first: half the size of rows. `basis` has a letter each: measured, assumed, propensity. */
export type ShortList = { readonly [K in Exclude<keyof ShortListed, 'basis'>]: readonly number[] } & { readonly basis: string };

const BASES: readonly Basis[] = ['measured', 'assumed', 'propensity'];

export function columnsOf(rows: readonly ShortListed[]): ShortList {
  const column = (name: Exclude<keyof ShortListed, 'basis'>): readonly number[] => rows.map((row) => row[name]);
  return {
    offer: column('offer'),
    goal: column('goal'),
    sale: column('sale'),
    cost: column('cost'),
    fatigue: column('fatigue'),
    score: column('score'),
    basis: rows.map(({ basis }) => basis.charAt(0)).join(''),
    p: column('p'),
  };
}

export function rowsOf(list: ShortList): readonly ShortListed[] {
  return list.offer.map((offer, at) => ({
    offer,
    goal: list.goal[at] ?? 0,
    sale: list.sale[at] ?? 0,
    cost: list.cost[at] ?? 0,
    fatigue: list.fatigue[at] ?? 0,
    score: list.score[at] ?? 0,
    basis: BASES.find((basis) => basis.charAt(0) === list.basis.charAt(at)) ?? 'propensity',
    p: list.p[at] ?? 0,
  }));
}

/** `offer` is null for "no action". `p` is conditional on the earlier picks. */
export type Chosen = { readonly offer: number | null; readonly p: number };

/** Circumstances, with offers by their place in the catalogue. */
export type Seen = Omit<Circumstances, 'history' | 'used'> & {
  readonly history: readonly (OfferHistory & { readonly offer: number })[];
  readonly used: readonly { readonly offer: number; readonly n: number }[];
};

/**
 * A decision as it is kept: everything that decides it again, given the policy and the catalogue of those hashes. With 200
 * candidates it stays below 4 KB: features stand once, exclusions by rule, and only the short list in full.
 */
export type DecisionRecord = {
  readonly slot: string;
  /** How many were asked for. */
  readonly count: number;
  readonly seed: number;
  readonly policy: string;
  readonly catalogue: string;
  readonly seen: Seen;
  /** How many offers stood for the slot. */
  readonly candidates: number;
  /** Places in the catalogue, ascending, by the first rule that dropped them. */
  readonly excluded: Readonly<Partial<Record<ExclusionRule, readonly number[]>>>;
  readonly shortList: ShortList;
  /** Probability of doing nothing at the first pick. */
  readonly nothing: number;
  readonly chosen: readonly Chosen[];
  /** In the holdout nothing is proposed; what would have been stands in `withheld`, so that effects are compared like with like. */
  readonly arm: 'treated' | 'holdout';
  readonly holdout?: { readonly id: string; readonly bucket: number };
  readonly withheld?: readonly Chosen[];
};

export function seenOf(circumstances: Circumstances, catalogue: Catalogue): Seen {
  const { history, used, ...rest } = circumstances;
  const compact: (OfferHistory & { offer: number })[] = [];
  const counts: { offer: number; n: number }[] = [];
  const [seen, capped] = [new Set(Object.keys(history)), new Set(Object.keys(used))];
  if (seen.size + capped.size > 0)
    catalogue.offers.forEach(({ id }, offer) => {
      const known = seen.has(id) ? history[id] : undefined;
      if (known !== undefined) compact.push({ offer, ...known });
      const n = capped.has(id) ? used[id] : undefined;
      if (n !== undefined) counts.push({ offer, n });
    });
  return { ...rest, history: compact, used: counts };
}

/** The way back. Throws RangeError when a place is not in the catalogue: it is not the one of the record. */
export function circumstancesOf(seen: Seen, catalogue: Catalogue): Circumstances {
  const { history, used, ...rest } = seen;
  const idOf = (offer: number): string => {
    const found = catalogue.offers[offer];
    if (found === undefined) throw new RangeError(`the catalogue has no offer ${offer}`);
    return found.id;
  };
  return {
    ...rest,
    history: Object.fromEntries(history.map(({ offer, ...known }) => [idOf(offer), known])),
    used: Object.fromEntries(used.map(({ offer, n }) => [idOf(offer), n])),
  };
}
