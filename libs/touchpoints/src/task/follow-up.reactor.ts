import { churnRiskRaised, defineCommand, dissatisfactionDetected, type Fact } from '@tsunagari/contracts';
import { defineStatelessReactor, send } from '@tsunagari/reactor';
import { z } from 'zod';

/** Somebody of the success team should see to a customer, because of what understanding told. */
export const openFollowUp = defineCommand(
  'touchpoints',
  'OpenFollowUp',
  z.strictObject({
    /** The signal's id: one follow-up each. */
    signalId: z.uuid(),
    customer: z.uuid(),
    reason: z.enum(['dissatisfied', 'at-risk']),
    /** ISO 8601: when it was told. */
    toldAt: z.string(),
  }),
);

/**
 * Dissatisfaction and a raised risk become tasks of the success team: resolved early, before she has to ask. Follows signals, never facts:
 * a rebuild tells nothing, so it opens nothing.
 */
export const followUpReactor = defineStatelessReactor({
  name: 'follow_ups',
  types: [dissatisfactionDetected.type, churnRiskRaised.type],
  key: ({ subject }) => subject ?? undefined,
  react: ({ id, type, subject, occurred }: Fact) =>
    subject === null
      ? []
      : [
          send(openFollowUp, {
            signalId: id,
            customer: subject,
            reason: type === dissatisfactionDetected.type ? 'dissatisfied' : 'at-risk',
            toldAt: occurred,
          }),
        ],
});
