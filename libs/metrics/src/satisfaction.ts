import { moments, normalInterval, zOf } from './intervals';
import { type Asked, type Metric, metric, share } from './metric';

/** One answer of a customer in one wave. */
export type SurveyAnswer = { readonly customer: string; readonly wave: string; readonly score: number; readonly occurred: string };

export type SurveyRefusal = { readonly kind: 'refused'; readonly code: 'SCORE_OUTSIDE_SCALE' | 'WRONG_SCALE'; readonly rule: string };

/** The last answer of each customer in each wave counts: a correction takes the place of what it corrects. */
export function oneAnswerPerWave<A extends SurveyAnswer>(answers: readonly A[]): readonly A[] {
  const last = new Map<string, A>();
  for (const answer of answers) {
    const key = JSON.stringify([answer.customer, answer.wave]);
    const was = last.get(key);
    if (was === undefined || answer.occurred >= was.occurred) last.set(key, answer);
  }
  return [...last.values()];
}

function outside(answers: readonly SurveyAnswer[], min: number, max: number, whole = true): SurveyRefusal | undefined {
  const off = answers.find(({ score }) => !(score >= min && score <= max) || (whole && !Number.isInteger(score)));
  return off && { kind: 'refused', code: 'SCORE_OUTSIDE_SCALE', rule: `a whole number from ${min} to ${max}; ${off.score} is none` };
}

/**
 * Net promoter score: (% 9–10) − (% 0–6), −100…100, on the scale 0–10 only. `invited` gives the response rate. The interval is normal
 * with the variance of the difference of two shares of one sample, p + d − (p − d)².
 */
export function netPromoterScore(asked: Asked, given: readonly SurveyAnswer[], invited: number | null = null): Metric | SurveyRefusal {
  const broken = outside(given, 0, 10);
  if (broken) return broken;
  const answers = oneAnswerPerWave(given);
  const n = answers.length;
  const promoters = answers.filter(({ score }) => score >= 9).length;
  const detractors = answers.filter(({ score }) => score <= 6).length;
  const common = {
    unit: 'points',
    class: 'EXPERIENCE',
    method: 'promoters 9–10, detractors 0–6',
    n,
    notes: responseNote(n, invited),
  } as const;
  if (n === 0) return metric(asked, { ...common, numerator: 0, denominator: 0 });
  const [p, d] = [promoters / n, detractors / n];
  const error = Math.sqrt((p + d - (p - d) ** 2) / n);
  const { low, high, level } = normalInterval(p - d, error);
  return metric(asked, {
    ...common,
    value: 100 * (p - d),
    numerator: promoters - detractors,
    denominator: n,
    ci: { low: Math.max(-100, 100 * low), high: Math.min(100, 100 * high), level },
  });
}

function responseNote(n: number, invited: number | null): readonly string[] {
  return invited === null || invited === 0 ? [] : [`${n} of ${invited} invited answered`];
}

export type Scale = { readonly min: number; readonly max: number };

/** Satisfied answers ÷ answers. `top-two-box`: the two highest scores of the scale count; `mean`: the mean score instead. */
export function customerSatisfaction(
  asked: Asked,
  given: readonly SurveyAnswer[],
  { scale, method = 'top-two-box' }: { readonly scale: Scale; readonly method?: 'top-two-box' | 'mean' },
): Metric | SurveyRefusal {
  if (scale.max - scale.min < 2) return { kind: 'refused', code: 'WRONG_SCALE', rule: 'a scale of at least three steps' };
  const broken = outside(given, scale.min, scale.max);
  if (broken) return broken;
  const answers = oneAnswerPerWave(given);
  if (method === 'mean') return meanScore(asked, answers, `mean on ${scale.min}–${scale.max}`);
  const satisfied = answers.filter(({ score }) => score >= scale.max - 1).length;
  return share(asked, satisfied, answers.length, { class: 'EXPERIENCE', method: `top two of ${scale.min}–${scale.max}` });
}

/**
 * Customer effort score on 1–7. `mean`: of the answers; `low-effort`: the share on the easy side (5–7 where 7 is easy, 1–3 where 7 is
 * hard). Which end is easy must be said: products differ.
 */
export function customerEffort(
  asked: Asked,
  given: readonly SurveyAnswer[],
  { sevenIs, method = 'mean' }: { readonly sevenIs: 'easy' | 'hard'; readonly method?: 'mean' | 'low-effort' },
): Metric | SurveyRefusal {
  const broken = outside(given, 1, 7);
  if (broken) return broken;
  const answers = oneAnswerPerWave(given);
  if (method === 'mean') return meanScore(asked, answers, `mean on 1–7, 7 is ${sevenIs}`);
  const easy = answers.filter(({ score }) => (sevenIs === 'easy' ? score >= 5 : score <= 3)).length;
  return share(asked, easy, answers.length, { class: 'EXPERIENCE', method: `share of low effort, 7 is ${sevenIs}` });
}

function meanScore(asked: Asked, answers: readonly SurveyAnswer[], method: string): Metric {
  const { n, variance } = moments(answers.map(({ score }) => score));
  const sum = answers.reduce((total, { score }) => total + score, 0);
  const mean = n === 0 ? 0 : sum / n;
  const error = Math.sqrt(variance / n);
  return metric(asked, {
    unit: 'score',
    class: 'EXPERIENCE',
    method,
    n,
    value: n === 0 ? null : mean,
    numerator: sum,
    denominator: n,
    ci: n > 1 ? { low: mean - zOf(0.95) * error, high: mean + zOf(0.95) * error, level: 0.95 } : null,
  });
}
