import fc from 'fast-check';
import { defaultIdentityRules, foldIdentity, identityDifference, type IdentityFact, type IdentityRules } from './index';

const registered = (position: number, subject: string, identifierType = 'anonymous_id'): IdentityFact => ({
  kind: 'registered',
  position: String(position),
  subject,
  identifierType,
  verified: false,
  seen: 0,
});
const linked = (position: number, a: string, b: string): IdentityFact => ({
  kind: 'linked',
  position: String(position),
  id: `link ${position}`,
  subjects: [a, b],
  verified: false,
});
const split = (position: number, subject: string): IdentityFact => ({
  kind: 'split',
  position: String(position),
  id: `split ${position}`,
  subjects: [subject],
});
const rules = (limit: number, clusterLimit = 50): IdentityRules => ({
  ...defaultIdentityRules,
  version: 2,
  limits: { anonymous_id: limit },
  clusterLimit,
});

describe('the preview of other rules of identity', () => {
  const three = [registered(1, 'a'), registered(2, 'b'), registered(3, 'c'), linked(4, 'a', 'b'), linked(5, 'b', 'c')];

  it('names who would come apart under stricter rules, into whom, and what would be held', () => {
    expect(identityDifference(three, defaultIdentityRules, rules(2))).toEqual({
      merging: [],
      apart: [{ customer: 'a', into: ['a', 'c'] }],
      customersMore: 1,
      held: [{ subjects: ['b', 'c'], reason: 'IDENTIFIER_LIMIT' }],
      followed: [],
    });
  });

  it('names who would become one under looser rules, and which links would be followed', () => {
    expect(identityDifference(three, rules(2), defaultIdentityRules)).toEqual({
      merging: [{ customer: 'a', customers: ['a', 'c'] }],
      apart: [],
      customersMore: -1,
      held: [],
      followed: [{ subjects: ['b', 'c'], reason: 'IDENTIFIER_LIMIT' }],
    });
  });

  it('says nothing of what a person decided: no rule joins whom a person split', () => {
    expect(identityDifference([...three, split(6, 'c')], rules(2), defaultIdentityRules)).toMatchObject({ merging: [], apart: [] });
  });

  it('is what the change then does, and its opposite is the way back', () => {
    const subjects = 'abcdefgh'.split('');
    const pair = fc.tuple(fc.constantFrom(...subjects), fc.constantFrom(...subjects));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 20 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (pairs, x, y) => {
        const facts = [...subjects.map((subject, n) => registered(n + 1, subject)), ...pairs.map(([a, b], n) => linked(100 + n, a, b))];
        const there = identityDifference(facts, rules(x), rules(y));
        const back = identityDifference(facts, rules(y), rules(x));
        expect(there.held).toHaveLength(back.followed.length);
        expect(there.merging.map(({ customer, customers }) => [customer, customers])).toEqual(
          back.apart.map(({ customer, into }) => [customer, into]),
        );
        expect(there.customersMore + back.customersMore).toBe(0);
        const customers = (at: IdentityRules): string[] => foldIdentity(facts, at).clusters.map(({ customer }) => customer);
        expect(customers(rules(y)).length - customers(rules(x)).length).toBe(there.customersMore);
        if (there.apart.length === 0 && there.merging.length === 0) expect(customers(rules(y))).toEqual(customers(rules(x)));
      }),
    );
  });
});
