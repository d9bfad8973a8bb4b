import { type Fact, type ProjectionRebuildCompleted, projectionRebuildCompleted } from '@tsunagari/contracts';

export const REBUILD_TYPES: readonly string[] = [projectionRebuildCompleted.type];

/** What rebuilds of a period said, by projection. */
export type Rebuilds = { readonly newest: ProjectionRebuildCompleted; readonly equal: number; readonly built: number };

/** Of the facts recorded within [from, to), in the order in which they happened. Pure. */
export function rebuildsWithin(
  facts: readonly Fact[],
  { from, to }: { readonly from: string; readonly to: string },
): ReadonlyMap<string, Rebuilds> {
  const all = new Map<string, Rebuilds>();
  for (const { data, recorded } of facts) {
    if (recorded < from || recorded >= to) continue;
    const newest = data as ProjectionRebuildCompleted;
    const { equal = 0, built = 0 } = all.get(newest.projection) ?? {};
    all.set(newest.projection, { newest, equal: equal + (newest.equal ? 1 : 0), built: built + 1 });
  }
  return all;
}

/** The same over all projections. */
export function allRebuilds(rebuilds: ReadonlyMap<string, Rebuilds>): Pick<Rebuilds, 'equal' | 'built'> {
  return [...rebuilds.values()].reduce((sum, { equal, built }) => ({ equal: sum.equal + equal, built: sum.built + built }), {
    equal: 0,
    built: 0,
  });
}
