import { discountedResidualLifetime, type FittedContract, survival } from './contract';
import { contractInterval, contractValue } from './contract-value';
import { createRandom } from './random';

const highEnd: FittedContract = { kind: 'sbg', parameters: { alpha: 0.668, beta: 3.806, c: 1 }, covarianceLog: null };

describe('the value of a contract', () => {
  it('comes to the published residual lifetime over a long horizon', () => {
    // DERL counts the period of the next renewal undiscounted; here it is paid a period from now.
    const { periods } = contractValue({ model: highEnd, renewals: 0, periods: 400, discount: 0.1 });
    expect(periods * 1.1).toBeCloseTo(discountedResidualLifetime(highEnd, 1, 0.1), 6);
    expect(periods * 1.1).toBeCloseTo(5.41448, 3);
  });

  it('rises with every renewal: who stayed is likelier to stay', () => {
    const of = (renewals: number) => contractValue({ model: highEnd, renewals, periods: 12, discount: 0.01 });
    expect(of(0).nextRenewal).toBeCloseTo(3.806 / (0.668 + 3.806), 10);
    expect(of(5).nextRenewal).toBeGreaterThan(of(0).nextRenewal);
    expect(of(5).periods).toBeGreaterThan(of(0).periods);
    expect(of(0).survives).toBeCloseTo(survival(highEnd, 12), 12);
    expect(() => contractValue({ model: highEnd, renewals: 0, periods: 0, discount: 0.01 })).toThrow(RangeError);
  });

  it('has an interval that holds what customers of that history then do', () => {
    const random = createRandom(5);
    const question = { model: highEnd, renewals: 3, periods: 12, discount: 0.01 };
    const { low, high } = contractInterval(question, { seed: 1, draws: 2000, level: 0.8 });
    let [held, of] = [0, 0];
    while (of < 2000) {
      const cancels = random.beta(0.668, 3.806);
      if ([1, 2, 3].some(() => random.uniform() < cancels)) continue;
      let value = 0;
      for (let k = 1; k <= 12 && random.uniform() >= cancels; k += 1) value += 1.01 ** -k;
      of += 1;
      if (low <= value && value <= high) held += 1;
    }
    expect(held / of).toBeGreaterThan(0.78);
    expect(contractInterval(question, { seed: 1 })).toEqual(contractInterval(question, { seed: 1 }));
  });
});
