import fc from 'fast-check';
import { chancesOfOffer, chancesOfPolicy, counterfactual } from './counterfactual';
import { decide } from './decide';
import type { Offer } from './offer';
import type { Policy } from './policy';
import { anyCatalogue, anyCircumstances, anyPolicy, catalogueOf, howTo, inputOf, policy } from './testing/world';

const worth = (id: string, value: number, over: Partial<Offer> = {}): Offer => ({
  ...howTo,
  id,
  goalEffect: { value, basis: 'measured' },
  ...over,
});
/** Scores of 120, 100 and 80, and a policy that goes by them softly. */
const catalogue = catalogueOf([worth('a', 0.03), worth('b', 0.025), worth('c', 0.02)]);
const softly: Policy = { ...policy, kind: 'softmax', exploration: 0.3 };
const strictly: Policy = { ...policy, kind: 'ranking' };

describe('a decision as another policy would have made it', () => {
  it('is the same with the same policy: every slate has the probability that was logged', () => {
    fc.assert(
      fc.property(anyPolicy, anyCatalogue, anyCircumstances, fc.integer({ min: 1, max: 4 }), fc.nat(), (made, offers, who, count, seed) => {
        const record = decide(inputOf({ policy: made, catalogue: offers, circumstances: who, count, seed }));
        const { logged, target, unsupported } = counterfactual(record, chancesOfPolicy(record, made, offers));
        expect(target).toBeCloseTo(logged, 12);
        expect(logged).toBeCloseTo(
          record.chosen.reduce((product, { p }) => product * p, 1),
          12,
        );
        expect(unsupported).toBeCloseTo(0, 9);
      }),
    );
  });

  it('by hand: the best by ε-greedy, judged by one that always takes the best and one that shuns it', () => {
    const greedy: Policy = { ...policy, kind: 'epsilon_greedy', exploration: 0.4 };
    const records = Array.from({ length: 40 }, (_, seed) => decide(inputOf({ policy: greedy, catalogue, seed })));
    for (const record of records) {
      const best = record.chosen[0]?.offer === 0;
      // (1 − 0.4) + 0.4 / 4, or 0.4 / 4.
      const judged = counterfactual(record, chancesOfPolicy(record, strictly, catalogue));
      expect(judged).toEqual({
        logged: expect.closeTo(best ? 0.7 : 0.1, 12),
        target: best ? 1 : 0,
        unsupported: 0,
        first: [{ offer: 0, p: 1 }],
      });
    }
    expect(new Set(records.map(({ chosen }) => chosen[0]?.offer))).toEqual(new Set([0, 1, 2, null]));
  });

  it.each([
    ['is stricter', softly, strictly],
    ['is steeper', softly, { ...softly, temperature: 20, exploration: 0.02 }],
    // Shorter than what the other would choose from, so that some of it is never logged.
    ['looks further', { ...softly, shortList: 2 }, softly],
    ['is softer than one that chose with certainty', strictly, softly],
  ])('weighs whole slates: over all that could be logged, weights and what lies outside add up to 1 where it %s', (_, logging, judged) => {
    const record = decide(inputOf({ policy: logging, catalogue, count: 2 }));
    const own = chancesOfPolicy(record, logging, catalogue);
    const slates = own([]).flatMap((first) => (first.offer === null ? [[first]] : own([first.offer]).map((second) => [first, second])));
    let [weights, outside] = [0, 0];
    for (const chosen of slates.filter((slate) => slate.every(({ p }) => p > 0))) {
      const { logged, target, unsupported } = counterfactual({ ...record, chosen }, chancesOfPolicy(record, judged, catalogue));
      weights += target;
      outside += logged * unsupported;
    }
    expect(weights + outside).toBeCloseTo(1, 11);
    expect(outside > 0.2).toBe(logging !== softly);
  });

  it('says what the log could not hold: a certain choice holds nothing else, and a short list none beyond it', () => {
    const certain = decide(inputOf({ policy: strictly, catalogue, count: 1 }));
    const fromCertain = counterfactual(certain, chancesOfPolicy(certain, softly, catalogue));
    expect(fromCertain.unsupported).toBeCloseTo(1 - fromCertain.target, 12);
    expect(fromCertain.target).toBeLessThan(0.7);
    const short = decide(inputOf({ policy: { ...softly, shortList: 1 }, catalogue, count: 1 }));
    const { first, unsupported } = counterfactual(short, chancesOfPolicy(short, softly, catalogue));
    const beyond = first.filter(({ offer }) => offer === 1 || offer === 2).reduce((sum, { p }) => sum + p, 0);
    expect(beyond).toBeGreaterThan(0.2);
    expect(unsupported).toBeCloseTo(beyond, 12);
  });

  it('holds what the short list has at the first place only where it had a probability', () => {
    const record = decide(inputOf({ policy: { ...softly, shortList: 2 }, catalogue }));
    const shown = { ...record, shortList: { ...record.shortList, p: [0.6, 0] }, nothing: 0.4, chosen: [{ offer: 0, p: 0.6 }] };
    const outside = (offer: number | null, nothing = 0.4) => counterfactual({ ...shown, nothing }, () => [{ offer, p: 1 }]).unsupported;
    expect([outside(0), outside(1), outside(2), outside(null), outside(null, 0)]).toEqual([0, 1, 1, 0, 1]);
  });

  it('leaves no place of a certain slate to anything else', () => {
    const record = decide(inputOf({ policy: strictly, catalogue, count: 2 }));
    expect(record.chosen).toEqual([
      { offer: 0, p: 1 },
      { offer: 1, p: 1 },
    ]);
    const chances = (before: readonly (number | null)[]) =>
      before.length === 0 ? [{ offer: 0, p: 1 }] : [{ offer: 1, p: 0.25 }, { offer: 2, p: 0.75 }]; // prettier-ignore
    expect(counterfactual(record, chances)).toEqual({ logged: 1, target: 0.25, unsupported: 0.75, first: [{ offer: 0, p: 1 }] });
  });
});

describe('a decision as one offer alone', () => {
  const barred = worth('barred', 0.5, { consent: 'nobody-gave-it' });
  const costly = worth('costly', 0.01, { cost: 5000 });
  const mixed = catalogueOf([worth('a', 0.03), barred, costly, worth('elsewhere', 0.03, { slots: ['elsewhere'] })]);
  const record = decide(inputOf({ policy: { ...softly, shortList: 1 }, catalogue: mixed }));
  const judged = (offer: number | null) => counterfactual({ ...record, chosen: [{ offer: 0, p: 0.6 }] }, chancesOfOffer(record, offer));

  it('is it where it could have been, and no action where its rules forbade it', () => {
    expect(judged(0)).toEqual({ logged: 0.6, target: 1, unsupported: 0, first: [{ offer: 0, p: 1 }] });
    expect(record.excluded.no_consent).toEqual([1]);
    expect(judged(1)).toEqual({ logged: 0.6, target: 0, unsupported: 0, first: [{ offer: null, p: 1 }] });
  });
  it('lies outside the log where only its score spoke against it, where it was no candidate, and where it did not exist', () => {
    expect(record.excluded.worth_less_than_nothing).toEqual([2]);
    for (const offer of [2, 3, null])
      expect(judged(offer)).toEqual({ logged: 0.6, target: 0, unsupported: 1, first: [{ offer: offer ?? -1, p: 1 }] });
  });
  it('beyond the short list is outside, too', () => {
    const short = decide(inputOf({ policy: { ...softly, shortList: 1 }, catalogue }));
    expect(short.excluded.beyond_short_list).toEqual([1, 2]);
    expect(counterfactual(short, chancesOfOffer(short, 2))).toMatchObject({ target: 0, unsupported: 1 });
  });
  it('is alone: nothing follows it in a slate', () => {
    const slate = { ...record, chosen: [{ offer: 0, p: 0.6 }, { offer: null, p: 0.5 }] }; // prettier-ignore
    expect(counterfactual(slate, chancesOfOffer(record, 0))).toMatchObject({ logged: 0.3, target: 1, unsupported: 0 });
    const longer = { ...record, chosen: [{ offer: 0, p: 0.6 }, { offer: 2, p: 0.5 }] }; // prettier-ignore
    expect(counterfactual(longer, chancesOfOffer(record, 0))).toMatchObject({ target: 0, unsupported: 0 });
  });
});
