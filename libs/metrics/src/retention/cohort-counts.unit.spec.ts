import fc from 'fast-check';
import { calendarOf, dayNumberOf as day } from '../calendar';
import { cohortCounts, type Counting, retentionBySegment } from './cohort-counts';
import { retentionGrid, type RetentionQuestion } from './retention-grid';

const daily: RetentionQuestion = { method: 'ON', unit: 'DAY', units: 3 };
const row = (question: RetentionQuestion, starts: string[], returns: string[], counting: Counting = {}) => {
  const asOf = day('2026-12-31');
  return retentionGrid(question, cohortCounts(question, [{ starts, returns }], asOf, counting), asOf).rows.map(
    ({ cohort, size, cells }) => [cohort, size, cells.map(({ returned }) => returned)],
  );
};

describe('retention from events', () => {
  it('24 h later to the second is the next day when rolling; what falls into the start unit is no return', () => {
    const start = '2026-03-10T18:00:00.000Z';
    expect(row(daily, [start], ['2026-03-10T20:00:00.000Z'])).toEqual([['2026-03-10', 1, [0, 0, 0]]]);
    expect(row(daily, [start], ['2026-03-11T17:59:59.999Z'], { basis: 'rolling' })).toEqual([['2026-03-10', 1, [0, 0, 0]]]);
    expect(row(daily, [start], ['2026-03-11T18:00:00.000Z'], { basis: 'rolling' })).toEqual([['2026-03-10', 1, [1, 0, 0]]]);
    expect(row(daily, [start], ['2026-03-11T17:59:59.999Z'])).toEqual([['2026-03-10', 1, [1, 0, 0]]]);
  });

  it('calendar days are those of the zone, with 23 and 25 hours where the clocks change', () => {
    const london: Counting = { timeZone: 'Europe/London' };
    // 28 March 2026 23:30 there; 23 hours later it is 29 March 23:30 British Summer Time.
    expect(row(daily, ['2026-03-28T23:30:00.000Z'], ['2026-03-29T22:30:00.000Z'], london)).toEqual([['2026-03-28', 1, [1, 0, 0]]]);
    // On 25 October the day has 25 hours: 24 h after 00:30 is the same day.
    expect(row(daily, ['2026-10-24T23:30:00.000Z'], ['2026-10-25T23:30:00.000Z'], london)).toEqual([['2026-10-25', 1, [0, 0, 0]]]);
    expect(row(daily, ['2026-10-24T23:30:00.000Z'], ['2026-10-25T23:30:00.000Z'], { ...london, basis: 'rolling' })).toEqual([
      ['2026-10-25', 1, [1, 0, 0]],
    ]);
  });

  it('counts a return from the threshold on, and a customer once for each start when recurring', () => {
    const starts = ['2026-03-01T10:00:00.000Z', '2026-03-03T10:00:00.000Z', '2026-03-03T12:00:00.000Z'];
    const returns = ['2026-03-02T10:00:00.000Z', '2026-03-04T10:00:00.000Z', '2026-03-04T11:00:00.000Z'];
    expect(row(daily, starts, returns)).toEqual([['2026-03-01', 1, [1, 0, 1]]]);
    expect(row(daily, starts, returns, { threshold: 2 })).toEqual([['2026-03-01', 1, [0, 0, 1]]]);
    expect(row(daily, starts, returns, { cohort: 'recurring' })).toEqual([
      ['2026-03-01', 1, [1, 0, 1]],
      ['2026-03-02', 0, [null, null, null]],
      ['2026-03-03', 1, [1, 0, 0]],
    ]);
    expect(() => row({ method: 'ON', unit: 'MONTH', units: 1 }, starts, returns, { basis: 'rolling' })).toThrow(RangeError);
  });

  it('a late event that moves the start moves the customer to the older cohort', () => {
    const returns = ['2026-03-05T10:00:00.000Z'];
    expect(row(daily, ['2026-03-04T10:00:00.000Z'], returns)).toEqual([['2026-03-04', 1, [1, 0, 0]]]);
    expect(row(daily, ['2026-03-04T10:00:00.000Z', '2026-03-03T10:00:00.000Z'], returns)).toEqual([['2026-03-03', 1, [0, 1, 0]]]);
  });

  it('breaks down by the segment as of the start, not as of today', () => {
    const grids = retentionBySegment(
      daily,
      [
        {
          starts: ['2026-03-01T10:00:00.000Z'],
          returns: ['2026-03-02T10:00:00.000Z'],
          segmentOn: (moment) => (moment < '2026-03-02' ? 'new' : 'loyal'),
        },
        { starts: ['2026-03-01T11:00:00.000Z'], returns: [], segmentOn: () => null },
      ],
      day('2026-12-31'),
    );
    expect([...grids].map(([segment, { rows }]) => [segment, rows[0]?.cells[0]?.rate])).toEqual([
      ['new', 1],
      [null, 0],
    ]);
  });

  it('unbounded retention never rises along a row, and is at least N-day retention', () => {
    const moment = fc
      .date({ min: new Date('2026-01-01'), max: new Date('2026-06-30'), noInvalidDate: true })
      .map((date) => date.toISOString());
    fc.assert(
      fc.property(
        fc.array(fc.record({ starts: fc.array(moment, { minLength: 1 }), returns: fc.array(moment) }), { minLength: 1 }),
        fc.constantFrom<'DAY' | 'WEEK' | 'MONTH'>('DAY', 'WEEK', 'MONTH'),
        (customers, unit) => {
          const asOf = day('2026-06-30');
          const grid = (method: 'ON' | 'ON_OR_AFTER') => {
            const question = { method, unit, units: 5 };
            return retentionGrid(question, cohortCounts(question, customers, asOf, { timeZone: 'Asia/Tokyo' }), asOf);
          };
          const [on, after] = [grid('ON'), grid('ON_OR_AFTER')];
          for (const [r, { cells, size }] of after.rows.entries())
            for (const [i, { returned }] of cells.entries()) {
              if (returned === null) continue;
              expect(returned).toBeLessThanOrEqual(i === 0 ? size : (cells[i - 1]?.returned ?? 0));
              expect(on.rows[r]?.cells[i]?.returned ?? 0).toBeLessThanOrEqual(returned);
            }
          // A start that falls after the day of the question has not happened yet.
          const tokyo = calendarOf('Asia/Tokyo');
          expect(after.rows.reduce((sum, { size }) => sum + size, 0)).toBe(
            customers.filter(({ starts }) => starts.some((each) => tokyo(each) <= asOf)).length,
          );
        },
      ),
      { numRuns: 40 },
    );
  });
});
