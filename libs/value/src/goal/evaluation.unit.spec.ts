import type { Indicator } from '@tsunagari/contracts';
import { evaluate, evaluations, type Observation } from './evaluation';

const indicator: Indicator = {
  unit: 'points',
  aggregate: 'last',
  direction: 'at_least',
  threshold: '4',
  windowDays: 14,
  sustainForDays: 28,
  everyDays: 7,
  source: 'self-assessment',
  reads: ['self_assessment.combing'],
};
const on = (day: number, value: string, baseline = false): Observation => ({
  id: `o${day}`,
  at: `2026-01-${String(day).padStart(2, '0')}T00:00:00.000Z`,
  value,
  baseline,
});
const at = (day: number) => on(day, '0').at;

describe('an indicator', () => {
  it.each([
    ['last', '5', true],
    ['mean', '3.333333', false],
    ['min', '2', false],
    ['max', '5', true],
    ['sum', '10', true],
    ['count', '3', false],
  ] as const)('by %s of its window is %s', (aggregate, value, met) => {
    const seen = evaluate({ ...indicator, aggregate }, [on(10, '5'), on(2, '2'), on(5, '3')], at(10));
    expect(seen).toMatchObject({ value, met });
  });
  it('at most: less is better', () => {
    expect(evaluate({ ...indicator, direction: 'at_most' }, [on(1, '4')], at(1))?.met).toBe(true);
    expect(evaluate({ ...indicator, direction: 'at_most' }, [on(1, '4.1')], at(1))?.met).toBe(false);
  });
  it('says nothing where nothing was observed: outside its window, later, or only before the goal', () => {
    expect(evaluate(indicator, [], at(10))).toBeUndefined();
    expect(evaluate(indicator, [on(1, '5')], at(15))).toBeUndefined();
    expect(evaluate(indicator, [on(12, '5')], at(11))).toBeUndefined();
    expect(evaluate(indicator, [on(9, '5', true)], at(10))).toBeUndefined();
  });
  it('is evaluated anew at each observation after the confirmation, in time order [2.06]', () => {
    const history = evaluations(indicator, [on(9, '5'), on(3, '2'), on(12, '3'), on(1, '5')], at(2));
    expect(history.map(({ at: moment, met }) => [moment.slice(8, 10), met])).toEqual([
      ['03', false],
      ['09', true],
      ['12', false],
    ]);
  });
});
