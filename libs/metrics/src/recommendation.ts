import { type Asked, type Metric, metric, share } from './metric';

/** What was recommended, best first, and which of it was used. */
export type List = { readonly items: readonly string[]; readonly used: ReadonlySet<string> };

/** Precision at k: of the first k recommended items, those used. A shorter list is judged by its length. */
export function precisionAt(asked: Asked, lists: readonly List[], k: number): Metric {
  let [hits, shown] = [0, 0];
  for (const { items, used } of lists) {
    const first = items.slice(0, k);
    shown += first.length;
    hits += first.filter((item) => used.has(item)).length;
  }
  return share(asked, hits, shown, { class: 'PROCESS', method: `precision at ${k}, over all items shown` });
}

/** A customer's months of use when the list was made: [from, to), `to` null for ever. */
export type Tenure = { readonly from: number; readonly to: number | null };

/** Precision at k by months of use: whether it rises is whether the platform learns her. `bounds` are the first months of all spans but the first. */
export function precisionByTenure(
  asked: Asked,
  lists: readonly (List & { readonly months: number })[],
  k: number,
  bounds: readonly number[] = [1, 3, 6, 12],
): readonly { readonly tenure: Tenure; readonly precision: Metric }[] {
  const starts = [0, ...bounds];
  if (starts.some((from, n) => n > 0 && from <= (starts[n - 1] ?? 0))) throw new RangeError('spans of tenure ascend');
  return starts.map((from, n) => {
    const to = starts[n + 1] ?? null;
    const own = lists.filter(({ months }) => months >= from && (to === null || months < to));
    return { tenure: { from, to }, precision: precisionAt(asked, own, k) };
  });
}

/**
 * How different the lists of customers are: mean Jaccard distance of all pairs, 0 = the same for everybody, 1 = nothing in common; two empty lists are
 * the same. Fewer than two lists → null. Equal lists are compared once, so that it costs the square of the different ones.
 */
export function listDistance(asked: Asked, lists: readonly (readonly string[])[]): Metric {
  const different = new Map<string, { readonly items: ReadonlySet<string>; count: number }>();
  for (const list of lists) {
    const items = [...new Set(list)].sort();
    const name = JSON.stringify(items);
    const known = different.get(name);
    if (known) known.count += 1;
    else different.set(name, { items: new Set(items), count: 1 });
  }
  const sets = [...different.values()];
  let sum = 0;
  for (const [i, a] of sets.entries())
    for (const b of sets.slice(i + 1)) {
      let common = 0;
      for (const item of a.items) if (b.items.has(item)) common += 1;
      sum += a.count * b.count * (1 - common / (a.items.size + b.items.size - common));
    }
  const pairs = (lists.length * (lists.length - 1)) / 2;
  return metric(asked, {
    unit: 'ratio',
    class: 'PROCESS',
    method: 'mean pairwise Jaccard distance',
    n: lists.length,
    value: pairs === 0 ? null : sum / pairs,
    numerator: sum,
    denominator: pairs,
  });
}

/** Uses that came from a recommendation ÷ all uses; `how` says by which attribution. None → null. */
export function recommendationShare(
  asked: Asked,
  { recommended, all }: { readonly recommended: number; readonly all: number },
  how: string,
): Metric {
  return share(asked, recommended, all, { class: 'PROCESS', method: `${how} ÷ all uses` });
}
