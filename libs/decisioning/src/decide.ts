import { type Arm, NO_ACTION, type Pick, pickSlate } from './choice';
import type { Circumstances } from './circumstances';
import { askedOf, type ExclusionRule, firstExclusion } from './exclusions';
import { holdoutOf } from './holdout';
import { type Catalogue, UNTRIED } from './offer';
import { LONGEST_SHORT_LIST, type Policy } from './policy';
import { type Chosen, columnsOf, type DecisionRecord, seenOf } from './record';
import { acceptanceBelief, type Score, scoreOf } from './score';

export type DecisionInput = {
  /** Where it will be shown. */
  readonly slot: string;
  /** At most so many proposals, 1 or more. */
  readonly count: number;
  /** All chance of this decision, a 32-bit integer. */
  readonly seed: number;
  readonly policy: Policy;
  readonly catalogue: Catalogue;
  readonly circumstances: Circumstances;
};

export type Ranked = { readonly offer: number } & Score;

/**
 * candidates → consent → eligibility → suppression → holdout → score → arbitrate → explore → record. Pure: the same input gives the
 * same record, bit by bit. "No action" is always a candidate, worth 0.
 */
export function decide(input: DecisionInput): DecisionRecord {
  const { slot, count, seed, policy, catalogue, circumstances } = input;
  const { candidates, excluded, ranked } = arbitrate(input);
  const arms = armsOf(ranked, input);
  const slate = pickSlate(policy, arms, seed, count);
  const picks = slate.picks.map((pick) => chosenOf(pick, ranked));
  const holdout = holdoutOf(catalogue.holdouts, slot, circumstances.unit);
  return {
    slot,
    count,
    seed,
    policy: policy.hash,
    catalogue: catalogue.hash,
    seen: seenOf(circumstances, catalogue),
    candidates,
    excluded,
    shortList: columnsOf(ranked.map(({ offer, terms, score, basis }, at) => ({ offer, ...terms, score, basis, p: slate.first[at] ?? 0 }))),
    nothing: slate.first.at(-1) ?? 1,
    ...(holdout === null ? { arm: 'treated', chosen: picks } : { arm: 'holdout', holdout, chosen: [], withheld: picks }),
  };
}

/** Who is left, best first, and who fell out by which rule. */
export function arbitrate({ slot, policy, catalogue, circumstances }: DecisionInput): {
  readonly candidates: number;
  readonly excluded: Readonly<Partial<Record<ExclusionRule, readonly number[]>>>;
  readonly ranked: readonly Ranked[];
} {
  const asked = askedOf({ catalogue, policy, circumstances });
  const excluded: Partial<Record<ExclusionRule, number[]>> = {};
  const drop = (rule: ExclusionRule, offer: number): void => {
    const dropped = excluded[rule];
    if (dropped) dropped.push(offer);
    else excluded[rule] = [offer];
  };
  let candidates = 0;
  const scored: Ranked[] = [];
  catalogue.offers.forEach((offer, index) => {
    if (!offer.slots.includes(slot)) return;
    candidates += 1;
    const rule = firstExclusion(index, offer, asked);
    if (rule !== null) return drop(rule, index);
    const score = scoreOf(index, offer, catalogue, policy, circumstances);
    if (policy.kind !== 'rules' && score.score < 0) return drop('worth_less_than_nothing', index);
    scored.push({ offer: index, ...score });
  });
  scored.sort((one, other) => compare(one, other, catalogue, policy));
  const length = Math.min(policy.shortList, LONGEST_SHORT_LIST);
  for (const { offer } of scored.slice(length).sort((one, other) => one.offer - other.offer)) drop('beyond_short_list', offer);
  return { candidates, excluded, ranked: scored.slice(0, length) };
}

/** The arms of the short list, "no action" last. */
export function armsOf(ranked: readonly Ranked[], { policy, catalogue, circumstances }: DecisionInput): readonly Arm[] {
  const learns = policy.kind === 'thompson';
  return [
    ...ranked.map(({ offer, score, slope, fixed }) => ({
      score,
      slope,
      fixed,
      belief: learns ? acceptanceBelief(policy, catalogue.experience[offer] ?? UNTRIED, circumstances.features) : null,
    })),
    NO_ACTION,
  ];
}

/** `rules` go by priority, all others by score; equals by priority, then by id, so that no order of loading decides. */
function compare(one: Ranked, other: Ranked, { offers }: Catalogue, { kind }: Policy): number {
  const [a, b] = [offers[one.offer], offers[other.offer]];
  if (a === undefined || b === undefined) return 0;
  return (kind === 'rules' ? 0 : other.score - one.score) || b.priority - a.priority || other.score - one.score || (a.id < b.id ? -1 : 1);
}

function chosenOf({ arm, probability }: Pick, ranked: readonly Ranked[]): Chosen {
  return { offer: ranked[arm]?.offer ?? null, p: probability };
}
