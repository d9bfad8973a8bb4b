import fc from 'fast-check';
import { dayNumberOf as day, monthNumberOf } from '../calendar';
import { cohortDays, retentionGrid, type RetentionQuestion, ruleBrokenBy, spansOf } from './retention-grid';

const month = (text: string): number => monthNumberOf(day(`${text}-01`));
const onMonths: RetentionQuestion = { method: 'ON', unit: 'MONTH', units: 3 };

describe('retention', () => {
  it('has a column for each unit, whatever the method', () => {
    expect(spansOf({ method: 'ON', unit: 'WEEK', units: 2 })).toEqual([
      { from: 1, to: 1 },
      { from: 2, to: 2 },
    ]);
    expect(spansOf({ method: 'WITHIN', unit: 'WEEK', units: 2 })).toEqual([
      { from: 1, to: 1 },
      { from: 1, to: 2 },
    ]);
    expect(spansOf({ method: 'ON_OR_AFTER', unit: 'WEEK', units: 2 })).toEqual([
      { from: 1, to: null },
      { from: 2, to: null },
    ]);
    expect(
      spansOf({
        method: 'BRACKET',
        unit: 'DAY',
        units: 1,
        brackets: [
          [1, 7],
          [8, 14],
        ],
      }),
    ).toEqual([
      { from: 1, to: 7 },
      { from: 8, to: 14 },
    ]);
  });

  it('says null for a cohort without members, never 0 by division', () => {
    const sizes = new Map([
      [month('2011-01'), 10],
      [month('2011-03'), 4],
    ]);
    const { rows } = retentionGrid(onMonths, { sizes, returned: new Map() }, day('2011-12-31'));
    expect(rows.map(({ cohort, size }) => [cohort, size])).toEqual([
      ['2011-01', 10],
      ['2011-02', 0],
      ['2011-03', 4],
    ]);
    expect(rows[1]?.cells[0]).toMatchObject({ returned: null, rate: null });
    expect(rows[2]?.cells[0]).toMatchObject({ returned: 0, rate: 0 });
  });

  it('marks what is not over and leaves it out of the average', () => {
    const sizes = new Map([
      [month('2011-01'), 10],
      [month('2011-02'), 30],
    ]);
    const returned = new Map([
      [
        month('2011-01'),
        new Map([
          [0, 5],
          [1, 4],
        ]),
      ],
      [month('2011-02'), new Map([[0, 30]])],
    ]);
    const { rows, average } = retentionGrid(onMonths, { sizes, returned }, day('2011-03-30'));
    expect(rows[0]?.cells.map(({ partial }) => partial)).toEqual([false, true]);
    expect(rows[1]?.cells.map(({ partial }) => partial)).toEqual([true]);
    expect(average[0]).toMatchObject({ rate: 0.5, cohorts: 1 });
    expect(average[2]).toMatchObject({ rate: null, cohorts: 0 });
    const dayLater = retentionGrid(onMonths, { sizes, returned }, day('2011-03-31'));
    expect(dayLater.rows[1]?.cells.map(({ partial }) => partial)).toEqual([false]);
    expect(dayLater.average[0]).toMatchObject({ rate: 35 / 40, cohorts: 2 });
  });

  it('waits with rolling units until the last member of a cohort has had the time', () => {
    const question: RetentionQuestion = { method: 'ON', unit: 'MONTH_30', units: 1 };
    const counts = { sizes: new Map([[month('2011-01'), 1]]), returned: new Map() };
    // Whoever bought first on January 31st has her unit 1 from day 30 to day 59 after it.
    const over = day('2011-01-31') + 59;
    expect(retentionGrid(question, counts, over - 1).rows[0]?.cells[0]?.partial).toBe(true);
    expect(retentionGrid(question, counts, over).rows[0]?.cells[0]?.partial).toBe(false);
  });

  it('gives every day to exactly one cohort', () => {
    fc.assert(
      fc.property(fc.integer({ min: -20_000, max: 40_000 }), (number) => {
        const week = Math.floor((number + 3) / 7);
        const [first, last] = cohortDays('WEEK', week);
        expect(first <= number && number <= last && last - first === 6).toBe(true);
        const [begin, end] = cohortDays('MONTH', monthNumberOf(number));
        expect(begin <= number && number <= end).toBe(true);
      }),
    );
    expect(new Date(cohortDays('WEEK', 0)[0] * 86_400_000).getUTCDay()).toBe(1);
  });

  it('refuses a question that is none', () => {
    expect(ruleBrokenBy({ method: 'ON', unit: 'DAY', units: 0 })?.field).toBe('units');
    expect(
      ruleBrokenBy({
        method: 'BRACKET',
        unit: 'DAY',
        units: 1,
        brackets: [
          [1, 7],
          [7, 9],
        ],
      })?.field,
    ).toBe('brackets');
    expect(
      ruleBrokenBy({
        method: 'BRACKET',
        unit: 'DAY',
        units: 1,
        brackets: [
          [1, 7],
          [8, 9],
        ],
      }),
    ).toBeUndefined();
  });
});
