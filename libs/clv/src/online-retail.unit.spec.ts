import { dayOf, onlineRetail } from '../test-data/data-sets';
import { backTest, fitReturns, fitTransactions, probabilityAlive, returnRate, sufficientStatistics, type PurchaseHistory } from './index';

const { customers, returns } = onlineRetail();

const at = (day: string): PurchaseHistory[] => [...customers.values()].flatMap((days) => sufficientStatistics(days, dayOf(day)) ?? []);

describe('Online Retail, 4,338 customers with a sale', () => {
  const whole = at('2011-12-09');

  it.each([
    ['mbg-nbd' as const, 0],
    ['bg-nbd' as const, 0.1],
    ['pareto-nbd' as const, 0],
  ])('does not identify dropout: %s gains %d over the NBD, which takes its place', (model, gain) => {
    const fit = fitTransactions(whole, { model });
    if (fit.outcome === 'refused') throw new Error(fit.refusal.message);
    expect(fit.customers).toBe(4338);
    expect(fit.model.kind).toBe('nbd');
    expect(fit.dropout.identified).toBe(false);
    expect(fit.dropout.candidate!.kind).toBe(model);
    expect(fit.dropout.gainOverNbd).toBeCloseTo(gain, 1);
    expect(fit.dropout.reason).toMatch(/^Dropout is not identified/);
    expect(fit.estimates.map((e) => e.name)).toEqual(['r', 'alpha']);
    expect(probabilityAlive(fit.model, whole[0]!)).toBeNull();
  });

  it('has five customers with T = 0 at the end of August, and fits', () => {
    const histories = at('2011-08-31');
    expect(histories.filter((h) => h.T === 0)).toHaveLength(5);
    expect(fitTransactions(histories)).toMatchObject({ outcome: 'fitted', converged: true, dropout: { identified: false } });
  });

  it('is back-tested over a growing autumn: the bias is published, and the model ranks better than recency', () => {
    const found = backTest([...customers.values()], { calibrationEnd: dayOf('2011-08-31'), holdoutEnd: dayOf('2011-12-09') });
    if (found.outcome === 'refused') throw new Error(found.refusal.message);
    expect(found.bias).toBeCloseTo(-0.244, 2);
    expect(found.auc! - found.aucRecency!).toBeGreaterThan(0.03);
  });

  it('nets returns: who sent everything back is believed in part', () => {
    const fit = fitReturns([...returns.values()]);
    if (fit.outcome === 'refused') throw new Error(fit.refusal.message);
    const [all, usual] = ['16446.0', '17850.0'].map((id) => returns.get(id)!);
    expect(all!.gross - all!.returned).toBeCloseTo(2.9, 2);
    expect(returns.get('12346.0')).toMatchObject({ gross: 77_183.6, returned: 77_183.6 });
    // He sent back all but £2.90 of £168,472.50: money like that is believed.
    expect(returnRate(fit.model, all!)).toBeGreaterThan(0.9);
    expect(returnRate(fit.model, usual!)).toBeLessThan(fit.model.parameters.rate);
  });
});
