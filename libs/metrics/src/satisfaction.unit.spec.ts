import { customerEffort, customerSatisfaction, netPromoterScore, type SurveyAnswer } from './satisfaction';

let number = 0;
const answers = (...counts: readonly (readonly [score: number, count: number])[]): SurveyAnswer[] =>
  counts.flatMap(([score, count]) =>
    Array.from({ length: count }, () => ({ customer: String((number += 1)), wave: 'w', score, occurred: '2026-01-01T00:00:00.000Z' })),
  );

describe('satisfaction', () => {
  it('NPS of 55 promoters and 25 detractors in 100 is 30, from 13.48 to 46.52', () => {
    const nps = netPromoterScore({}, answers([9, 30], [10, 25], [7, 12], [8, 8], [6, 20], [0, 5]), 400);
    expect(nps).toMatchObject({
      numerator: 30,
      denominator: 100,
      n: 100,
      unit: 'points',
      class: 'EXPERIENCE',
      notes: ['100 of 400 invited answered'],
    });
    if ('kind' in nps) throw new Error(nps.rule);
    expect(nps.value).toBeCloseTo(30, 12);
    expect(nps.ci?.low).toBeCloseTo(13.4852, 3);
    expect(nps.ci?.high).toBeCloseTo(46.5148, 3);
  });

  it('NPS of nobody is nothing; another scale is refused', () => {
    expect(netPromoterScore({}, [])).toMatchObject({ value: null, reasonNull: 'NO_BASE', n: 0 });
    expect(netPromoterScore({}, answers([11, 1]))).toMatchObject({ kind: 'refused', code: 'SCORE_OUTSIDE_SCALE' });
    expect(netPromoterScore({}, answers([7.5, 1]))).toMatchObject({ kind: 'refused' });
  });

  it('one answer a customer and wave: the later one', () => {
    const one = { customer: 'a', wave: '1', score: 0, occurred: '2026-01-01T00:00:00.000Z' };
    const nps = netPromoterScore({}, [{ ...one, score: 10, occurred: '2026-01-02T00:00:00.000Z' }, one, { ...one, wave: '2' }]);
    expect(nps).toMatchObject({ n: 2, numerator: 0 });
  });

  it('CSAT: 55 of 80 in the top two boxes are 68.75 %; the mean is another method', () => {
    const given = answers([5, 35], [4, 20], [3, 15], [1, 10]);
    expect(customerSatisfaction({}, given, { scale: { min: 1, max: 5 } })).toMatchObject({
      value: 0.6875,
      n: 80,
      unit: 'share',
      method: 'top two of 1–5',
    });
    expect(customerSatisfaction({}, given, { scale: { min: 1, max: 5 }, method: 'mean' })).toMatchObject({
      unit: 'score',
      method: 'mean on 1–5',
    });
    expect(customerSatisfaction({}, given, { scale: { min: 1, max: 2 } })).toMatchObject({ kind: 'refused', code: 'WRONG_SCALE' });
  });

  it('CES of 60 answers is 5.2667 by its mean and 75 % by its share of low effort; which end is easy matters', () => {
    const given = answers([7, 10], [6, 20], [5, 15], [4, 8], [3, 5], [2, 2]);
    expect(customerEffort({}, given, { sevenIs: 'easy' })).toMatchObject({ value: 316 / 60, n: 60, numerator: 316 });
    expect(customerEffort({}, given, { sevenIs: 'easy', method: 'low-effort' })).toMatchObject({ value: 0.75 });
    expect(customerEffort({}, given, { sevenIs: 'hard', method: 'low-effort' })).toMatchObject({ value: 7 / 60 });
    expect(customerEffort({}, answers([0, 1]), { sevenIs: 'easy' })).toMatchObject({ kind: 'refused' });
  });
});
