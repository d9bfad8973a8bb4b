import { z } from 'zod';
import { brandIdSchema } from '../brand-text';
import { defineCommand } from '../command';

/** The time of a decision is over: what nobody answered expires. Sent by a timer; harmless when it was answered meanwhile. */
export const expireDecision = defineCommand('proposals', 'ExpireDecision', z.strictObject({ decisionId: z.string().min(1).max(200) }));

/** The window of a decision's reward is over: what came of it is attributed. Sent by a timer; harmless where an outcome stands already. */
export const closeOutcomeWindow = defineCommand(
  'proposals',
  'CloseOutcomeWindow',
  z.strictObject({
    decisionId: z.string().min(1).max(200),
    indicator: brandIdSchema,
    windowDays: z.int().min(1).max(3660),
    decidedAt: z.iso.datetime({ precision: 3 }),
  }),
);
