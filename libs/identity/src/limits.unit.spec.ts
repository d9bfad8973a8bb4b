import fc from 'fast-check';
import { defaultIdentityRules, foldIdentity, type IdentityFact, type IdentityPartition, type IdentityRules } from './index';

const DAY = 86_400_000;

type Step = (position: string, id: string) => IdentityFact;
const sees =
  (subject: string, identifierType: string, day = 0, verified = false): Step =>
  (position) => ({ kind: 'registered', position, subject, identifierType, verified, seen: day * DAY });
const links =
  (a: string, b: string): Step =>
  (position, id) => ({ kind: 'linked', position, id, subjects: [a, b], verified: false });
const merges =
  (a: string, b: string): Step =>
  (position, id) => ({ kind: 'merged', position, id, subjects: [a, b] });
const splits =
  (...subjects: string[]): Step =>
  (position, id) => ({ kind: 'split', position, id, subjects });

const fold = (rules: IdentityRules, ...steps: readonly Step[]): IdentityPartition =>
  foldIdentity(
    steps.map((step, i) => step(String(i + 1), `fact-${i + 1}`)),
    rules,
  );
const customers = ({ clusters }: IdentityPartition): string[] => clusters.map(({ subjects }) => subjects.map((s) => s.subject).join(' '));
const held = (partition: IdentityPartition): string[] => partition.held.map(({ subjects, reason }) => `${subjects.join('–')} ${reason}`);

describe('a limit within a window', () => {
  const rules: IdentityRules = { ...defaultIdentityRules, limits: { user_id: 1, device_id: 2 }, windows: { device_id: 30 } };
  const devices = (...days: readonly number[]): Step[] => [
    sees('u', 'user_id'),
    ...days.map((day, n) => sees(`d${n}`, 'device_id', day)),
    ...days.map((_, n) => links('u', `d${n}`)),
  ];

  it('counts identifiers first seen within so many days: who replaces her device now and then stays one customer', () => {
    expect(customers(fold(rules, ...devices(0, 10, 30, 40, 400)))).toEqual(['u d0 d1 d2 d3 d4']);
    expect(customers(fold({ ...rules, windows: {} }, ...devices(0, 10, 30, 40, 400)))).toEqual(['u d0 d1', 'd2', 'd3', 'd4']);
  });

  it('holds what would be one too many within any such stretch, before or after', () => {
    expect(held(fold(rules, ...devices(0, 10, 29)))).toEqual(['u–d2 IDENTIFIER_LIMIT']);
    expect(held(fold(rules, ...devices(20, 40, 0)))).toEqual([]);
    expect(held(fold(rules, ...devices(20, 40, 11)))).toEqual(['u–d2 IDENTIFIER_LIMIT']);
  });

  it('of a type that has the limit of others too', () => {
    const others: IdentityRules = { ...rules, limits: {}, windows: { device_id: 30 } };
    expect(customers(fold(others, ...devices(0, 1, 2, 3, 4, 5)))).toEqual(['u d0 d1 d2 d3 d4', 'd5']);
    expect(customers(fold(others, ...devices(0, 1, 2, 3, 4, 31)))).toEqual(['u d0 d1 d2 d3 d4 d5']);
  });

  it('is not passed by what one side alone brings, where a person merged beyond it', () => {
    const crowded = [...devices(0, 1), sees('d', 'device_id', 2), merges('u', 'd'), sees('late', 'device_id', 90), links('u', 'late')];
    expect(customers(fold(rules, ...crowded))).toEqual(['u d0 d1 d late']);
  });
});

describe('the priority of identifiers', () => {
  const rules: IdentityRules = {
    ...defaultIdentityRules,
    limits: { user_id: 1, email: 1 },
    priority: ['user_id', 'email', 'anonymous_id'],
  };
  /** A browser that somebody else left her e-mail in, used by u, who then gives her own e-mail. */
  const browser = [
    sees('u', 'user_id'),
    sees('other', 'email'),
    sees('mail', 'email'),
    sees('b', 'anonymous_id'),
    links('other', 'b'),
    links('u', 'b'),
    links('u', 'mail'),
  ];

  it('lets weaker evidence give way to a stronger link that would pass a limit, whichever came first', () => {
    const partition = fold(rules, ...browser);
    expect(customers(partition)).toEqual(['u mail b', 'other']);
    expect(held(partition)).toEqual(['other–b IDENTIFIER_LIMIT']);
    expect(partition.splits).toEqual([{ position: '7', factId: 'fact-7', customer: 'u', into: ['u', 'other'], rule: 'outranked' }]);
    expect(partition.merges.at(-1)).toEqual({ position: '7', factId: 'fact-7', survivor: 'u', absorbed: 'mail', rule: 'link' });
    const [u, other, mail, b, otherB, uB, uMail] = browser as [Step, Step, Step, Step, Step, Step, Step];
    expect(customers(fold(rules, u, other, mail, b, uMail, otherB, uB))).toEqual(['u mail b', 'other']);
  });

  it('holds the later link where there is none, or where none is weaker', () => {
    expect(held(fold({ ...rules, priority: [] }, ...browser))).toEqual(['u–mail IDENTIFIER_LIMIT']);
    const equal = fold(rules, sees('u', 'user_id'), sees('m', 'email'), sees('n', 'email'), links('u', 'm'), links('u', 'n'));
    expect([customers(equal), held(equal), equal.splits]).toEqual([['u m', 'n'], ['u–n IDENTIFIER_LIMIT'], []]);
  });

  it('tells the customers of a shared tablet apart once they sign in', () => {
    const shared = fold(
      { ...rules, limits: { user_id: 2, email: 5 } },
      sees('t', 'device_id'),
      sees('u', 'user_id', 0, true),
      sees('v', 'user_id', 0, true),
      sees('m', 'email'),
      links('t', 'u'),
      links('t', 'm'),
      links('v', 'm'),
    );
    expect(customers(shared)).toEqual(['t u', 'v m']);
    expect(held(shared)).toEqual(['t–m TWO_VERIFIED_USER_IDS']);
  });

  it('makes way in a customer who has reached the most identifiers', () => {
    const full: IdentityRules = { ...rules, clusterLimit: 3 };
    const partition = fold(
      full,
      ...['a', 'b'].map((s) => sees(s, 'anonymous_id')),
      sees('u', 'user_id'),
      sees('m', 'email'),
      links('u', 'a'),
      links('u', 'b'),
      links('u', 'm'),
    );
    expect(customers(partition)).toEqual(['a u m', 'b']);
    expect(held(partition)).toEqual(['u–b CLUSTER_LIMIT']);
  });

  it('gives the room that weaker evidence leaves to what was held for want of it', () => {
    const full: IdentityRules = { ...rules, clusterLimit: 3 };
    const before = [
      ...['a', 'b', 'c'].map((s) => sees(s, 'anonymous_id')),
      sees('u', 'user_id'),
      sees('m', 'email'),
      links('u', 'a'),
      links('u', 'b'),
      links('b', 'c'),
    ];
    expect([customers(fold(full, ...before)), held(fold(full, ...before))]).toEqual([['a b u', 'c', 'm'], ['b–c CLUSTER_LIMIT']]);
    const partition = fold(full, ...before, links('u', 'm'));
    expect(customers(partition)).toEqual(['a u m', 'b c']);
    expect(held(partition)).toEqual(['u–b CLUSTER_LIMIT']);
    expect(partition.merges.at(-1)).toEqual({ position: '9', factId: 'fact-9', survivor: 'a', absorbed: 'm', rule: 'link' });
    expect(partition.merges).toContainEqual({ position: '9', factId: 'fact-8', survivor: 'b', absorbed: 'c', rule: 'link' });
  });

  it('ranks types that it does not name last', () => {
    const devices = fold(
      { ...rules, limits: { email: 1 } },
      sees('d', 'device_id'),
      sees('m', 'email'),
      sees('n', 'email'),
      sees('b', 'anonymous_id'),
      links('d', 'm'),
      links('d', 'b'),
      links('b', 'n'),
    );
    expect(customers(devices)).toEqual(['d m', 'n b']);
  });

  it('rearranges nobody whom a person merged, and joins nobody whom a person split', () => {
    const merged = fold(rules, ...browser.slice(0, 6), merges('u', 'b'), links('u', 'mail'));
    expect([customers(merged), held(merged)]).toEqual([['u other b', 'mail'], ['u–mail IDENTIFIER_LIMIT']]);
    const split = fold(rules, sees('u', 'user_id'), sees('m', 'email'), links('u', 'm'), splits('m'), links('m', 'u'));
    expect(held(split)).toEqual(['m–u SPLIT_BY_PERSON']);
  });

  it('follows strong evidence as if weaker had never come, wherever the weaker comes', () => {
    const types = ['user_id', 'email', 'anonymous_id', 'device_id'];
    const tight: IdentityRules = {
      ...rules,
      limits: { user_id: 1, email: 2, anonymous_id: 2, device_id: 2 },
      windows: { email: 4, device_id: 3 },
      clusterLimit: 6,
    };
    const subjects = Array.from({ length: 12 }, (_, n) => ({ subject: `s${String(n).padStart(2, '0')}`, type: types[n % 4] ?? '' }));
    const rank = (subject: string): number => types.indexOf(subjects.find((s) => s.subject === subject)?.type ?? '');
    const strong = ([a, b]: readonly [string, string]): boolean => Math.max(rank(a), rank(b)) < 2;
    const who = fc.constantFrom(...subjects.map(({ subject }) => subject));
    const days = fc.array(fc.nat({ max: 9 }), { minLength: 12, maxLength: 12 });
    let gaveWay = 0;
    fc.assert(
      fc.property(
        days,
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        fc.array(fc.tuple(who, who), { maxLength: 40 }),
        (seen, verified, pairs) => {
          const births = subjects.map(({ subject, type }, n) => sees(subject, type, seen[n], verified[n]));
          const firm = pairs.filter(strong);
          const mixed = fold(tight, ...births, ...pairs.map(([a, b]) => links(a, b)));
          const alone = fold(tight, ...births, ...firm.map(([a, b]) => links(a, b)));
          const weakFirst = fold(tight, ...births, ...[...pairs.filter((pair) => !strong(pair)), ...firm].map(([a, b]) => links(a, b)));
          gaveWay += weakFirst.splits.length;
          for (const { subjects: together } of alone.clusters)
            for (const partition of [mixed, weakFirst]) {
              const cluster = partition.clusters.find(({ subjects: members }) => members.some((s) => s.subject === together[0]?.subject));
              expect(cluster?.subjects.map((s) => s.subject)).toEqual(expect.arrayContaining(together.map((s) => s.subject)));
            }
        },
      ),
      { numRuns: 300 },
    );
    expect(gaveWay).toBeGreaterThan(20);
  });
});

describe('a link that a limit holds', () => {
  const rules: IdentityRules = { ...defaultIdentityRules, limits: { user_id: 1, email: 1 }, priority: [] };
  const mistaken = [sees('u', 'user_id'), sees('m', 'email'), sees('n', 'email'), links('u', 'm'), links('u', 'n')];
  const cuts: readonly [string, Step, string[]][] = [
    ['a person splits off what took the room', splits('m'), ['u n', 'm']],
    ['the link that took the room is voided', (position, id) => ({ kind: 'unlinked', position, id, subjects: ['m', 'u'] }), ['u n', 'm']],
    ['what took the room is blocked', (position, id) => ({ kind: 'blocked', position, id, subject: 'm' }), ['u n', 'm']],
    ['the customer herself is blocked: nothing', (position, id) => ({ kind: 'blocked', position, id, subject: 'u' }), ['u', 'm', 'n']],
  ];

  it.each(cuts)('is followed once %s', (_, cut, then) => {
    expect(held(fold(rules, ...mistaken))).toEqual(['u–n IDENTIFIER_LIMIT']);
    expect(customers(fold(rules, ...mistaken, cut))).toEqual(then);
  });

  it('is followed where room is made, with the link as its evidence, and keeps what it verified', () => {
    const verified: Step = (position, id) => ({ kind: 'linked', position, id, subjects: ['u', 'n'], verified: true });
    const { merges: followed, held: still, clusters } = fold(rules, ...mistaken, verified, splits('m'));
    expect(followed.at(-1)).toEqual({ position: '7', factId: 'fact-5', survivor: 'u', absorbed: 'n', rule: 'link' });
    expect(still).toEqual([]);
    expect(clusters[0]?.authorityGroups).toEqual([['u', 'n']]);
  });

  it('goes by age where there is not room for all, and never across what a person split', () => {
    const another = [...mistaken, sees('o', 'email'), links('u', 'o'), splits('m')];
    expect([customers(fold(rules, ...another)), held(fold(rules, ...another))]).toEqual([['u n', 'm', 'o'], ['u–o IDENTIFIER_LIMIT']]);
    const apart = fold(rules, ...mistaken, splits('n'), merges('u', 'n'), splits('n'), splits('m'));
    expect(customers(apart)).toEqual(['u', 'm', 'n']);
  });

  it('is followed from the beginning under rules that leave it room', () => {
    expect(customers(fold({ ...rules, limits: { user_id: 1, email: 2 } }, ...mistaken))).toEqual(['u m n']);
  });
});
