import fc from 'fast-check';
import { type Arm, drawsOf, NO_ACTION, pickSlate, probabilities } from './choice';
import { explorationFloor, type Policy, POLICY_KINDS } from './policy';
import { anyPolicy, policy } from './testing/world';

const arm = (score: number, presented = 0, accepted = 0): Arm => ({
  score,
  slope: 100,
  fixed: 0,
  belief: { a: 1 + accepted, b: 1 + presented - accepted },
});
const chances = (over: Partial<Policy>, arms: readonly Arm[], seed = 1): readonly number[] => {
  const chosen = { ...policy, ...over };
  return probabilities(
    chosen,
    arms,
    arms.map((_, n) => n),
    chosen.kind === 'thompson' ? drawsOf(chosen, arms, seed) : null,
  );
};
const arms = [arm(300), arm(250), arm(100), NO_ACTION];

it('the highest score wins, and its probability is logged as 1', () => {
  expect(chances({ kind: 'ranking' }, arms)).toEqual([1, 0, 0, 0]);
  expect(chances({ kind: 'ranking' }, [NO_ACTION])).toEqual([1]);
});

it('rules take the first, whatever it scores', () => {
  expect(chances({ kind: 'rules' }, [arm(-5), arm(250), NO_ACTION])).toEqual([1, 0, 0]);
});

it('ε-greedy spreads ε evenly over all arms', () => {
  expect(chances({ kind: 'epsilon_greedy', exploration: 0.2 }, arms)).toEqual([0.85, 0.05, 0.05, 0.05]);
});

it('softmax weighs differences of money by the temperature, above the floor', () => {
  const [first = 0, second = 0] = chances({ kind: 'softmax', exploration: 0, temperature: 50 }, [arm(300), arm(250)]);
  expect(first / second).toBeCloseTo(Math.E, 9);
  const floored = chances({ kind: 'softmax', exploration: 0.04, temperature: 1 }, arms);
  expect(floored.slice(1)).toEqual([0.01, 0.01, 0.01]);
  expect(explorationFloor(0.01, 4)).toBe(0.0025);
});

it('Thompson’s win share of 10 in 100 against 5 in 100 is 0.904', () => {
  const [first = 0] = chances({ kind: 'thompson', exploration: 0, draws: 10_000 }, [arm(0, 100, 10), arm(0, 100, 5)]);
  expect(Math.abs(first - 0.904268212)).toBeLessThan(0.01);
});

it('Thompson draws the score of every arm from what is believed of it, the same for ever', () => {
  const believed = (a: number, b: number): Arm => ({ score: 0, slope: 100, fixed: 10, belief: { a, b } });
  const { arms: width, scores } = drawsOf({ ...policy, kind: 'thompson', draws: 3 }, [believed(3, 8), believed(1, 1), NO_ACTION], 1);
  expect(width).toBe(3);
  const expected = [77.22549459090266, 74.61666829062881, 0, 25.106389414551707, 38.834341637991756, 0];
  for (const [at, score] of expected.entries()) expect(scores[at]).toBeCloseTo(score, 10);
  expect(scores).toHaveLength(9);
});

it('Thompson chooses by shares of won draws, above the floor, and by nothing else', () => {
  const thompson: Policy = { ...policy, kind: 'thompson', exploration: 0.03 };
  // Three draws of three arms: the first wins one, the second two; equals go to the first.
  const wins = { arms: 3, scores: Float64Array.from([5, 1, 0, 1, 5, 0, 2, 3, 3]) };
  expect(probabilities(thompson, arms.slice(0, 3), [0, 1, 2], wins)).toEqual(
    [0.01 + 0.97 / 3, 0.01 + (0.97 * 2) / 3, 0.01].map((chance) => expect.closeTo(chance, 11)),
  );
  expect(probabilities(thompson, arms.slice(0, 3), [0, 2], wins)).toEqual(
    [0.01 + (0.98 * 2) / 3, 0.01 + 0.98 / 3].map((chance) => expect.closeTo(chance, 11)),
  );
  expect(() => probabilities(thompson, arms, [0, 1], null)).toThrow('thompson needs its draws');
});

it('nothing to choose from has no probabilities, and no floor', () => {
  for (const kind of POLICY_KINDS) expect(probabilities({ ...policy, kind }, arms, [], null)).toEqual([]);
  expect(explorationFloor(0.5, 0)).toBe(0);
  expect(explorationFloor(0.5, 2)).toBe(0.01);
});

it('what remains is chosen from as if it were all', () => {
  expect(probabilities({ ...policy, kind: 'ranking' }, arms, [1, 2, 3], null)).toEqual([1, 0, 0]);
  expect(probabilities({ ...policy, kind: 'ranking' }, arms, [2, 1], null)).toEqual([0, 1]);
  expect(probabilities({ ...policy, kind: 'rules' }, arms, [2, 1], null)).toEqual([1, 0]);
  expect(probabilities({ ...policy, kind: 'ranking' }, [arm(5), arm(5)], [0, 1], null)).toEqual([1, 0]);
});

it('probabilities sum to 1 ± 1e-9, none below the floor where the kind explores', () => {
  fc.assert(
    fc.property(anyPolicy, fc.array(fc.integer({ min: -500, max: 5000 }), { maxLength: 20 }), fc.integer(), (chosen, scores, seed) => {
      const all = [...scores.sort((a, b) => b - a).map((score) => arm(score, 40, 7)), NO_ACTION];
      const found = chances(chosen, all, seed);
      expect(Math.abs(found.reduce((sum, chance) => sum + chance, 0) - 1)).toBeLessThan(1e-9);
      const explores = !['rules', 'ranking'].includes(chosen.kind);
      const floor = explores ? explorationFloor(chosen.exploration, all.length) : 0;
      for (const chance of found) expect(chance).toBeGreaterThanOrEqual(floor - 1e-11);
    }),
  );
});

describe('a slate', () => {
  it('is the same for the same seed', () => {
    fc.assert(
      fc.property(anyPolicy, fc.integer(), (chosen, seed) => {
        expect(pickSlate(chosen, arms, seed, 3)).toEqual(pickSlate(chosen, arms, seed, 3));
      }),
    );
  });
  it('offers nothing twice, and ends where nothing is chosen', () => {
    fc.assert(
      fc.property(anyPolicy, fc.integer(), fc.integer({ min: 1, max: 6 }), (chosen, seed, count) => {
        const picks = pickSlate(chosen, arms, seed, count).picks.map((pick) => pick.arm);
        expect(new Set(picks).size).toBe(picks.length);
        expect(picks.slice(0, -1)).not.toContain(3);
        if (picks.length < Math.min(count, 4)) expect(picks.at(-1)).toBe(3);
      }),
    );
  });
  it('logs each probability given the picks before it', () => {
    const spread: Policy = { ...policy, kind: 'epsilon_greedy', exploration: 0.2 };
    const second = Array.from({ length: 400 }, (_, seed) => pickSlate(spread, arms, seed, 2).picks[1]).find((pick) => pick?.arm === 1);
    expect(second?.probability).toBeCloseTo(0.8 + 0.2 / 3, 11);
  });
  it.each(POLICY_KINDS)('of %s comes as often as its logged probability says', (kind) => {
    const chosen: Policy = { ...policy, kind, exploration: 0.3, temperature: 120, draws: 100 };
    const runs = 400;
    let expected = 0;
    let first = 0;
    for (let seed = 0; seed < runs; seed++) {
      const slate = pickSlate(chosen, arms, seed, 1);
      expected += slate.first[0] ?? 0;
      if (slate.picks[0]?.arm === 0) first += 1;
    }
    // Three standard errors of a share.
    expect(Math.abs(first - expected) / runs).toBeLessThan(3 * Math.sqrt(0.25 / runs));
  });
});
