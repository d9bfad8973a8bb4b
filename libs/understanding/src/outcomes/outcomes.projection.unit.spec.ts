import { type FactDefinition, goalAchieved, goalConfirmed } from '@tsunagari/contracts';
import { foldCustomer } from '@tsunagari/projection';
import { recorded } from '@tsunagari/testing';
import { dayNumberOf } from '../calendar';
import { firstAchieved, outcomesProjection, type OutcomesState } from './outcomes.projection';

let position = 0;
const on = (day: string, definition: FactDefinition, purposeId: string, more: object = {}) =>
  recorded(
    definition,
    { goalId: `s:${purposeId}`, purposeId, ...more },
    { occurred: `${day}T20:00:00.000Z`, position: String((position += 1)) },
  );
const reached = (day: string, purposeId: string) =>
  on(day, goalAchieved, purposeId, { indicatorId: 'i', indicatorVersion: 1, observationIds: [], timeToValueMs: 0 });
const fold = (zone: string, ...facts: Parameters<typeof foldCustomer>[1]): OutcomesState =>
  foldCustomer(outcomesProjection(zone), facts, { lastClosed: undefined, timeZone: zone })?.state ?? { purposes: {} };

describe('outcomes', () => {
  const facts = [
    on('2026-01-02', goalConfirmed, 'smooth'),
    reached('2026-01-10', 'smooth'),
    on('2026-02-01', goalConfirmed, 'smooth'),
    reached('2026-02-10', 'smooth'),
    on('2026-01-05', goalConfirmed, 'shine'),
    reached('2026-01-07', 'calm'),
  ];

  it('keeps the first day on which each purpose was wanted and reached [0.09]', () => {
    const state = fold('UTC', ...facts);
    expect(state.purposes).toEqual({
      smooth: { confirmed: dayNumberOf('2026-01-02'), achieved: dayNumberOf('2026-01-10') },
      shine: { confirmed: dayNumberOf('2026-01-05'), achieved: null },
      calm: { confirmed: null, achieved: dayNumberOf('2026-01-07') },
    });
    expect([firstAchieved(state, 'smooth'), firstAchieved(state, 'shine'), firstAchieved(state, 'other')]).toEqual([
      dayNumberOf('2026-01-10'),
      null,
      null,
    ]);
    expect(firstAchieved(state, null)).toBe(dayNumberOf('2026-01-07'));
    expect(firstAchieved({ purposes: {} }, null)).toBeNull();
    expect(outcomesProjection().columns.map(({ value }) => value(state))).toEqual(['smooth shine calm']);
  });

  it('counts days of the deployment', () => {
    expect(fold('Asia/Tokyo', ...facts).purposes['smooth']?.confirmed).toBe(dayNumberOf('2026-01-03'));
  });
});
