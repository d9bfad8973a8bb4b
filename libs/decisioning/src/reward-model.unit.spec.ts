import { evaluatePolicy } from './off-policy';
import { createRandom } from './random';
import { type ModelledChoice, withRewardModel } from './reward-model';

const choice = (arm: string, reward: number, over: Partial<ModelledChoice> = {}): ModelledChoice => ({
  ...{ arm, reward, logged: 0.5, target: 1 },
  chances: [{ arm, p: 1 }],
  ...over,
});

describe('a model of rewards', () => {
  it('is the mean of an arm in the other half, shrunken to that of all, by hand', () => {
    const chances = [{ arm: 'a', p: 0.25 }, { arm: 'unseen', p: 0.75 }]; // prettier-ignore
    const [first, second, third] = withRewardModel([choice('a', 5, { chances }), choice('a', 1), choice('b', 2), choice('b', 0)]);
    // The second and the fourth: the mean of all is 0.5, that of a is 1, that of b is 0.
    expect(first?.model?.chosen).toBeCloseTo((1 + 20 * 0.5) / 21, 12);
    expect(first?.model?.target).toBeCloseTo(0.25 * ((1 + 20 * 0.5) / 21) + 0.75 * 0.5, 12);
    expect(third?.model?.chosen).toBeCloseTo((20 * 0.5) / 21, 12);
    // The first and the third: 3.5, and 5 of a.
    expect(second?.model?.chosen).toBeCloseTo((5 + 20 * 3.5) / 21, 12);
    expect(first).toEqual({ reward: 5, logged: 0.5, target: 1, model: first?.model });
  });

  it('of one choice is none: nothing else tells of it', () => {
    expect(withRewardModel([choice('a', 1)])).toEqual([{ reward: 1, logged: 0.5, target: 1 }]);
    expect(withRewardModel([])).toEqual([]);
  });

  it('lets the doubly robust estimate hold the truth, with a narrower interval than weights alone', () => {
    const rates = { often: 0.7, seldom: 0.2 };
    const random = createRandom(3);
    const log = Array.from({ length: 4000 }, () => {
      const arm = random.uniform() < 0.5 ? 'often' : 'seldom';
      return choice(arm, random.uniform() < rates[arm] ? 1 : 0, {
        target: arm === 'often' ? 0.9 : 0.1,
        chances: [{ arm: 'often', p: 0.9 }, { arm: 'seldom', p: 0.1 }], // prettier-ignore
      });
    });
    const { dr, dm, ips } = evaluatePolicy(withRewardModel(log));
    const truth = 0.9 * 0.7 + 0.1 * 0.2;
    expect(dr.interval?.[0]).toBeLessThan(truth);
    expect(dr.interval?.[1]).toBeGreaterThan(truth);
    expect(dr.stdErr).toBeLessThan(ips.stdErr ?? 0);
    expect(Math.abs((dm.value ?? 0) - truth)).toBeLessThan(0.04);
  });
});
