import { defaultIdentityRules, foldIdentity, type IdentityFact, type IdentityPartition, type IdentityRules } from './index';

const rules: IdentityRules = { version: 1, limits: { user_id: 1, email: 2 }, windows: {}, priority: [], clusterLimit: 6 };

/** Facts in the order written, positions 1, 2, 3 … */
function story(...steps: readonly ((position: string, id: string) => IdentityFact)[]): IdentityFact[] {
  return steps.map((step, i) => step(String(i + 1), `fact-${i + 1}`));
}
type Step = (position: string, id: string) => IdentityFact;
const sees =
  (subject: string, identifierType = 'anonymous_id', verified = false, blockedBy?: string): Step =>
  (position) => ({
    kind: 'registered',
    position,
    subject,
    identifierType,
    verified,
    seen: 0,
    ...(blockedBy === undefined ? {} : { blockedBy }),
  });
const links =
  (a: string, b: string, verified = false): Step =>
  (position, id) => ({ kind: 'linked', position, id, subjects: [a, b], verified });
const unlinks =
  (a: string, b: string): Step =>
  (position, id) => ({ kind: 'unlinked', position, id, subjects: [a, b] });
const merges =
  (a: string, b: string): Step =>
  (position, id) => ({ kind: 'merged', position, id, subjects: [a, b] });
const splits =
  (...subjects: string[]): Step =>
  (position, id) => ({ kind: 'split', position, id, subjects });
const blocks =
  (subject: string): Step =>
  (position, id) => ({ kind: 'blocked', position, id, subject });
const erases =
  (...subjects: string[]): Step =>
  (position) => ({ kind: 'erased', position, subjects });

/** The customers as text: the customer's id first, then the other subjects by age. */
function customers(partition: IdentityPartition): string[] {
  return partition.clusters.map((cluster) => {
    expect(cluster.subjects[0]?.subject).toBe(cluster.customer);
    return cluster.subjects.map((s) => s.subject).join('');
  });
}
const fold = (...steps: Step[]) => foldIdentity(story(...steps), rules);
const held = (partition: IdentityPartition) => partition.held.map((h) => `${h.subjects.join('')} ${h.reason}`);

describe('the identity graph', () => {
  it('joins what links connect, under the id of the oldest subject', () => {
    const partition = fold(sees('a'), sees('b'), sees('c'), sees('d'), links('c', 'b'), links('c', 'a'));
    expect(customers(partition)).toEqual(['abc', 'd']);
    expect(partition.merges).toEqual([
      { position: '5', factId: 'fact-5', survivor: 'b', absorbed: 'c', rule: 'link' },
      { position: '6', factId: 'fact-6', survivor: 'a', absorbed: 'b', rule: 'link' },
    ]);
  });

  it('takes the oldest by position and not by text: 9 comes before 10', () => {
    const facts: IdentityFact[] = [
      { kind: 'registered', position: '10', subject: 'a', identifierType: 'email', verified: false, seen: 0 },
      { kind: 'registered', position: '9', subject: 'b', identifierType: 'email', verified: false, seen: 0 },
      { kind: 'linked', position: '9007199254740993', id: 'l', subjects: ['a', 'b'], verified: false },
    ];
    expect(customers(foldIdentity(facts, rules))).toEqual(['ba']);
  });

  it('waits with evidence until both identifiers are registered', () => {
    const partition = fold(links('a', 'b'), sees('b'), sees('a'));
    expect(customers(partition)).toEqual(['ba']);
    expect(partition.merges).toEqual([{ position: '3', factId: 'fact-1', survivor: 'b', absorbed: 'a', rule: 'link' }]);
  });

  it('never joins two verified user ids by rule, but a person may', () => {
    const two: Step[] = [sees('a', 'user_id', true), sees('b', 'user_id', true), sees('t'), links('a', 't'), links('b', 't')];
    const generous = { ...rules, limits: { user_id: 10 } };
    expect(customers(foldIdentity(story(...two), generous))).toEqual(['at', 'b']);
    expect(held(foldIdentity(story(...two), generous))).toEqual(['bt TWO_VERIFIED_USER_IDS']);
    const merged = fold(...two, merges('b', 'a'));
    expect(customers(merged)).toEqual(['abt']);
    expect(held(merged)).toEqual([]);
    expect(merged.merges.at(-1)).toEqual({ position: '6', factId: 'fact-6', survivor: 'a', absorbed: 'b', rule: 'manual' });
  });

  it('holds a link that would pass the limit of a type, or of the cluster', () => {
    const partition = fold(...['a', 'b', 'c'].map((s) => sees(s, 'email')), links('a', 'b'), links('b', 'c'), links('b', 'c'));
    expect(customers(partition)).toEqual(['ab', 'c']);
    expect(partition.held).toEqual([{ position: '5', factId: 'fact-5', subjects: ['b', 'c'], reason: 'IDENTIFIER_LIMIT' }]);
    const many = 'abcdefg'.split('');
    const wide = foldIdentity(story(...many.map((s, i) => sees(s, `type ${i}`)), ...many.slice(1).map((s) => links('a', s))), rules);
    expect(customers(wide)).toEqual(['abcdef', 'g']);
    expect(held(wide)).toEqual(['ag CLUSTER_LIMIT']);
  });

  it('counts by default one user id and five of any other type', () => {
    const of = (type: string, n: number) => {
      const subjects = Array.from({ length: n }, (_, i) => `s${i}`);
      return foldIdentity(
        story(...subjects.map((s) => sees(s, type)), ...subjects.slice(1).map((s) => links('s0', s))),
        defaultIdentityRules,
      );
    };
    expect(of('user_id', 2).clusters).toHaveLength(2);
    expect(of('email', 5).clusters).toHaveLength(1);
    expect(of('email', 6).clusters).toHaveLength(2);
  });

  it('does not let a limit that a person has passed hold up evidence of another type', () => {
    const partition = fold(
      ...['a', 'b', 'c'].map((s) => sees(s, 'email')),
      sees('t', 'device_id'),
      links('a', 'b'),
      merges('a', 'c'),
      links('c', 't'),
    );
    expect(customers(partition)).toEqual(['abct']);
  });

  describe('a split by a person', () => {
    it('gives both customers of a merge back, ids, groups and all', () => {
      const before: Step[] = [sees('a'), sees('b'), sees('c'), sees('d'), links('c', 'b', true), links('d', 'a', true)];
      const partition = fold(...before, merges('a', 'c'), splits('b', 'c'));
      expect(partition.clusters).toEqual(fold(...before).clusters);
      expect(partition.splits).toEqual([{ position: '8', factId: 'fact-8', customer: 'a', into: ['a', 'b'], rule: 'split' }]);
    });

    it('keeps later evidence from joining the two again, directly or by a third, until a person merges', () => {
      const apart: Step[] = [
        sees('a'),
        sees('b'),
        links('a', 'b'),
        splits('b'),
        sees('t'),
        links('a', 'b', true),
        links('a', 't'),
        links('t', 'b'),
      ];
      expect(customers(fold(...apart))).toEqual(['at', 'b']);
      expect(held(fold(...apart))).toEqual(['ab SPLIT_BY_PERSON', 'tb SPLIT_BY_PERSON']);
      const together = fold(...apart, merges('b', 't'));
      expect(customers(together)).toEqual(['abt']);
      expect(held(together)).toEqual([]);
    });

    it('is lifted by a merge only between those who were merged', () => {
      const partition = fold(
        ...['a', 'b', 'c'].map((s) => sees(s)),
        links('a', 'b'),
        merges('b', 'c'),
        splits('c'), // c apart from a and b
        unlinks('a', 'b'),
        merges('a', 'c'),
        links('b', 'a'),
        links('b', 'c'),
      );
      expect(customers(partition)).toEqual(['ac', 'b']);
      expect(held(partition)).toEqual(['ba UNLINKED', 'bc SPLIT_BY_PERSON']);
    });

    it('takes what hung together only through the other side apart, and names who came of it', () => {
      const partition = fold(sees('t'), sees('a'), sees('b'), links('a', 't'), links('b', 't'), splits('t'));
      expect(customers(partition)).toEqual(['t', 'a', 'b']);
      expect(partition.splits).toEqual([{ position: '6', factId: 'fact-6', customer: 't', into: ['t', 'a', 'b'], rule: 'split' }]);
    });

    it('of a whole cluster, or of strangers, changes nothing', () => {
      const partition = fold(sees('a'), sees('b'), links('a', 'b'), splits('a', 'b'), splits('x'));
      expect(customers(partition)).toEqual(['ab']);
      expect(partition.splits).toEqual([]);
    });
  });

  describe('a blocked identifier', () => {
    it('is alone from then on, and what it had joined comes apart, merges by a person too', () => {
      const partition = fold(
        sees('t'),
        sees('a'),
        sees('b'),
        sees('c'),
        links('a', 't'),
        links('b', 't'),
        merges('t', 'c'),
        links('b', 'c'),
        blocks('t'),
        links('a', 't'),
        merges('a', 't'),
      );
      expect(customers(partition)).toEqual(['t', 'a', 'bc']);
      expect(held(partition)).toEqual(['at IDENTIFIER_BLOCKED']);
      expect(partition.splits).toEqual([{ position: '9', factId: 'fact-9', customer: 't', into: ['t', 'a', 'b'], rule: 'blocked' }]);
    });

    it('joins nothing from birth when it met a pattern', () => {
      const partition = fold(sees('a'), sees('x', 'user_id', false, 'anonymous'), links('a', 'x'), merges('x', 'a'));
      expect(customers(partition)).toEqual(['a', 'x']);
    });

    it('leaves two verified user ids apart that only a merge through it had allowed', () => {
      const partition = fold(
        sees('a', 'user_id', true),
        sees('b', 'user_id', true),
        sees('t'),
        merges('a', 't'),
        merges('t', 'b'),
        links('a', 'b'),
        blocks('t'),
      );
      expect(customers(partition)).toEqual(['a', 'b', 't']);
      expect(held(partition)).toEqual(['ab TWO_VERIFIED_USER_IDS']);
    });
  });

  it('follows a link no more once the pair is unlinked, while other ways may still join the two', () => {
    const apart = [sees('a'), sees('b'), links('a', 'b'), unlinks('b', 'a'), links('a', 'b')];
    expect(customers(fold(...apart))).toEqual(['a', 'b']);
    expect(customers(fold(...apart, sees('t'), links('a', 't'), links('b', 't')))).toEqual(['abt']);
  });

  it('leaves an erased customer as it was, but merges it no more', () => {
    const partition = fold(sees('a'), sees('b'), sees('c'), links('a', 'b'), erases('a', 'b'), links('b', 'c'), merges('c', 'a'));
    expect(customers(partition)).toEqual(['ab', 'c']);
    expect(held(partition)).toEqual(['bc SUBJECT_ERASED', 'ca SUBJECT_ERASED']);
  });

  it('lets authority cross verified links only: neither unverified ones nor merges by a person', () => {
    const partition = fold(
      sees('a', 'user_id', true),
      sees('b', 'email'),
      sees('c'),
      sees('d'),
      links('a', 'b', true),
      links('b', 'c'),
      merges('a', 'd'),
    );
    expect(customers(partition)).toEqual(['abcd']);
    expect(partition.clusters[0]?.authorityGroups).toEqual([['a', 'b'], ['c'], ['d']]);
    const verified = fold(sees('a'), sees('b'), links('a', 'b'), links('b', 'a', true));
    expect(verified.clusters[0]?.authorityGroups).toEqual([['a', 'b']]);
  });

  it('applies a change of rules to all history', () => {
    const facts = story(sees('a', 'email'), sees('b', 'email'), links('a', 'b'));
    expect(customers(foldIdentity(facts, rules))).toEqual(['ab']);
    expect(customers(foldIdentity(facts, { ...rules, version: 2, limits: { email: 1 } }))).toEqual(['a', 'b']);
  });
});
