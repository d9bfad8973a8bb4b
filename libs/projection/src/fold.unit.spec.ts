import type { Fact } from '@tsunagari/contracts';
import fc from 'fast-check';
import { comesAfter, dayIn, foldCustomer, type Folded, foldOn, inFoldOrder } from './fold';
import { type AnyProjection, defineProjection } from './definition';
import { behaviour, dayText, moment, trailProjection, uuid } from './spec-world';

const fold = trailProjection();
const she = uuid('she');
const factAt = (day: number, minute: number, id: string): Fact => ({
  ...behaviour(she, moment(day, minute), 'seen', uuid(id)),
  position: '1',
  stream: 's',
  version: 1,
  recorded: moment(day, minute),
});

/** Says at the close of a day what it has folded by then: of the ticks that are due the latest alone matters. */
const nightly = defineProjection<{ chain: string; due: string | null; told: string | null }>({
  name: 'nightly',
  version: 1,
  types: [],
  key: 'customer',
  initial: { chain: '', due: null, told: null },
  evolve: (state, { id, occurred }) => ({ ...state, chain: `${state.chain} ${id}`, due: state.due ?? occurred.slice(0, 10) }),
  nextDue: ({ due }) => due ?? undefined,
  tick: (state, day) => ({ ...state, told: `${day}:${state.chain}`, due: nextDay(day) }),
  ticks: 'latest',
  columns: [],
});

function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00.000Z`) + 86_400_000).toISOString().slice(0, 10);
}

describe('the fold of a customer', () => {
  it('runs a tick after all facts of its day and before the facts of later days', () => {
    const facts = [factAt(0, 0, 'a'), factAt(2, 1439, 'b'), factAt(9, 0, 'c')];
    const days = { lastClosed: dayText(10), timeZone: 'UTC' };
    // Due on day 2 after fact a, but b is of day 2: its own tick is due on day 4, and on day 7, before c of day 9.
    const state = foldCustomer(fold, facts, days)?.state;
    expect(state?.ticks).toEqual([dayText(2 + 2), dayText(2 + 5)]);
  });

  it('runs no tick of a day that is neither closed nor passed by a fact', () => {
    const folded = foldCustomer(fold, [factAt(0, 0, 'a')], { lastClosed: dayText(1), timeZone: 'UTC' });
    expect(folded).toMatchObject({ nextDue: dayText(2), lastTick: undefined });
  });

  it('lets a day begin where the zone of the deployment says', () => {
    const days = { lastClosed: dayText(9), timeZone: 'Asia/Tokyo' };
    expect(dayIn('Asia/Tokyo')('2026-01-01T15:00:00.000Z')).toBe('2026-01-02');
    expect(dayIn('Europe/London')('2026-06-30T23:00:00.000Z')).toBe('2026-07-01');
    expect(dayIn('America/New_York')('2026-01-01T04:59:59.999Z')).toBe('2025-12-31');
    // The second fact is of the third day in Tokyo, on which the tick of the first is due: the tick waits for it.
    expect(foldCustomer(fold, [factAt(0, 0, 'a'), factAt(2, 14 * 60, 'b')], days)?.state.ticks[0]).not.toBe(dayText(2));
  });

  it('of ticks that are due together runs the latest alone, where the definition says so', () => {
    let ticks = 0;
    const counting = { ...nightly, tick: (state: typeof nightly.initial, day: string) => (ticks++, nightly.tick?.(state, day) ?? state) };
    const facts = [factAt(0, 0, 'a'), factAt(2, 0, 'b'), factAt(9, 0, 'c')];
    const folded = foldCustomer(counting, facts, { lastClosed: dayText(400), timeZone: 'UTC' });
    expect(folded?.state.told?.slice(0, 10)).toBe(dayText(400));
    expect(folded).toMatchObject({ lastTick: dayText(400), nextDue: dayText(401) });
    expect(ticks).toBe(1);
    // A fact of a day that nobody has closed yet proves that the days before it are over.
    const early = foldCustomer(counting, facts, { lastClosed: dayText(3), timeZone: 'UTC' });
    expect(early?.state.told).toBe(`${dayText(8)}: ${uuid('a')} ${uuid('b')}`);
  });

  it('refuses a definition whose next tick is not later than the last', () => {
    const stuck = { ...fold, tick: (state: Parameters<NonNullable<typeof fold.tick>>[0]) => state };
    expect(() => foldCustomer(stuck, [factAt(0, 0, 'a')], { lastClosed: dayText(5), timeZone: 'UTC' })).toThrow('not later');
  });

  it.each([
    ['a name that SQL would have to quote', { name: 'Nightly' }, 'lower case'],
    ['days without what happens at their close', { tick: undefined }, 'belong together'],
    ['a column that every read model has', { columns: [{ name: 'state', sql: 'text', value: () => '' }] }, 'no column may be called state'],
    ['an index that holds the same of several rows', { indexes: [['told']] }, 'an index ends with key'],
  ] as const)('%s is no definition', (_, wrong, why) => {
    expect(() => defineProjection({ ...nightly, ...wrong } as typeof nightly)).toThrow(why);
  });

  it('gives the same state in pages, late, shuffled and doubled as in one go (failure mode 12)', () => {
    const days = fc.array(fc.record({ day: fc.nat(12), minute: fc.nat(1439), id: fc.nat(30), close: fc.option(fc.nat(14), { freq: 3 }) }), {
      minLength: 1,
      maxLength: 25,
    });
    fc.assert(
      fc.property(days, fc.constantFrom('UTC', 'Asia/Tokyo', 'America/New_York'), fc.boolean(), (arrivals, zone, every) => {
        const fold: AnyProjection = every ? trailProjection() : nightly;
        // The days of `nightly` are those of UTC.
        const timeZone = every ? zone : 'UTC';
        const known: Fact[] = [];
        let row: Folded<unknown> | undefined;
        let lastClosed: string | undefined;
        for (const { day, minute, id, close } of arrivals) {
          if (close !== null && (lastClosed === undefined || dayText(close) > lastClosed)) lastClosed = dayText(close);
          const now = { lastClosed, timeZone };
          const fact = known.find((other) => other.id === uuid(`${id}`)) ?? factAt(day, minute, `${id}`);
          known.push(fact);
          row = row && !comesAfter(fold, row, [fact], now) ? foldCustomer(fold, known, now) : foldOn(fold, row, [fact], now);
          expect(row).toEqual(foldCustomer(fold, inFoldOrder(known), now));
        }
      }),
      { numRuns: 500 },
    );
  });
});
