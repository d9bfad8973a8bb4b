import {
  acceptanceRate,
  averageEffect,
  type Metric,
  qiniCurve,
  type QiniCurve,
  type SampleRatio,
  sampleRatioTest,
  type Scored,
} from '@tsunagari/metrics';
import type { DecisionRow } from './decision-table';

/** What a holdout says of proposing: outcomes of those treated against those held out, by assignment, whatever they were shown. */
export type HoldoutEffect = {
  readonly holdoutId: string;
  readonly indicator: string;
  readonly windowDays: number;
  /** Customers, by the first decision of each. */
  readonly treated: number;
  readonly heldOut: number;
  readonly effect: Metric;
  /** Whether those whom the policy scored higher are those whom it helps more: by the score of what each got or would have got. */
  readonly uplift: QiniCurve;
  /** Of the assignment, whether an outcome is known or not. */
  readonly sampleRatio: SampleRatio;
};

export type ProposalBoard = {
  readonly decisions: number;
  readonly heldOut: number;
  /** Decisions of no action, of those not held out. */
  readonly nothing: number;
  readonly acceptance: Metric;
  readonly effects: readonly HoldoutEffect[];
};

export type HoldoutShare = {
  readonly holdoutId: string;
  readonly from: number;
  readonly to: number;
  readonly slots?: readonly string[] | undefined;
};

type First = { readonly held: boolean; readonly score: number; readonly outcomes: DecisionRow['outcomes'] };

/** Folds the table of decisions into the board, in one pass. */
export async function proposalBoard(rows: AsyncIterable<DecisionRow>, holdouts: readonly HoldoutShare[]): Promise<ProposalBoard> {
  const count = { decisions: 0, heldOut: 0, nothing: 0, presented: 0, accepted: 0 };
  const firsts = new Map(holdouts.map(({ holdoutId }) => [holdoutId, new Map<string, First>()]));
  for await (const row of rows) {
    const { arm, place, offerId, presented, answer, customer, holdoutId, outcomes, score, slot } = row;
    if (presented) count.presented += 1;
    if (answer === 'accepted' || answer === 'fulfilled') count.accepted += 1;
    if (place > 1) continue;
    count.decisions += 1;
    if (arm === 'holdout') count.heldOut += 1;
    else if (offerId === null) count.nothing += 1;
    for (const holdout of holdouts) {
      if (holdout.slots !== undefined && !holdout.slots.includes(slot)) continue;
      // Another holdout took her: she is in neither arm of this one.
      if (arm === 'holdout' && holdoutId !== holdout.holdoutId) continue;
      const known = firsts.get(holdout.holdoutId);
      if (known !== undefined && !known.has(customer)) known.set(customer, { held: arm === 'holdout', score: score ?? 0, outcomes });
    }
  }
  const { presented, accepted, ...rest } = count;
  return {
    ...rest,
    acceptance: acceptanceRate({}, { accepted, presented }),
    effects: holdouts.flatMap((holdout) => effectsOf(holdout, [...(firsts.get(holdout.holdoutId)?.values() ?? [])])),
  };
}

/** Customers with an outcome, in each arm: below that nothing is said. */
const LEAST_ARM = 30;

function effectsOf({ holdoutId, from, to }: HoldoutShare, customers: readonly First[]): readonly HoldoutEffect[] {
  const share = to - from;
  const heldOut = customers.filter(({ held }) => held).length;
  const treated = customers.length - heldOut;
  const weights = [1 - share, share] as const;
  // A holdout of everybody has no other arm to compare with.
  if (share >= 1) return [];
  const asked = new Map<string, { indicator: string; windowDays: number; scored: Scored[] }>();
  for (const { held, score, outcomes } of customers)
    for (const { indicator, windowDays, reward } of outcomes) {
      const key = `${indicator} ${windowDays}`;
      const known = asked.get(key) ?? { indicator, windowDays, scored: [] };
      known.scored.push({ score, treated: !held, outcome: reward });
      asked.set(key, known);
    }
  const sampleRatio = sampleRatioTest([treated, heldOut], weights);
  const rewards = (scored: readonly Scored[], wanted: boolean) =>
    scored.flatMap(({ treated: is, outcome }) => (is === wanted ? outcome : []));
  return [...asked.values()].map(({ indicator, windowDays, scored }) => ({
    holdoutId,
    indicator,
    windowDays,
    treated,
    heldOut,
    effect: averageEffect({}, rewards(scored, true), rewards(scored, false), { weights, minimum: LEAST_ARM }),
    uplift: qiniCurve({}, scored, { weights, minimum: LEAST_ARM }),
    sampleRatio,
  }));
}
