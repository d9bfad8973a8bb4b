import {
  behaviourRecorded,
  customerConnected,
  customerDisconnected,
  interactionRecorded,
  surveyAnswered,
  surveySent,
  voiceRecorded,
  type FactDefinition,
} from '@tsunagari/contracts';
import { foldCustomer } from '@tsunagari/projection';
import { recorded } from '@tsunagari/testing';
import { attributesOf } from '../attributes/attributes';
import { dayNumberOf, dayOf } from '../calendar';
import { experienceProjection, type ExperienceState, UNUSED_AFTER_DAYS } from './experience.projection';

let position = 0;
const on = (day: string, definition: FactDefinition, data: object) =>
  recorded(definition, data, { occurred: `${day}T10:00:00.000Z`, position: String((position += 1)) });
const used = (day: string, call = 'track') => on(day, behaviourRecorded, { call, name: 'Service Used', place: 'app', properties: {} });
const fold = (lastClosed: string | undefined, ...facts: Parameters<typeof foldCustomer>[1]): ExperienceState | null =>
  foldCustomer(experienceProjection('UTC'), facts, { lastClosed, timeZone: 'UTC' })?.state ?? null;
const attributes = (state: ExperienceState | null, day: string) =>
  attributesOf({ customer: 'c', purchases: null, profile: null, holdings: null, experience: state }, null, dayNumberOf(day));

describe('experience', () => {
  it('counts uses by day, and page views are none', () => {
    const state = fold(undefined, used('2026-01-01'), used('2026-01-01'), used('2026-01-20'), used('2026-01-21', 'page'));
    expect(state?.uses).toEqual([
      [dayNumberOf('2026-01-01'), 2],
      [dayNumberOf('2026-01-20'), 1],
    ]);
    expect(attributes(state, '2026-01-31')).toMatchObject({ uses_30d: 1, uses_90d: 3, days_since_use: 11 });
  });

  it('notices by time alone that nothing is used any more, and that it is again', () => {
    const silent = dayOf(dayNumberOf('2026-01-01') + UNUSED_AFTER_DAYS);
    expect(fold('2026-01-15', used('2026-01-01'))?.unusedSince).toBeNull();
    expect(fold(silent, used('2026-01-01'))?.unusedSince).toBe(dayNumberOf(silent));
    expect(fold(silent, used('2026-01-01'), used('2026-02-10'))?.unusedSince).toBeNull();
  });

  it('keeps one answer a wave, knows who was asked and kept silent, and what is unknown is absent', () => {
    const asked = (waveId: string, day: string) => on(day, surveySent, { instrument: 'NPS', waveId });
    const answer = (waveId: string, score: number, day: string) =>
      on(day, surveyAnswered, { instrument: 'NPS', waveId, score, scaleMin: 0, scaleMax: 10 });
    const state = fold(
      undefined,
      asked('q1', '2026-01-01'),
      answer('q1', 3, '2026-01-02'),
      answer('q1', 9, '2026-01-03'),
      asked('q2', '2026-04-01'),
    );
    expect(state?.answers).toMatchObject([{ waveId: 'q1', score: 9 }]);
    expect(attributes(state, '2026-04-10')).toMatchObject({ nps_score: 9, unanswered_surveys: 1, days_since_answer: 97 });
    expect(attributes(fold(undefined, asked('q1', '2026-01-01')), '2026-04-10')).not.toHaveProperty('nps_score');
  });

  it('knows how she can be met, what she complained of, and who began', () => {
    const state = fold(
      undefined,
      on('2026-01-01', customerConnected, { touchpointId: 'app', via: 'sign_up' }),
      on('2026-01-02', customerConnected, { touchpointId: 'store', via: 'store' }),
      on('2026-01-03', customerDisconnected, { touchpointId: 'app', by: 'customer' }),
      on('2026-01-04', voiceRecorded, { kind: 'dissatisfaction', touchpointId: 'app' }),
      on('2026-01-05', interactionRecorded, {
        touchpointId: 'store',
        interactionId: 'i-1',
        direction: 'inbound',
        initiator: 'customer',
        proactive: false,
      }),
      on('2026-01-06', interactionRecorded, {
        touchpointId: 'store',
        interactionId: 'i-2',
        direction: 'outbound',
        initiator: 'staff',
        proactive: true,
      }),
    );
    expect(state?.connections).toMatchObject([{ touchpointId: 'store' }]);
    expect(attributes(state, '2026-01-10')).toMatchObject({
      connections: 1,
      dissatisfactions_90d: 1,
      interactions_90d: 2,
      initiative_90d: 0.5,
    });
  });
});
