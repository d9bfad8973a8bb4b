import type { Indicator } from '@tsunagari/contracts';
import type { Goal } from '../goal/goal.state';
import { goalHistories } from './goal-histories';

const indicator: Indicator = {
  ...{ unit: 'points', aggregate: 'last', direction: 'at_least', threshold: '4', windowDays: 14, sustainForDays: 10, everyDays: 7 },
  ...{ source: 'self-assessment', reads: ['self_assessment'] },
};
const day = (n: number): string => new Date(Date.UTC(2026, 0, n)).toISOString();
const goal = (given: Partial<Goal> & { observed?: readonly (readonly [number, string])[] } = {}): Goal => ({
  ...{ goalId: 'a:p', subject: 'a', purposeId: 'p', nth: 1, status: 'confirmed', source: 'customer', indicatorId: 'i', unit: 'points' },
  ...{ wish: null, wishOf: null, declaredAt: day(1), confirmedAt: day(1), achievedAt: null, progress: null, indicatorVersion: null },
  commitment: null,
  observations: (given.observed ?? []).map(([n, value]) => ({
    id: `o${n}`,
    at: day(n),
    value,
    baseline: false,
    method: 'self_report',
    evidenceIds: [],
  })),
  ...given,
});
const of = (goals: readonly Goal[], asOf = day(60), used = indicator, customerOf = (subject: string) => subject) =>
  goalHistories(goals, customerOf, used, asOf);

describe('what boards know of goals', () => {
  it('is evaluated anew under the version asked for, whatever was announced', () => {
    const observed = goal({
      status: 'achieved',
      observed: [
        [3, '3'],
        [8, '4'],
      ],
    });
    expect(of([observed])[0]?.achieved).toBe(day(8));
    expect(of([observed], day(60), { ...indicator, threshold: '3' })[0]?.achieved).toBe(day(3));
    expect(of([observed], day(60), { ...indicator, threshold: '5' })[0]?.achieved).toBeNull();
    expect(of([observed], day(7))[0]?.achieved).toBeNull();
  });
  it('says after the sustain time whether it holds, was lost, or nobody looked', () => {
    expect(
      of([
        goal({
          observed: [
            [3, '4'],
            [12, '5'],
          ],
        }),
      ])[0]?.after,
    ).toBe('holding');
    expect(
      of([
        goal({
          observed: [
            [3, '4'],
            [12, '1'],
          ],
        }),
      ])[0]?.after,
    ).toBe('lost');
    expect(of([goal({ observed: [[3, '4']] })], day(60), { ...indicator, windowDays: 5 })[0]?.after).toBe('unknown');
    expect(of([goal({ observed: [[3, '4']] })], day(5))[0]?.after).toBeNull();
  });
  it('leaves out goals that she has not confirmed by then, keeps abandoned ones, and counts merged customers once', () => {
    expect(of([goal({ status: 'declared', confirmedAt: null }), goal({ goalId: 'b:p', confirmedAt: day(61) })])).toEqual([]);
    expect(of([goal({ status: 'abandoned' })])[0]).toMatchObject({ abandoned: true });
    const younger = goal({ goalId: 'b:p', subject: 'b', declaredAt: day(2), observed: [[3, '5']] });
    expect(of([goal(), younger], day(60), indicator, () => 'a')).toMatchObject([{ customer: 'a', achieved: null }]);
    expect(of([goal(), younger])).toHaveLength(2);
  });
});
