import fc from 'fast-check';
import type { Circumstances } from './circumstances';
import { decide } from './decide';
import { circumstancesOf, columnsOf, type DecisionRecord, rowsOf, seenOf } from './record';
import { drift, replay } from './replay';
import {
  anyCatalogue,
  anyCircumstances,
  anyPolicy,
  bigCatalogue,
  catalogueOf,
  circumstances,
  coupon,
  howTo,
  inputOf,
  policy,
  richFeatures,
} from './testing/world';

describe('a record', () => {
  const big = inputOf({
    policy: { ...policy, kind: 'softmax', shortList: 20, temperature: 120 },
    catalogue: bigCatalogue(),
    count: 3,
    circumstances: {
      ...circumstances,
      features: richFeatures,
      consent: { marketing: true, 'marketing/email': true },
      goals: { open: ['purpose-1', 'purpose-4'], achieved: ['purpose-2'] },
      caps: [{ scope: 'channel:email', seen: 1, max: 3, window: 'P7D' }],
    },
  });

  it('of 200 candidates stays well below 4 KB', () => {
    const record = decide(big);
    expect([record.arm, record.candidates]).toEqual(['treated', 200]);
    expect(record.shortList.offer).toHaveLength(20);
    expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(2900);
  });

  it('replays identically from what was stored, whatever the input [0.09]', () => {
    fc.assert(
      fc.property(
        anyPolicy,
        anyCatalogue,
        anyCircumstances,
        fc.integer(),
        fc.integer({ min: 1, max: 5 }),
        (chosen, catalogue, around, seed, count) => {
          const record = decide({ slot: 'home', count, seed, policy: chosen, catalogue, circumstances: around });
          const stored = JSON.parse(JSON.stringify(record)) as typeof record;
          expect(replay(stored, chosen, catalogue)).toEqual({ kind: 'identical' });
          const listed = record.shortList.p.reduce((sum, p) => sum + p, record.nothing);
          expect(Math.abs(listed - 1)).toBeLessThan(1e-9);
          const dropped = Object.values(record.excluded).reduce((sum, offers) => sum + offers.length, 0);
          expect(record.shortList.offer.length + dropped).toBe(record.candidates);
        },
      ),
    );
  });

  it('that somebody touched, or another policy, is an alarm', () => {
    const record = decide(big);
    const touched = (over: Partial<DecisionRecord>) => replay({ ...record, ...over }, big.policy, big.catalogue);
    expect(touched({ chosen: [{ offer: 777, p: 1 }, ...record.chosen.slice(1)] })).toEqual({
      kind: 'differs',
      at: ['chosen.0.offer', 'chosen.0.p'],
    });
    expect(touched({ chosen: [] })).toMatchObject({ kind: 'differs', at: record.chosen.map((_, at) => `chosen.${at}`) });
    expect(touched({ candidates: 7 })).toEqual({ kind: 'differs', at: ['candidates'] });
    expect(touched({ arm: 'holdout', withheld: [] })).toEqual({ kind: 'differs', at: ['arm', 'withheld'] });
    expect(touched({ excluded: {} })).toMatchObject({ at: Object.keys(record.excluded).map((rule) => `excluded.${rule}`) });
    const stored = (over: object): DecisionRecord => JSON.parse(JSON.stringify({ ...record, ...over })) as DecisionRecord;
    for (const [field, broken] of [
      ['chosen', null],
      ['chosen', {}],
      ['shortList', 7],
      ['excluded', []],
      ['arm', {}],
    ] as const)
      expect(replay(stored({ [field]: broken }), big.policy, big.catalogue)).toEqual({ kind: 'differs', at: [field] });
    const far = replay({ ...record, shortList: { ...record.shortList, score: [], goal: [] } }, big.policy, big.catalogue);
    expect(far.kind === 'differs' && far.at).toHaveLength(20);
    expect(replay(record, big.policy, { ...big.catalogue, hash: 'other' })).toEqual({ kind: 'differs', at: ['catalogue'] });
    expect(replay(record, { ...big.policy, hash: 'other' }, big.catalogue)).toEqual({ kind: 'differs', at: ['policy'] });
    const seen = { ...record.seen, features: { ...record.seen.features, recency_days: 300 } };
    expect(replay({ ...record, seen }, big.policy, big.catalogue).kind).toBe('differs');
  });

  it('drifts when understanding has moved on: information, and the stored one still replays', () => {
    const record = decide(big);
    const moved = drift(record, big.policy, big.catalogue, { ...richFeatures, recency_days: 300 });
    expect(moved).toMatchObject({ sameChoice: false, features: [{ name: 'recency_days', then: 41, now: 300 }] });
    expect(drift(record, big.policy, big.catalogue, richFeatures)).toMatchObject({ sameChoice: true, features: [], chosen: record.chosen });
    const { orders: _, ...fewer } = richFeatures;
    expect(drift(record, big.policy, big.catalogue, { ...fewer, another: 1, plan: null, nothing: null }).features).toEqual([
      { name: 'another', then: null, now: 1 },
      { name: 'orders', then: 9, now: null },
    ]);
    const held = { ...big, catalogue: { ...big.catalogue, holdouts: [{ id: 'h', salt: 's', from: 0, to: 1, slots: null }] } };
    const withheld = decide(held);
    expect(drift(withheld, held.policy, held.catalogue, richFeatures)).toMatchObject({ sameChoice: true, chosen: withheld.withheld });
    expect(replay(record, big.policy, big.catalogue).kind).toBe('identical');
  });
});

describe('what is kept of circumstances', () => {
  it('names offers by their place, of those in the catalogue, and comes back the same', () => {
    const catalogue = catalogueOf([howTo, coupon]);
    const around: Circumstances = {
      ...circumstances,
      history: { coupon: { presented: 2, declinedAt: 5 }, gone: { presented: 1 } },
      used: { 'how-to': 3, gone: 9 },
    };
    const seen = seenOf(around, catalogue);
    expect(seen).toMatchObject({ history: [{ offer: 1, presented: 2, declinedAt: 5 }], used: [{ offer: 0, n: 3 }] });
    const { history: _, used: __, ...rest } = around;
    expect(circumstancesOf(seen, catalogue)).toEqual({
      ...rest,
      history: { coupon: { presented: 2, declinedAt: 5 } },
      used: { 'how-to': 3 },
    });
    expect(seenOf({ ...around, history: {} }, catalogue)).toMatchObject({ history: [], used: [{ offer: 0, n: 3 }] });
    expect(seenOf({ ...around, used: {} }, catalogue)).toMatchObject({ history: [{ offer: 1 }], used: [] });
    expect(() => circumstancesOf({ ...seen, used: [{ offer: 2, n: 1 }] }, catalogue)).toThrow(RangeError);
  });
  it('reads a short list back row by row', () => {
    const row = { offer: 3, goal: 1, sale: 2, cost: -3, fatigue: -4, score: 5, basis: 'assumed', p: 0.5 } as const;
    const rows = [row, { ...row, basis: 'measured' as const }, { ...row, basis: 'propensity' as const, p: 0.25 }];
    expect(columnsOf(rows)).toEqual({
      ...{ offer: [3, 3, 3], goal: [1, 1, 1], sale: [2, 2, 2], cost: [-3, -3, -3], fatigue: [-4, -4, -4], score: [5, 5, 5] },
      ...{ basis: 'amp', p: [0.5, 0.5, 0.25] },
    });
    expect(rowsOf(columnsOf(rows))).toEqual(rows);
  });
});
