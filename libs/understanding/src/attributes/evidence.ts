import type { Understood } from './attributes';

/** At most so many ids stand behind one derived value: the newest. The timeline has them all. */
export const MOST_EVIDENCE = 20;

/** The facts behind what some attributes say: what the folds keep of contracts, answers, voices, connections and the last use. */
export function evidenceOf({ holdings, experience }: Understood, reads: readonly string[]): readonly string[] {
  const about = (names: readonly string[]): boolean => reads.some((read) => names.includes(read));
  const found = [
    ...(about(['subscriber', 'mrr', 'contract_days', 'ended_contracts', 'paused', 'leaving', 'failed_payments'])
      ? (holdings?.contracts ?? []).map(({ evidence }) => evidence)
      : []),
    ...(about(['nps_score', 'days_since_answer', 'unanswered_surveys']) ? (experience?.answers ?? []).map(({ evidence }) => evidence) : []),
    ...(about(['dissatisfactions_90d']) ? (experience?.voices ?? []).map(({ evidence }) => evidence) : []),
    ...(about(['connections']) ? (experience?.connections ?? []).map(({ evidence }) => evidence) : []),
    ...(about(['uses_30d', 'uses_90d', 'days_since_use']) && experience?.lastUse ? [experience.lastUse.evidence] : []),
  ];
  return [...new Set(found)].slice(-MOST_EVIDENCE);
}
