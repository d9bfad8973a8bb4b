import { defineCommand, type SelfAssessmentSubmitted, selfAssessmentSubmitted } from '@tsunagari/contracts';
import { defineStatelessReactor, send } from '@tsunagari/reactor';
import { z } from 'zod';

const answer = z.strictObject({ question: z.string(), value: z.number(), unit: z.string() });

/** What she said of her own outcome becomes an observation of her goal, where an approved indicator reads the answer. */
export const observeAssessment = defineCommand(
  'value',
  'ObserveAssessment',
  z.strictObject({
    subject: z.uuid(),
    purposeId: z.string(),
    answers: z.array(answer),
    observedAt: z.string(),
    evidenceId: z.string(),
  }),
);

/** An answer is read under this name by the rule of an indicator. */
export const attributeOf = (question: string): string => `self_assessment.${question}`;

/** Touchpoints record what she answers; her goals learn of it here. */
export const assessmentReactor = defineStatelessReactor({
  name: 'self_assessments',
  types: [selfAssessmentSubmitted.type],
  react({ id, subject, data, occurred }) {
    if (subject === null) return [];
    const { purposeId, answers } = data as SelfAssessmentSubmitted;
    return [send(observeAssessment, { subject, purposeId, answers, observedAt: occurred, evidenceId: id })];
  },
});
