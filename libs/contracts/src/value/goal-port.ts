import { z } from 'zod';
import { declarePort, type PortOf } from '../port';
import { GOAL_SOURCES, OBSERVATION_METHODS } from './goal-facts';

const goal = z.object({
  goalId: z.string(),
  subject: z.string(),
  purposeId: z.string(),
  status: z.enum(['declared', 'confirmed', 'achieved', 'lapsed', 'abandoned']),
  source: z.enum(GOAL_SOURCES),
  declaredAt: z.string(),
  confirmedAt: z.string().nullable(),
  /** Decimal as text; null before the first observation. */
  progress: z.string().nullable(),
});
export type GoalOfPort = z.infer<typeof goal>;

/** What other contexts ask of goals: what an outcome was seen to be, and which goals somebody has. */
export const goalPort = declarePort('value', 'goals', {
  /** Records an observation of one goal; a refusal is an answer. */
  observe: {
    input: z.object({
      idempotencyKey: z.string(),
      goalId: z.string(),
      value: z.string(),
      unit: z.string(),
      method: z.enum(OBSERVATION_METHODS),
      evidenceIds: z.array(z.string()).default([]),
      baseline: z.boolean().default(false),
      /** ISO 8601. */
      observedAt: z.string(),
      /** Who says so, as facts name people. */
      by: z.string(),
      correlationId: z.string(),
    }),
    answer: z.union([
      z.object({ kind: z.literal('accepted'), position: z.string().nullable() }),
      z.object({ kind: z.literal('refused'), code: z.string(), field: z.string().nullable(), rule: z.string() }),
    ]),
  },
  /** The goals of these subjects, each subject's by purpose. Abandoned ones are left out. */
  ofSubjects: { input: z.object({ subjects: z.array(z.string()).max(10_000) }), answer: z.object({ goals: z.array(goal) }) },
});
export type GoalPort = PortOf<typeof goalPort>;
