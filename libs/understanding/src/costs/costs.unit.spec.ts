import { acquisitionCostRecorded, type Fact, type FactDefinition, retentionCostRecorded } from '@tsunagari/contracts';
import fc from 'fast-check';
import { dayNumberOf, dayOf } from '../calendar';
import { type Base, costMetrics, type Costs, costsOf } from './costs';

const fact = ({ type }: FactDefinition, data: object): Fact => ({
  id: 'id',
  type,
  schema: 1,
  subject: null,
  data,
  meta: { actor: 'import:facts', source: 'import:facts', correlationId: 'c' },
  occurred: '2026-03-01T00:00:00.000Z',
  recorded: '2026-03-01T00:00:00.000Z',
  position: '1',
  stream: 'cost-1',
  version: 1,
});
const cost = (costId: string, amountMinor: number, channel = 'search', more: object = {}) => ({
  costId,
  from: '2026-01-01',
  to: '2026-01-31',
  cost: { amountMinor, currency: 'GBP' },
  channel,
  source: 'books',
  ...more,
});
const won = (...of: Parameters<typeof cost>) => fact(acquisitionCostRecorded, { ...cost(...of), kind: 'marketing' });
const keeps = (...of: Parameters<typeof cost>) => fact(retentionCostRecorded, cost(...of));
const january = { from: dayNumberOf('2026-01-01'), to: dayNumberOf('2026-01-31') };

describe('what was spent in a period', () => {
  it('is the sum of each kind, and of each channel', () => {
    expect(costsOf([won('a', 1000), won('b', 500, 'shop'), keeps('c', 700, 'shop')], january)).toEqual({
      kind: 'one',
      currency: 'GBP',
      all: { acquisition: 1500, retention: 700 },
      byChannel: { search: { acquisition: 1000, retention: null }, shop: { acquisition: 500, retention: 700 } },
    });
  });

  it('is unknown where nothing was recorded, and 0 where 0 was', () => {
    expect(costsOf([], january)).toEqual({ kind: 'one', currency: null, all: { acquisition: null, retention: null }, byChannel: {} });
    expect(costsOf([won('a', 0)], january)).toMatchObject({ all: { acquisition: 0, retention: null } });
    expect(costsOf([won('a', 1000, 'search', { from: '2026-02-01', to: '2026-02-28' })], january)).toMatchObject({ currency: null });
  });

  it('takes the last word on a cost, whatever kind and days it has', () => {
    const amended = keeps('a', 300, 'search', { to: '2026-01-15' });
    expect(costsOf([won('a', 1000), won('b', 1), amended], january)).toMatchObject({ all: { acquisition: 1, retention: 300 } });
  });

  it('never sums currencies; one of another period does not matter', () => {
    const yen = { cost: { amountMinor: 5, currency: 'JPY' } };
    expect(costsOf([won('a', 1000), won('b', 1, 'shop', yen)], january)).toEqual({ kind: 'mixed' });
    const later = { ...yen, from: '2026-02-01', to: '2026-02-28' };
    expect(costsOf([won('a', 1000), won('b', 1, 'shop', later)], january)).toMatchObject({ kind: 'one', all: { acquisition: 1000 } });
  });

  it('is spread over its days: cut anywhere, the parts make the whole', () => {
    const day = fc.integer({ min: january.from - 40, max: january.to + 40 });
    fc.assert(
      fc.property(
        day,
        fc.nat({ max: 60 }),
        fc.nat({ max: 1_000_000 }),
        fc.integer({ min: january.from, max: january.to - 1 }),
        (from, length, minor, cut) => {
          const facts = [won('a', minor, 'search', { from: dayOf(from), to: dayOf(from + length) })];
          const spent = (costs: Costs): number => (costs.kind === 'one' ? (costs.all.acquisition ?? 0) : Number.NaN);
          const whole = spent(costsOf(facts, january));
          const parts = spent(costsOf(facts, { from: january.from, to: cut })) + spent(costsOf(facts, { from: cut + 1, to: january.to }));
          expect(parts).toBeCloseTo(whole, 6);
          expect(spent(costsOf(facts, { from: from - 1, to: from + length + 1 }))).toBeCloseTo(minor, 6);
        },
      ),
    );
  });
});

describe('the metrics of costs [4.18]', () => {
  const base: Base = {
    converted: 3,
    kept: 7,
    account: { monthlyMinor: 100, margin: 0.5, currency: 'GBP' },
    value: { minor: 1500, currency: 'GBP', method: 'Σ margin to date', notes: ['a note'] },
  };
  const spent = costsOf([won('a', 1500), keeps('b', 700)], january);
  const of = (costs: Costs, more: Partial<Base> = {}) => {
    const { cac, 'cac-payback': payback, 'cost-ratio': ratio, 'ltv-to-cac': worth } = costMetrics({}, costs, { ...base, ...more });
    return [cac, payback, ratio, worth].map(({ value, reasonNull }) => value ?? reasonNull);
  };

  it('are counted by hand', () => {
    expect(of(spent)).toEqual([500, 10, 5, 3]);
    const { cac, 'ltv-to-cac': worth } = costMetrics({}, spent, base);
    expect(cac).toMatchObject({
      unit: 'money',
      currency: 'GBP',
      n: 3,
      numerator: 1500,
      denominator: 3,
      method: expect.stringContaining('blended'),
    });
    expect(worth).toMatchObject({ method: 'Σ margin to date ÷ CAC', notes: ['a note'] });
  });

  it.each<[string, Costs, Partial<Base>, unknown[]]>([
    ['nobody was converted', spent, { converted: 0 }, ['NO_BASE', 'NO_BASE', 'NO_BASE', 'NO_BASE']],
    ['nobody was kept', spent, { kept: 0 }, [500, 10, 'NO_BASE', 3]],
    ['no cost is recorded', costsOf([], january), {}, ['NO_BASE', 'NO_BASE', 'NO_BASE', 'NO_BASE']],
    ['only retention is recorded', costsOf([keeps('b', 700)], january), {}, ['NO_BASE', 'NO_BASE', 'NO_BASE', 'NO_BASE']],
    ['only acquisition is recorded', costsOf([won('a', 1500)], january), {}, [500, 10, 'NO_BASE', 3]],
    ['winning cost nothing', costsOf([won('a', 0), keeps('b', 700)], january), {}, [0, 0, 0, 'NO_BASE']],
    ['costs have several currencies', { kind: 'mixed' }, {}, Array.from({ length: 4 }, () => 'MIXED_CURRENCY')],
    [
      'accounts pay in another currency',
      spent,
      { account: { monthlyMinor: 100, margin: 0.5, currency: 'JPY' } },
      [500, 'MIXED_CURRENCY', 5, 3],
    ],
    ['the margin is unknown', spent, { account: { monthlyMinor: 100, margin: null, currency: 'GBP' } }, [500, 'NO_BASE', 5, 3]],
    ['there is no margin', spent, { account: { monthlyMinor: 100, margin: 0, currency: 'GBP' } }, [500, 'NEVER', 5, 3]],
    ['nobody has a contract', spent, { account: null }, [500, 'NO_BASE', 5, 3]],
    ['what she is worth is unknown', spent, { value: null }, [500, 10, 5, 'NO_BASE']],
    [
      'she is worth another currency',
      spent,
      { value: { minor: 1500, currency: 'JPY', method: 'x', notes: [] } },
      [500, 10, 5, 'MIXED_CURRENCY'],
    ],
  ])('say why there is none where %s', (_, costs, more, expected) => {
    expect(of(costs, more)).toEqual(expected);
  });
});
