import fc from 'fast-check';
import { connectedSubjects, foldIdentity, type IdentityFact, type IdentityPartition, type IdentityRules, touchedSubjects } from './index';

const TYPES = ['user_id', 'email', 'anonymous_id', 'device_id'];
const DAY = 86_400_000;
const strict: IdentityRules = {
  version: 1,
  limits: { user_id: 1, email: 2, anonymous_id: 3, device_id: 3 },
  windows: {},
  priority: [],
  clusterLimit: 7,
};
const windowed: IdentityRules = { ...strict, limits: { ...strict.limits, device_id: 1 }, windows: { device_id: 2, email: 5 } };
const ranked: IdentityRules = { ...windowed, priority: ['user_id', 'email', 'anonymous_id'] };

/** Whatever else is seen of an identifier: of what type it is, whether it is verified, on which of ten days it was first seen. */
const born = {
  identifierType: fc.constantFrom(...TYPES),
  verified: fc.boolean(),
  seen: fc.nat({ max: 9 }).map((day) => day * DAY),
};

const named = (n: number): string => `s${String(n).padStart(3, '0')}`;

/** A storm: most subjects are registered in time, some late, some never; then anything may happen to anybody. */
function storm(subjects: number, length: { minLength: number; maxLength: number }): fc.Arbitrary<IdentityFact[]> {
  const who = fc.nat({ max: subjects - 1 }).map(named);
  // neighbours, so that a large storm makes many components and not one that holds everybody
  const pair = fc
    .tuple(who, fc.nat({ max: 11 }))
    .map(([a, n]): [string, string] => [a, named(Math.floor(Number(a.slice(1)) / 12) * 12 + n)]);
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('linked' as const), subjects: pair, verified: fc.boolean() }) },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('registered' as const),
        subject: who,
        ...born,
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('merged' as const), subjects: pair }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('split' as const), subjects: fc.array(who, { minLength: 1, maxLength: 4 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('unlinked' as const), subjects: pair }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('blocked' as const), subject: who }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('erased' as const), subjects: fc.array(who, { minLength: 1, maxLength: 2 }) }) },
  );
  return fc
    .tuple(
      fc.array(step, length),
      fc.array(fc.record(born), {
        minLength: subjects,
        maxLength: subjects,
      }),
    )
    .map(([steps, sights]) => {
      const births = sights.slice(0, Math.floor(subjects * 0.8)).map((b, i) => ({ kind: 'registered' as const, subject: named(i), ...b }));
      return [...births, ...steps].map((fact, i) => ({ ...fact, position: String(i + 1), id: `f${i + 1}` }) as IdentityFact);
    });
}

const size = { minLength: 1, maxLength: 60 };

function registered(facts: readonly IdentityFact[]): string[] {
  return [...new Set(facts.flatMap((fact) => (fact.kind === 'registered' ? [fact.subject] : [])))].sort();
}

/** What stage 0 does: keeps components, and folds a component again whenever a fact touches it. */
function foldByComponent(facts: readonly IdentityFact[], rules: IdentityRules): IdentityPartition {
  const componentOf = new Map<string, { subjects: Set<string> }>();
  const factsOf = new Map<string, IdentityFact[]>();
  const partitions = new Map<object, IdentityPartition>();
  const component = (subject: string) => {
    const known = componentOf.get(subject) ?? { subjects: new Set([subject]) };
    componentOf.set(subject, known);
    return known;
  };
  for (const fact of facts) {
    for (const subject of touchedSubjects(fact)) {
      component(subject);
      factsOf.set(subject, [...(factsOf.get(subject) ?? []), fact]);
    }
    const connected = connectedSubjects(fact);
    if (connected) {
      const [into, from] = connected.map(component);
      if (into && from && into !== from) {
        for (const subject of from.subjects) {
          into.subjects.add(subject);
          componentOf.set(subject, into);
        }
        partitions.delete(from);
      }
    }
    for (const touched of new Set(touchedSubjects(fact).map(component)))
      partitions.set(touched, foldIdentity([...new Set([...touched.subjects].flatMap((s) => factsOf.get(s) ?? []))], rules));
  }
  const all = [...partitions.values()];
  const byPosition = (a: { position: string; factId: string }, b: { position: string; factId: string }) =>
    Number(a.position) - Number(b.position) || (a.factId < b.factId ? -1 : a.factId > b.factId ? 1 : 0);
  const byCustomer = (a: { customer: string }, b: { customer: string }) => (a.customer < b.customer ? -1 : 1);
  return {
    clusters: all.flatMap((p) => p.clusters).sort((a, b) => Number(a.subjects[0]?.position) - Number(b.subjects[0]?.position)),
    held: all.flatMap((p) => p.held).sort(byPosition),
    merges: all.flatMap((p) => p.merges).sort(byPosition),
    splits: all.flatMap((p) => p.splits).sort((a, b) => byPosition(a, b) || byCustomer(a, b)),
  };
}

describe.each([
  ['limits for ever', strict],
  ['limits within windows', windowed],
  ['limits, windows and a priority', ranked],
])('storms of links, merges, splits and blocks under %s (failure mode 27)', (_, rules) => {
  it('put every registered subject into exactly one cluster and one authority group', () => {
    fc.assert(
      fc.property(storm(12, size), (facts) => {
        const { clusters } = foldIdentity(facts, rules);
        expect(clusters.flatMap((c) => c.subjects.map((s) => s.subject)).sort()).toEqual(registered(facts));
        for (const cluster of clusters) {
          expect(cluster.authorityGroups.flat().sort()).toEqual(cluster.subjects.map((s) => s.subject).sort());
          expect(cluster.customer).toBe(cluster.subjects[0]?.subject);
        }
      }),
    );
  });

  it('give the same from any arrival: doubled, shuffled, folded again', () => {
    fc.assert(
      fc.property(
        storm(10, size).chain((facts) =>
          fc.tuple(fc.constant(facts), fc.shuffledSubarray([...facts, ...facts], { minLength: facts.length * 2 })),
        ),
        ([facts, shuffled]) => {
          expect(foldIdentity(shuffled, rules)).toEqual(foldIdentity(facts, rules));
        },
      ),
    );
  });

  it('never pass a limit, and never join two verified user ids, unless a person merged', () => {
    fc.assert(
      fc.property(storm(10, size), (facts) => {
        const byRule = facts.filter((fact) => fact.kind !== 'merged');
        for (const cluster of foldIdentity(byRule, rules).clusters) {
          expect(cluster.subjects.length).toBeLessThanOrEqual(rules.clusterLimit);
          for (const [type, limit] of Object.entries(rules.limits)) {
            const ofType = cluster.subjects.filter((s) => s.identifierType === type);
            const span = (rules.windows[type] ?? Number.POSITIVE_INFINITY) * DAY;
            for (const { seen: from } of ofType)
              expect(ofType.filter(({ seen }) => seen >= from && seen < from + span).length).toBeLessThanOrEqual(limit);
          }
          expect(cluster.subjects.filter((s) => s.identifierType === 'user_id' && s.verified).length).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('leave blocked subjects alone', () => {
    fc.assert(
      fc.property(storm(8, size), (facts) => {
        const blocked = new Set(facts.flatMap((fact) => (fact.kind === 'blocked' ? [fact.subject] : [])));
        for (const cluster of foldIdentity(facts, rules).clusters)
          if (cluster.subjects.some((s) => blocked.has(s.subject))) expect(cluster.subjects).toHaveLength(1);
      }),
    );
  });

  it('keep what a person split apart, whatever links follow', () => {
    fc.assert(
      fc.property(storm(8, size), fc.array(fc.tuple(fc.nat({ max: 7 }), fc.nat({ max: 7 })), { maxLength: 30 }), (facts, later) => {
        const target = foldIdentity(facts, rules).clusters.find((cluster) => cluster.subjects.length > 1);
        fc.pre(target !== undefined);
        const side = target!.subjects.slice(0, Math.ceil(target!.subjects.length / 2)).map((s) => s.subject);
        const rest = target!.subjects.map((s) => s.subject).filter((s) => !side.includes(s));
        const after: IdentityFact[] = [
          ...facts,
          { kind: 'split', position: '5000', id: 'split', subjects: side },
          ...later.map(([a, b], i): IdentityFact => ({
            kind: 'linked',
            position: String(5001 + i),
            id: `later-${i}`,
            subjects: [`s00${a}`, `s00${b}`],
            verified: true,
          })),
        ];
        for (const cluster of foldIdentity(after, rules).clusters) {
          const names = cluster.subjects.map((s) => s.subject);
          expect(names.some((s) => side.includes(s)) && names.some((s) => rest.includes(s))).toBe(false);
        }
      }),
    );
  });

  it('are undone exactly by splitting a merge: same customers, same ids, same authority', () => {
    let merged = 0;
    fc.assert(
      fc.property(storm(10, size), fc.nat(), fc.nat(), (facts, i, j) => {
        const before = foldIdentity(facts, rules);
        const one = before.clusters[i % before.clusters.length];
        const other = before.clusters[j % before.clusters.length];
        fc.pre(one !== undefined && other !== undefined && one !== other);
        const merge: IdentityFact = {
          kind: 'merged',
          position: '5000',
          id: 'merge',
          subjects: [one!.subjects.at(-1)!.subject, other!.subjects[0]!.subject],
        };
        const split: IdentityFact = { kind: 'split', position: '5001', id: 'split', subjects: other!.subjects.map((s) => s.subject) };
        if (foldIdentity([...facts, merge], rules).clusters.length < before.clusters.length) merged++;
        expect(foldIdentity([...facts, merge, split], rules).clusters).toEqual(before.clusters);
      }),
      { numRuns: 300 },
    );
    expect(merged).toBeGreaterThan(50);
  });

  it('of 1,000 facts give the same component by component, fact by fact, as whole at once', () => {
    fc.assert(
      fc.property(storm(250, { minLength: 800, maxLength: 800 }), (facts) => {
        expect(facts).toHaveLength(1000);
        const whole = foldIdentity(facts, rules);
        expect(foldByComponent(facts, rules)).toEqual(whole);
        expect(whole.clusters.some((cluster) => cluster.subjects.length > 2)).toBe(true);
      }),
      { numRuns: 5, endOnFailure: true },
    );
  });

  it('leave no link held for which there is room: whoever repeats it changes nothing, unless weaker evidence gives way', () => {
    let afterCut = 0;
    fc.assert(
      fc.property(storm(10, { minLength: 40, maxLength: 60 }), (facts) => {
        const whole = foldIdentity(facts, rules);
        const cuts = new Set(facts.flatMap(({ kind, position }) => (['split', 'unlinked', 'blocked'].includes(kind) ? [position] : [])));
        afterCut += whole.merges.filter(({ position }) => cuts.has(position)).length;
        for (const { subjects, reason } of whole.held) {
          if (!['TWO_VERIFIED_USER_IDS', 'IDENTIFIER_LIMIT', 'CLUSTER_LIMIT'].includes(reason)) continue;
          const repeated: IdentityFact = { kind: 'linked', position: '5000', id: 'repeated', subjects, verified: true };
          const after = foldIdentity([...facts, repeated], rules);
          if (after.splits.length > whole.splits.length) expect(rules.priority).not.toEqual([]);
          else expect(after.clusters).toEqual(whole.clusters);
        }
      }),
      { numRuns: 300 },
    );
    expect(afterCut).toBeGreaterThan(20);
  });

  it('keep the partition of a prefix: later facts never change what was derived at an earlier position', () => {
    fc.assert(
      fc.property(storm(10, size), (facts) => {
        const whole = foldIdentity(facts, rules);
        const half = foldIdentity(facts.slice(0, Math.floor(facts.length / 2)), rules);
        expect(whole.merges.slice(0, half.merges.length)).toEqual(half.merges);
        expect(whole.splits.slice(0, half.splits.length)).toEqual(half.splits);
      }),
    );
  });
});
