import { pickSlate } from './choice';
import { arbitrate, armsOf, type DecisionInput, type Ranked } from './decide';
import { allExclusions, askedOf, type ExclusionRule } from './exclusions';
import type { Amount, Catalogue } from './offer';
import type { Policy } from './policy';
import { circumstancesOf, type DecisionRecord } from './record';
import { type Score, scoreOf } from './score';

/** One candidate: either it stood on the short list with a probability, or it fell out. `offer` is its place in the catalogue. */
export type ExplainedCandidate = {
  readonly offer: number;
  /** Every rule against it, the one that was recorded first; empty for the short list. */
  readonly excludedBy: readonly ExclusionRule[];
  /** What it scores, or would score were it not excluded. */
  readonly score: Score;
  /** Of the first pick; 0 when excluded. */
  readonly probability: number;
};

/** What the nearest other outcome hangs on. */
export type Change =
  /** The runner-up would have been first if it were worth so much more, or the chosen so much less. */
  | { readonly kind: 'margin'; readonly offer: number | null; readonly by: Amount }
  /** The same through V(purpose): that value of this purpose would make them equal. */
  | { readonly kind: 'purpose_value'; readonly offer: number; readonly purpose: string; readonly from: Amount; readonly to: Amount }
  /** Would have been first but for this one rule. */
  | { readonly kind: 'rule'; readonly offer: number; readonly rule: ExclusionRule; readonly score: Amount };

export type Explanation = {
  /** The short list by rank, then the excluded by their would-be score. */
  readonly candidates: readonly ExplainedCandidate[];
  /** The best of the short list under the policy; null: no action. */
  readonly best: number | null;
  /** The next best and how much less it scores; null when nothing else stood. Under `rules` the margin is in priority. */
  readonly runnerUp: { readonly offer: number | null; readonly margin: number } | null;
  /** Whether chance took another than the best at the first pick. */
  readonly explored: boolean;
  readonly changes: readonly Change[];
};

/** Every question that may be asked of a decision, answered from its record. */
export function explain(record: DecisionRecord, policy: Policy, catalogue: Catalogue): Explanation {
  const input: DecisionInput = { ...record, policy, catalogue, circumstances: circumstancesOf(record.seen, catalogue) };
  const { excluded, ranked } = arbitrate(input);
  const chances = pickSlate(policy, armsOf(ranked, input), record.seed, 1).first;
  const dropped = Object.entries(excluded)
    .flatMap(([rule, offers]) => offers.map((offer) => droppedCandidate(offer, rule as ExclusionRule, input)))
    .sort((one, other) => other.score.score - one.score.score);
  // What is worth less than nothing is no candidate, so nothing comes last.
  const [best = NOTHING, second]: readonly Placed[] = [...ranked, NOTHING];
  const first = (record.withheld ?? record.chosen)[0];
  return {
    candidates: [
      ...ranked.map((entry, at) => ({ offer: entry.offer, excludedBy: [], score: entry, probability: chances[at] ?? 0 })),
      ...dropped,
    ],
    best: best.offer,
    runnerUp: second === undefined ? null : { offer: second.offer, margin: marginOf(best, second, policy, catalogue) },
    explored: first !== undefined && first.offer !== best.offer,
    changes: policy.kind === 'rules' ? [] : changesOf(best, second, ranked, dropped, catalogue),
  };
}

/** Why one offer was not chosen; null when it is not in the catalogue. An offer of another slot says so by `candidate: false`. */
export type WhyNot = ExplainedCandidate & {
  readonly candidate: boolean;
  readonly chosen: boolean;
  /** By how much the best scores more; not positive for the best itself. */
  readonly behind: Amount;
};

export function whyNot(record: DecisionRecord, policy: Policy, catalogue: Catalogue, offerId: string): WhyNot | null {
  const index = catalogue.offers.findIndex(({ id }) => id === offerId);
  const offer = catalogue.offers[index];
  if (offer === undefined) return null;
  const { candidates, best } = explain(record, policy, catalogue);
  const found = candidates.find((candidate) => candidate.offer === index);
  const bestScore = candidates.find((candidate) => candidate.offer === best)?.score.score ?? 0;
  const score = found?.score ?? scoreOf(index, offer, catalogue, policy, circumstancesOf(record.seen, catalogue));
  return {
    ...(found ?? { offer: index, excludedBy: [], score, probability: 0 }),
    candidate: found !== undefined,
    chosen: record.chosen.some((chosen) => chosen.offer === index),
    behind: bestScore - score.score,
  };
}

function droppedCandidate(index: number, rule: ExclusionRule, input: DecisionInput): ExplainedCandidate {
  const { catalogue, policy, circumstances } = input;
  const offer = catalogue.offers[index];
  if (offer === undefined) throw new RangeError(`the catalogue has no offer ${index}`);
  const others = allExclusions(index, offer, askedOf(input)).filter((other) => other !== rule);
  return {
    offer: index,
    excludedBy: [rule, ...others],
    score: scoreOf(index, offer, catalogue, policy, circumstances),
    probability: 0,
  };
}

type Placed = { readonly offer: number | null; readonly score: Amount };
/** No action. */
const NOTHING: Placed = { offer: null, score: 0 };

function marginOf(best: Placed, second: Placed, { kind }: Policy, { offers }: Catalogue): number {
  if (kind !== 'rules') return best.score - second.score;
  const priority = (offer: number | null): number => (offer === null ? 0 : (offers[offer]?.priority ?? 0));
  return priority(best.offer) - priority(second.offer);
}

function changesOf(
  best: Placed,
  second: Placed | undefined,
  ranked: readonly Ranked[],
  dropped: readonly ExplainedCandidate[],
  catalogue: Catalogue,
): readonly Change[] {
  const changes: Change[] = [];
  if (second !== undefined) {
    const by = best.score - second.score;
    changes.push({ kind: 'margin', offer: second.offer, by });
    const runnerUp = ranked.find(({ offer }) => offer === second.offer);
    const change = runnerUp === undefined ? null : purposeChange(runnerUp, best, by, catalogue);
    if (change !== null) changes.push(change);
  }
  const nearest = dropped.find(({ excludedBy, score }) => excludedBy.length === 1 && score.score > best.score);
  const rule = nearest?.excludedBy[0];
  if (nearest !== undefined && rule !== undefined) changes.push({ kind: 'rule', offer: nearest.offer, rule, score: nearest.score.score });
  return changes;
}

/** The value of the runner-up's one purpose at which it would draw level; null where the best gains from that purpose too. */
function purposeChange(runnerUp: Ranked, best: Placed, by: Amount, { offers, purposeValues }: Catalogue): Change | null {
  const [purpose, ...others] = offers[runnerUp.offer]?.purposes ?? [];
  if (purpose === undefined || others.length > 0) return null;
  if (best.offer !== null && offers[best.offer]?.purposes.includes(purpose)) return null;
  const from = purposeValues[purpose] ?? 0;
  const perUnit = runnerUp.terms.goal / from;
  return perUnit > 0 ? { kind: 'purpose_value', offer: runnerUp.offer, purpose, from, to: from + by / perUnit } : null;
}
