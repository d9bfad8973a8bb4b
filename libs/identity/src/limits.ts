import { type Edge, type Group, join } from './groups';
import type { ClusterSubject, LimitReason } from './partition';
import { type IdentityRules, LIMIT_OF_OTHERS } from './rules';

const DAY = 86_400_000;

/** The rule that a join by link would break. Only what both sides bring counts: a merge by a person may already have passed a limit. */
export function ruleAgainst(rules: IdentityRules, left: Group, right: Group): LimitReason | undefined {
  if (hasVerifiedUser(left) && hasVerifiedUser(right)) return 'TWO_VERIFIED_USER_IDS';
  const ofRight = seenByType(right);
  for (const [type, seen] of seenByType(left)) {
    const other = ofRight.get(type);
    const limit = rules.limits[type] ?? LIMIT_OF_OTHERS;
    const days = rules.windows[type];
    if (other && seen.length + other.length > limit && (days === undefined || isCrowded(seen, other, limit, days * DAY)))
      return 'IDENTIFIER_LIMIT';
  }
  return left.members.size + right.members.size > rules.clusterLimit ? 'CLUSTER_LIMIT' : undefined;
}

/**
 * What comes of members when evidence is followed in this order under the rules, beginning with each alone. `held` is the evidence that a
 * limit forbids.
 */
export function arrange(
  rules: IdentityRules,
  members: ReadonlyMap<string, ClusterSubject>,
  edges: readonly Edge[],
): { readonly groupOf: ReadonlyMap<string, Group>; readonly held: ReadonlyMap<Edge, LimitReason> } {
  const groupOf = new Map<string, Group>();
  for (const [subject, member] of members) groupOf.set(subject, { members: new Map([[subject, member]]), edges: [] });
  const held = new Map<Edge, LimitReason>();
  for (const edge of edges) {
    const left = groupOf.get(edge.subjects[0]);
    const right = groupOf.get(edge.subjects[1]);
    if (!left || !right) continue;
    const reason = left === right || edge.kind === 'manual' ? undefined : ruleAgainst(rules, left, right);
    if (reason) held.set(edge, reason);
    else if (left === right) left.edges.push(edge);
    else join(groupOf, edge, left, right);
  }
  return { groupOf, held };
}

/**
 * The evidence that gives way so that a link can be followed which would pass a limit; undefined where the link is to be held. Only what is
 * weaker by the priority of the rules gives way, and no more of it than must. Where a person has merged, rules rearrange nothing.
 */
export function givingWay(rules: IdentityRules, edge: Edge, left: Group, right: Group): ReadonlyMap<Edge, LimitReason> | undefined {
  if (rules.priority.length === 0) return undefined;
  const members = new Map([...left.members, ...right.members]);
  const edges = [...left.edges, ...right.edges].sort((a, b) => a.order - b.order);
  if (edges.some(({ kind }) => kind === 'manual')) return undefined;
  const weakness = (one: Edge): number => weaknessOf(rules.priority, one, members);
  const bar = weakness(edge);
  const firm = edges.filter((one) => weakness(one) <= bar);
  const weaker = edges.filter((one) => weakness(one) > bar).sort((a, b) => weakness(a) - weakness(b) || a.order - b.order);
  if (weaker.length === 0) return undefined;
  const { held } = arrange(rules, members, [...firm, edge, ...weaker]);
  return held.has(edge) ? undefined : held;
}

/** How weak evidence is: by the weaker of its two identifiers, then by the other; 0 joins two of the strongest type. */
function weaknessOf(priority: readonly string[], { subjects }: Edge, members: ReadonlyMap<string, ClusterSubject>): number {
  const [a = 0, b = 0] = subjects.map((subject) => {
    const place = priority.indexOf(members.get(subject)?.identifierType ?? '');
    return place < 0 ? priority.length : place;
  });
  return Math.max(a, b) * (priority.length + 1) + Math.min(a, b);
}

/** Whether more identifiers than the limit were first seen within one stretch of time, some of them of either side. */
function isCrowded(left: readonly number[], right: readonly number[], limit: number, span: number): boolean {
  const seen = [...left.map((at) => ({ at, side: 0 })), ...right.map((at) => ({ at, side: 1 }))].sort((a, b) => a.at - b.at);
  return seen.some(({ at: from }) => {
    const within = seen.filter(({ at }) => at >= from && at < from + span);
    return within.length > limit && within.some(({ side }) => side === 0) && within.some(({ side }) => side === 1);
  });
}

function seenByType(group: Group): ReadonlyMap<string, readonly number[]> {
  const seen = new Map<string, number[]>();
  for (const member of group.members.values()) {
    const ofType = seen.get(member.identifierType);
    if (ofType) ofType.push(member.seen);
    else seen.set(member.identifierType, [member.seen]);
  }
  return seen;
}

function hasVerifiedUser(group: Group): boolean {
  for (const member of group.members.values()) if (member.verified && member.identifierType === 'user_id') return true;
  return false;
}
