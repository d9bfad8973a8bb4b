import {
  comparePositions,
  customersMerged,
  type Fact,
  type MergedByRule,
  mergedByRule,
  type MergeHeld,
  mergeHeld,
} from '@tsunagari/contracts';
import type { Page } from '../pages';
import { IDENTITY } from '../schema';
import type { Emitted } from '../signals/outbox';
import type { CustomerChange, Derived } from './derive';

/** What a page of identity tells. Merges by a person are facts already: they are not told again. */
export function identitySignals(derived: Derived, page: Page): readonly Emitted[] {
  const facts = new Map(page.facts.map((fact) => [fact.position, fact]));
  return [...merges(derived.changes, facts), ...held(derived, page)];
}

function merges(changes: readonly CustomerChange[], facts: ReadonlyMap<string, Fact>): readonly Emitted[] {
  const moved = new Set(changes.map(({ position, subject }) => `${position} ${subject}`));
  const absorbed = new Map<string, { readonly position: string; readonly survivor: string; readonly customers: Set<string> }>();
  for (const { position, previous, customer } of changes) {
    // A customer whose own subject moved at this position came to be by a split; one that stayed took the other in.
    if (facts.get(position)?.type === customersMerged.type || moved.has(`${position} ${customer}`)) continue;
    // Who goes on without what was taken from her was not absorbed: stronger evidence took it.
    if (!moved.has(`${position} ${previous}`)) continue;
    const key = `${position} ${customer}`;
    const merge = absorbed.get(key) ?? { position, survivor: customer, customers: new Set() };
    merge.customers.add(previous);
    absorbed.set(key, merge);
  }
  return [...absorbed.values()].map(({ position, survivor, customers }) => ({
    ...about(survivor, position, facts.get(position)?.id),
    kind: mergedByRule.kind,
    data: { survivor, absorbed: [...customers].sort() } satisfies MergedByRule,
  }));
}

function held({ held: all }: Derived, page: Page): readonly Emitted[] {
  return all
    .filter(({ link }) => comparePositions(link.position, page.after) > 0)
    .map(({ link }) => ({
      ...about(link.subjects[0], link.position, link.factId),
      kind: mergeHeld.kind,
      data: { subjects: [...link.subjects], reason: link.reason } satisfies MergeHeld,
    }));
}

function about(customer: string, at: string, factId: string | undefined) {
  return {
    topic: 'signals' as const,
    projection: IDENTITY,
    version: 1,
    customer,
    at,
    cause: 'identity' as const,
    evidence: factId === undefined ? [] : [factId],
  };
}
