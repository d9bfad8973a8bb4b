import { z } from 'zod';
import { brandIdSchema } from '../brand-text';
import { type DataOf, defineFact } from '../registry';

export const SURVEY_INSTRUMENTS = ['NPS', 'CSAT', 'CES', 'custom'] as const;

/** `waveId`: one round of asking; a customer has one answer in it, the last one. */
const survey = { instrument: z.enum(SURVEY_INSTRUMENTS), waveId: brandIdSchema };

/** She was asked. Without it nobody knows who kept silent. */
export const surveySent = defineFact({
  name: 'SurveySent',
  context: 'touchpoints',
  data: z.strictObject(survey),
  examples: [{ instrument: 'NPS', waveId: '2026-q1' }],
});

/** Her answer, on the scale it was asked on. NPS is asked on 0–10, CES on 1–7 (`sevenIs` says which end is easy). */
export const surveyAnswered = defineFact({
  name: 'SurveyAnswered',
  context: 'touchpoints',
  data: z
    .strictObject({
      ...survey,
      score: z.int().min(0).max(100),
      scaleMin: z.int().min(0).max(1),
      scaleMax: z.int().min(2).max(100),
      sevenIs: z.enum(['easy', 'hard']).optional(),
    })
    .refine(({ score, scaleMin, scaleMax }) => scaleMin <= score && score <= scaleMax, {
      path: ['score'],
      error: 'a score on its own scale',
    })
    .refine(({ instrument, scaleMin, scaleMax }) => instrument !== 'NPS' || (scaleMin === 0 && scaleMax === 10), {
      path: ['scaleMax'],
      error: 'NPS is asked on 0 to 10',
    })
    .refine(
      ({ instrument, scaleMin, scaleMax, sevenIs }) => instrument !== 'CES' || (scaleMin === 1 && scaleMax === 7 && sevenIs !== undefined),
      {
        path: ['sevenIs'],
        error: 'CES is asked on 1 to 7 and says which end is easy',
      },
    ),
  examples: [{ instrument: 'NPS', waveId: '2026-q1', score: 9, scaleMin: 0, scaleMax: 10 }],
});

export type SurveySent = DataOf<typeof surveySent>;
export type SurveyAnswered = DataOf<typeof surveyAnswered>;

export const surveyFacts = [surveySent, surveyAnswered];
