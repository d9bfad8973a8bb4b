import { decide } from './decide';
import type { Catalogue, Features } from './offer';
import type { Policy } from './policy';
import { type Chosen, circumstancesOf, type DecisionRecord } from './record';

/** `differs` is an alarm: the code, the policy or the catalogue is not what it was. `at` are the paths that differ, at most 20. */
export type Replay = { readonly kind: 'identical' } | { readonly kind: 'differs'; readonly at: readonly string[] };

/** Decides again from what was stored, with the policy and the catalogue of the record's hashes. */
export function replay(record: DecisionRecord, policy: Policy, catalogue: Catalogue): Replay {
  const at: string[] = [];
  if (policy.hash !== record.policy) at.push('policy');
  if (catalogue.hash !== record.catalogue) at.push('catalogue');
  if (at.length === 0) compare(record, again(record, policy, catalogue), '', at);
  return at.length === 0 ? { kind: 'identical' } : { kind: 'differs', at };
}

/**
 * What would be chosen with features as they are understood today. Information, never an alarm: understanding has moved on, or its
 * definitions have. Everything else (consent, caps, the moment) stays as it was.
 */
export type Drift = {
  readonly features: readonly { readonly name: string; readonly then: unknown; readonly now: unknown }[];
  readonly chosen: readonly Chosen[];
  readonly sameChoice: boolean;
};

export function drift(record: DecisionRecord, policy: Policy, catalogue: Catalogue, today: Features): Drift {
  const then = record.seen.features;
  const names = [...new Set([...Object.keys(then), ...Object.keys(today)])].sort();
  const moved = again({ ...record, seen: { ...record.seen, features: today } }, policy, catalogue);
  const picks = (of: DecisionRecord): readonly Chosen[] => of.withheld ?? of.chosen;
  return {
    features: names
      .filter((name) => (then[name] ?? null) !== (today[name] ?? null))
      .map((name) => ({ name, then: then[name] ?? null, now: today[name] ?? null })),
    chosen: picks(moved),
    sameChoice:
      picks(moved)
        .map(({ offer }) => offer)
        .join() ===
      picks(record)
        .map(({ offer }) => offer)
        .join(),
  };
}

function again(record: DecisionRecord, policy: Policy, catalogue: Catalogue): DecisionRecord {
  const { slot, count, seed, seen } = record;
  return decide({ slot, count, seed, policy, catalogue, circumstances: circumstancesOf(seen, catalogue) });
}

/** Paths at which two JSON values differ; the order of keys means nothing. */
function compare(one: unknown, other: unknown, path: string, at: string[]): void {
  if (at.length >= 20 || Object.is(one, other)) return;
  if (
    typeof one !== 'object' ||
    typeof other !== 'object' ||
    one === null ||
    other === null ||
    Array.isArray(one) !== Array.isArray(other)
  ) {
    at.push(path);
    return;
  }
  const [left, right] = [one, other] as Record<string, unknown>[];
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)]))
    compare(left?.[key], right?.[key], path === '' ? key : `${path}.${key}`, at);
}
