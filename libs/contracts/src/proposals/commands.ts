import { z } from 'zod';
import { defineCommand } from '../command';

/** The time of a decision is over: what nobody answered expires. Sent by a timer; harmless when it was answered meanwhile. */
export const expireDecision = defineCommand('proposals', 'ExpireDecision', z.strictObject({ decisionId: z.string().min(1).max(200) }));
