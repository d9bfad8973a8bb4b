import { listDistance, precisionAt, precisionByTenure, recommendationShare } from './recommendation';

const list = (items: string, used: string, months = 0) => ({ items: [...items], used: new Set(used), months });

describe('recommendations', () => {
  it('precision is by the length of a list that is shorter than k', () => {
    expect(precisionAt({}, [list('abc', 'ac'), list('d', '')], 2)).toMatchObject({ value: 1 / 3, numerator: 1, denominator: 3, n: 3 });
    expect(precisionAt({}, [list('abc', 'ac'), list('d', '')], 9)).toMatchObject({ value: 0.5, denominator: 4 });
    for (const nothing of [precisionAt({}, [], 3), precisionAt({}, [list('', '')], 3)])
      expect(nothing).toMatchObject({ value: null, reasonNull: 'NO_BASE', ci: null });
  });

  it('by tenure, a span is from its first month to the next one, and the last has no end', () => {
    const lists = [list('ab', '', 0.9), list('ab', 'a', 1), list('ab', 'ab', 2.9), list('a', 'a', 12), list('a', '', 400)];
    expect(precisionByTenure({}, lists, 2).map(({ tenure, precision }) => [tenure.from, tenure.to, precision.value, precision.n])).toEqual([
      [0, 1, 0, 2],
      [1, 3, 0.75, 4],
      [3, 6, null, 0],
      [6, 12, null, 0],
      [12, null, 0.5, 2],
    ]);
    expect(() => precisionByTenure({}, lists, 2, [3, 3])).toThrow(RangeError);
    expect(() => precisionByTenure({}, lists, 2, [0])).toThrow(RangeError);
  });

  it('distance is by pairs: equal lists are the same however ordered, and two are the least', () => {
    // {a,b}–{b,c}: 2/3, twice; {a,b}–{a,b}: 0.
    const three = listDistance({}, [
      ['a', 'b'],
      ['b', 'c'],
      ['b', 'a', 'a'],
    ]);
    expect(three.value).toBeCloseTo(4 / 9, 12);
    expect(three).toMatchObject({ n: 3, denominator: 3, class: 'PROCESS', unit: 'ratio' });
    expect(listDistance({}, [['a'], ['b']]).value).toBe(1);
    expect(listDistance({}, [['a'], []]).value).toBe(1);
    expect(listDistance({}, [[], []]).value).toBe(0);
    for (const few of [[], [['a']]]) expect(listDistance({}, few)).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
  });

  it('the share of uses says how they are told apart', () => {
    const how = 'uses within 24 h of accepting';
    expect(recommendationShare({}, { recommended: 1, all: 4 }, how)).toMatchObject({ value: 0.25, method: `${how} ÷ all uses`, n: 4 });
    expect(recommendationShare({}, { recommended: 0, all: 0 }, how)).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
  });
});
