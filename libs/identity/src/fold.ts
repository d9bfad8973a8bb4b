import type { IdentityFact } from './facts';
import { byAge, type Edge, type Group, join, oldest } from './groups';
import { arrange, givingWay, ruleAgainst } from './limits';
import type {
  ClusterSubject,
  Cluster,
  CustomerMerge,
  CustomersApart,
  HeldLink,
  HeldReason,
  IdentityPartition,
  LimitReason,
} from './partition';
import { comparePositions } from './position';
import type { IdentityRules } from './rules';

/** A person's split: no member of one side joins a member of the other by rule. */
type Barrier = { readonly left: ReadonlySet<string>; readonly right: ReadonlySet<string> };

type At = { readonly position: string; readonly factId: string };

type Graph = {
  readonly rules: IdentityRules;
  readonly groupOf: Map<string, Group>;
  readonly blocked: Set<string>;
  readonly erased: Set<string>;
  readonly unlinked: Set<string>;
  readonly barriersOf: Map<string, Set<Barrier>>;
  /** Evidence that names a subject whose registration has not come yet. */
  readonly waiting: Map<string, Edge[]>;
  readonly held: Map<string, HeldLink>;
  /** Links that a limit holds, by their pair: they are followed once there is room. */
  readonly limited: Map<string, Edge[]>;
  readonly merges: CustomerMerge[];
  readonly splits: CustomersApart[];
  order: number;
};

/**
 * The customers that the facts of one or more whole evidence components make, under the rules. Deterministic; facts may come in any
 * order and any number of times (a fact's id, a registration's subject counts once).
 *
 * - A link joins two customers unless: one of the two identifiers is blocked; either customer has an erased subject; a person
 *   split them or unlinked the pair; both have a verified user id; a type would pass its limit within its window; the cluster would
 *   pass its limit. What is not followed is held.
 * - What only a limit holds is tried again, oldest first, whenever something comes apart: at a split, an unlinking, a block, or where
 *   weaker evidence gave way. So it is followed as soon as there is room; it takes none from others then. Whatever else is held stays held
 *   until the evidence is repeated or a person merges.
 * - Where only a limit is against a link and the rules have a priority, weaker links give way to it and are held in its stead, no more of
 *   them than must. So a link is followed as if weaker ones had never come. A customer whom a person merged is not rearranged.
 * - A merge by a person joins whatever rules and splits say, and lifts earlier splits between the two. Held all the same when one
 *   of the two identifiers is blocked or either customer has an erased subject.
 * - A split takes the named subjects out of their cluster: all evidence across is cut, and later links across are held, also by
 *   way of a third subject. What hung together only through the other side comes apart; nothing is joined that evidence does not
 *   join. So splitting a merge gives both customers back exactly.
 * - A blocked identifier is a cluster of its own from then on: all evidence through it is cut, and what hung together only through
 *   it (merges by a person included) comes apart.
 * - When something comes apart, what remains obeys the rules again: links that only a cut merge had allowed are held.
 * - Erasure cuts nothing: an erased customer stays what it was, but merges no more.
 * - Evidence that names a subject not yet registered takes effect at the registration.
 */
export function foldIdentity(facts: readonly IdentityFact[], rules: IdentityRules): IdentityPartition {
  const graph: Graph = {
    rules,
    groupOf: new Map(),
    blocked: new Set(),
    erased: new Set(),
    unlinked: new Set(),
    barriersOf: new Map(),
    waiting: new Map(),
    held: new Map(),
    limited: new Map(),
    merges: [],
    splits: [],
    order: 0,
  };
  const seen = new Set<string>();
  for (const fact of inPositionOrder(facts)) {
    if ('id' in fact) {
      if (seen.has(fact.id)) continue;
      seen.add(fact.id);
    }
    apply(graph, fact);
  }
  return partitionOf(graph);
}

function inPositionOrder(facts: readonly IdentityFact[]): readonly IdentityFact[] {
  return facts.toSorted((a, b) => comparePositions(a.position, b.position));
}

function apply(graph: Graph, fact: IdentityFact): void {
  switch (fact.kind) {
    case 'registered':
      return register(graph, fact);
    case 'linked':
      return connect(graph, edgeOf(graph, fact, 'link', fact.verified), fact.position);
    case 'merged':
      return connect(graph, edgeOf(graph, fact, 'manual', false), fact.position);
    case 'unlinked': {
      graph.unlinked.add(pairKey(fact.subjects));
      const group = graph.groupOf.get(fact.subjects[0]);
      const key = pairKey(fact.subjects);
      if (group)
        cut(
          graph,
          group,
          { position: fact.position, factId: fact.id },
          'unlinked',
          (e) => e.kind === 'link' && pairKey(e.subjects) === key,
        );
      return tryAgain(graph, fact.position);
    }
    case 'split':
      split(graph, fact.subjects, { position: fact.position, factId: fact.id });
      return tryAgain(graph, fact.position);
    case 'blocked': {
      graph.blocked.add(fact.subject);
      const group = graph.groupOf.get(fact.subject);
      if (group) cut(graph, group, { position: fact.position, factId: fact.id }, 'blocked', (e) => e.subjects.includes(fact.subject));
      return tryAgain(graph, fact.position);
    }
    case 'erased':
      for (const subject of fact.subjects) graph.erased.add(subject);
  }
}

function edgeOf(graph: Graph, fact: { id: string; subjects: readonly [string, string] }, kind: Edge['kind'], verified: boolean): Edge {
  return { order: graph.order++, factId: fact.id, subjects: fact.subjects, kind, verified };
}

function register(graph: Graph, fact: IdentityFact & { kind: 'registered' }): void {
  const { subject, identifierType, verified, seen, position } = fact;
  if (graph.groupOf.has(subject)) return;
  graph.groupOf.set(subject, { members: new Map([[subject, { subject, identifierType, verified, seen, position }]]), edges: [] });
  if (fact.blockedBy !== undefined) graph.blocked.add(subject);
  const waiting = graph.waiting.get(subject) ?? [];
  graph.waiting.delete(subject);
  for (const edge of waiting) connect(graph, { ...edge, order: graph.order++ }, position);
}

/** Follows a piece of evidence, or holds it. */
function connect(graph: Graph, edge: Edge, position: string): void {
  const [a, b] = edge.subjects;
  if (a === b) return;
  const left = graph.groupOf.get(a);
  const right = graph.groupOf.get(b);
  if (!left || !right) {
    const missing = left ? b : a;
    graph.waiting.set(missing, [...(graph.waiting.get(missing) ?? []), edge]);
    return;
  }
  const reason = reasonToHold(graph, edge, left, right);
  if (reason) return hold(graph, edge, position, reason);
  if (left === right) {
    left.edges.push(edge);
    return;
  }
  const limit = edge.kind === 'link' ? ruleAgainst(graph.rules, left, right) : undefined;
  if (!limit) return follow(graph, edge, position, left, right);
  const weaker = givingWay(graph.rules, edge, left, right);
  if (!weaker) return hold(graph, edge, position, limit);
  giveWay(graph, weaker, [left, right], { position, factId: edge.factId });
  follow(graph, edge, position, graph.groupOf.get(a) ?? left, graph.groupOf.get(b) ?? right);
  tryAgain(graph, position);
}

/**
 * Follows what a limit held and now no longer holds. Once through is enough: a customer who grows has no more room than before, so what
 * does not fit now does not fit after another is followed either.
 */
function tryAgain(graph: Graph, position: string): void {
  const inOrder = [...graph.limited].sort(([, [a]], [, [b]]) => (a?.order ?? 0) - (b?.order ?? 0));
  for (const [key, [edge, ...repeated]] of inOrder) {
    const left = edge && graph.groupOf.get(edge.subjects[0]);
    const right = edge && graph.groupOf.get(edge.subjects[1]);
    if (!left || !right || left === right) continue;
    if (reasonToHold(graph, edge, left, right) ?? ruleAgainst(graph.rules, left, right)) continue;
    graph.limited.delete(key);
    graph.held.delete(key);
    // As evidence that takes effect now: what was followed before comes first when they are folded again.
    follow(graph, { ...edge, order: graph.order++ }, position, left, right);
    const joined = graph.groupOf.get(edge.subjects[0]);
    for (const again of repeated) joined?.edges.push({ ...again, order: graph.order++ });
  }
}

function follow(graph: Graph, edge: Edge, position: string, left: Group, right: Group): void {
  if (edge.kind === 'manual') liftBarriers(graph, left, right);
  const [survivor, absorbed] = [oldest(left), oldest(right)].sort(byAge);
  if (survivor && absorbed)
    graph.merges.push({ position, factId: edge.factId, survivor: survivor.subject, absorbed: absorbed.subject, rule: edge.kind });
  join(graph.groupOf, edge, left, right);
}

/** Takes evidence that gives way to stronger one out of the groups that it held together. */
function giveWay(graph: Graph, weaker: ReadonlyMap<Edge, LimitReason>, groups: readonly Group[], at: At): void {
  for (const group of groups) cut(graph, group, at, 'outranked', (edge) => weaker.has(edge));
  for (const [edge, reason] of weaker) hold(graph, edge, at.position, reason);
}

function reasonToHold(graph: Graph, edge: Edge, left: Group, right: Group): HeldReason | undefined {
  if (edge.subjects.some((subject) => graph.blocked.has(subject))) return 'IDENTIFIER_BLOCKED';
  if (edge.kind === 'link' && graph.unlinked.has(pairKey(edge.subjects))) return 'UNLINKED';
  if (left === right) return undefined;
  if (hasErased(graph, left) || hasErased(graph, right)) return 'SUBJECT_ERASED';
  if (edge.kind === 'manual') return undefined;
  return barriersBetween(graph, left, right).size > 0 ? 'SPLIT_BY_PERSON' : undefined;
}

function hold(graph: Graph, edge: Edge, position: string, reason: HeldReason): void {
  const key = pairKey(edge.subjects);
  if (isLimit(reason)) graph.limited.set(key, [...(graph.limited.get(key) ?? []), edge]);
  if (!graph.held.has(key)) graph.held.set(key, { position, factId: edge.factId, subjects: edge.subjects, reason });
}

function isLimit(reason: HeldReason): reason is LimitReason {
  return reason === 'TWO_VERIFIED_USER_IDS' || reason === 'IDENTIFIER_LIMIT' || reason === 'CLUSTER_LIMIT';
}

function split(graph: Graph, subjects: readonly string[], at: At): void {
  const named = new Set(subjects);
  const groups = new Set<Group>();
  for (const subject of named) {
    const group = graph.groupOf.get(subject);
    if (group) groups.add(group);
  }
  for (const group of groups) {
    const left = new Set<string>();
    const right = new Set<string>();
    for (const subject of group.members.keys()) (named.has(subject) ? left : right).add(subject);
    if (right.size === 0) continue;
    addBarrier(graph, { left, right });
    cut(graph, group, at, 'split', ({ subjects: [a, b] }) => left.has(a) !== left.has(b));
  }
}

/** Takes evidence out of a group and folds what remains again, in order and under the rules. */
function cut(graph: Graph, group: Group, at: At, rule: CustomersApart['rule'], isCut: (edge: Edge) => boolean): void {
  const remaining = group.edges.filter((edge) => !isCut(edge));
  if (remaining.length === group.edges.length) return;
  const before = oldest(group);
  const { groupOf, held } = arrange(
    graph.rules,
    group.members,
    remaining.sort((a, b) => a.order - b.order),
  );
  for (const [subject, part] of groupOf) graph.groupOf.set(subject, part);
  for (const [edge, reason] of held) hold(graph, edge, at.position, reason);
  const into = [...new Set([...group.members.keys()].map((subject) => graph.groupOf.get(subject)))].flatMap((part) =>
    part ? [oldest(part)] : [],
  );
  if (into.length > 1) graph.splits.push({ ...at, customer: before.subject, into: into.sort(byAge).map((member) => member.subject), rule });
}

function addBarrier(graph: Graph, barrier: Barrier): void {
  for (const side of [barrier.left, barrier.right])
    for (const subject of side) {
      const barriers = graph.barriersOf.get(subject) ?? new Set();
      barriers.add(barrier);
      graph.barriersOf.set(subject, barriers);
    }
}

function removeBarrier(graph: Graph, barrier: Barrier): void {
  for (const side of [barrier.left, barrier.right]) for (const subject of side) graph.barriersOf.get(subject)?.delete(barrier);
}

/** Barriers that have a member of each group on opposite sides. */
function barriersBetween(graph: Graph, one: Group, other: Group): Set<Barrier> {
  const [small, large] = one.members.size <= other.members.size ? [one, other] : [other, one];
  const found = new Set<Barrier>();
  for (const subject of small.members.keys())
    for (const barrier of graph.barriersOf.get(subject) ?? []) {
      if (found.has(barrier)) continue;
      const opposite = barrier.left.has(subject) ? barrier.right : barrier.left;
      if (meets(opposite, large.members)) found.add(barrier);
    }
  return found;
}

/** A person joined the two groups: every pair across them may be together again; the rest of each barrier stands. */
function liftBarriers(graph: Graph, one: Group, other: Group): void {
  for (const barrier of barriersBetween(graph, one, other)) {
    removeBarrier(graph, barrier);
    const inOne = only(barrier.left, (subject) => one.members.has(subject));
    const inOther = only(barrier.left, (subject) => other.members.has(subject));
    const outside = only(barrier.left, (subject) => !one.members.has(subject) && !other.members.has(subject));
    for (const rest of [
      { left: outside, right: barrier.right },
      { left: inOne, right: only(barrier.right, (subject) => !other.members.has(subject)) },
      { left: inOther, right: only(barrier.right, (subject) => !one.members.has(subject)) },
    ])
      if (rest.left.size > 0 && rest.right.size > 0) addBarrier(graph, rest);
  }
}

function partitionOf(graph: Graph): IdentityPartition {
  const groups = [...new Set(graph.groupOf.values())].map((group) => ({ group, first: oldest(group) }));
  const apart = ({ subjects: [a, b] }: HeldLink): boolean => graph.groupOf.get(a) !== graph.groupOf.get(b);
  return {
    clusters: groups.sort((a, b) => byAge(a.first, b.first)).map(({ group }) => clusterOf(group)),
    held: [...graph.held.values()].filter(apart).sort(byPosition),
    merges: graph.merges.sort(byPosition),
    splits: graph.splits.sort((a, b) => byPosition(a, b) || (a.customer < b.customer ? -1 : 1)),
  };
}

function clusterOf(group: Group): Cluster {
  const subjects = [...group.members.values()].sort(byAge);
  const [first] = subjects;
  return { customer: first?.subject ?? '', subjects, authorityGroups: authorityGroups(subjects, group.edges) };
}

function authorityGroups(subjects: readonly ClusterSubject[], edges: readonly Edge[]): readonly (readonly string[])[] {
  const verified = edges.filter((edge) => edge.verified);
  const groups = new Map<string, string>(subjects.map(({ subject }) => [subject, subject]));
  const root = (subject: string): string => {
    let at = subject;
    for (let up = groups.get(at); up !== undefined && up !== at; up = groups.get(at)) at = up;
    return at;
  };
  for (const {
    subjects: [a, b],
  } of verified)
    groups.set(root(a), root(b));
  const byRoot = new Map<string, string[]>();
  for (const { subject } of subjects) {
    const key = root(subject);
    const group = byRoot.get(key);
    if (group) group.push(subject);
    else byRoot.set(key, [subject]);
  }
  return [...byRoot.values()];
}

function byPosition(
  a: { readonly position: string; readonly factId: string },
  b: { readonly position: string; readonly factId: string },
): number {
  return comparePositions(a.position, b.position) || (a.factId < b.factId ? -1 : a.factId > b.factId ? 1 : 0);
}

function hasErased(graph: Graph, group: Group): boolean {
  if (graph.erased.size === 0) return false;
  for (const subject of group.members.keys()) if (graph.erased.has(subject)) return true;
  return false;
}

function meets(a: ReadonlySet<string>, b: ReadonlyMap<string, unknown>): boolean {
  for (const subject of a) if (b.has(subject)) return true;
  return false;
}

function only(set: ReadonlySet<string>, keep: (subject: string) => boolean): ReadonlySet<string> {
  return new Set([...set].filter(keep));
}

function pairKey([a, b]: readonly [string, string]): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
