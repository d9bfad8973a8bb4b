import { type Metric, metric, type SurveyRefusal } from '@tsunagari/metrics';

/** Scores lie on their scale, as the contract of the fact has checked: a refusal here is an answer without a value. */
export function answered(answer: Metric | SurveyRefusal): Metric & { readonly projection: 'experience' } {
  if ('kind' in answer)
    return { ...metric({}, { unit: 'score', class: 'EXPERIENCE', method: answer.rule, n: 0 }), projection: 'experience' };
  return { ...answer, projection: 'experience' };
}
