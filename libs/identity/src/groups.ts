import type { ClusterSubject } from './partition';
import { comparePositions } from './position';

/** Evidence that holds two subjects together. `order` is the order in which evidence took effect. */
export type Edge = {
  readonly order: number;
  readonly factId: string;
  readonly subjects: readonly [string, string];
  readonly kind: 'link' | 'manual';
  readonly verified: boolean;
};

/** A cluster while folding. Its members hang together by its edges, and folding these edges again in order gives it again. */
export type Group = { readonly members: Map<string, ClusterSubject>; edges: Edge[] };

/** Moves the smaller group into the larger one. */
export function join(groupOf: Map<string, Group>, edge: Edge, left: Group, right: Group): void {
  const [into, from] = left.members.size >= right.members.size ? [left, right] : [right, left];
  for (const [subject, member] of from.members) {
    into.members.set(subject, member);
    groupOf.set(subject, into);
  }
  for (const moved of from.edges) into.edges.push(moved);
  into.edges.push(edge);
}

export function oldest(group: Group): ClusterSubject {
  let first: ClusterSubject | undefined;
  for (const member of group.members.values()) if (!first || byAge(member, first) < 0) first = member;
  if (!first) throw new Error('a group without members');
  return first;
}

export function byAge(a: ClusterSubject, b: ClusterSubject): number {
  return comparePositions(a.position, b.position) || (a.subject < b.subject ? -1 : 1);
}
