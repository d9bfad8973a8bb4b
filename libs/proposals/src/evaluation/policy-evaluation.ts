import {
  chancesOfOffer,
  chancesOfPolicy,
  counterfactual,
  evaluatePolicy,
  type EvaluationDoubt,
  LEAST_EFFECTIVE,
  type ModelledChoice,
  MOST_UNSUPPORTED,
  type PolicyValue,
  withRewardModel,
} from '@tsunagari/decisioning';
import { type Metric, metric, moments, type NoValue, normalInterval } from '@tsunagari/metrics';
import { isRedacted, proposalDecided, type Sealed } from '@tsunagari/contracts';
import type { Keyring } from '@tsunagari/privacy';
import { setImmediate as turn } from 'node:timers/promises';
import type { Book, PolicyVersion } from '../book/book';
import { policyOf } from '../book/catalogue';
import type { Decisions } from '../proposal/decisions';
import { recordOf } from '../proposal/explanations';
import type { LoggedDecision } from './decision-table';

/** Who is judged: a version of a policy, or one offer alone wherever its rules allowed it. */
export type EvaluatedCandidate =
  { readonly kind: 'policy'; readonly version: PolicyVersion } | { readonly kind: 'offer'; readonly offerId: string };

/** The outcome by which it is judged. */
export type Reward = { readonly indicator: string; readonly windowDays: number };

/** What the decisions of a period say of the candidate; those that say nothing are counted by why. */
export type JudgedDecisions = {
  readonly choices: readonly ModelledChoice[];
  readonly withoutOutcome: number;
  readonly heldOut: number;
  readonly redacted: number;
};

export type EvaluationPorts = {
  readonly keyring: Pick<Keyring, 'open'>;
  readonly deciding: Pick<Decisions, 'remembered'>;
  readonly book: Book;
};

/** Decisions between two looks at what else is to do: a bandit's draws take milliseconds each. */
const AT_A_TIME = 50;

/** Decides each of them again as the candidate would have, from what was seen then. */
export async function judgedDecisions(
  ports: EvaluationPorts,
  pages: AsyncIterable<readonly LoggedDecision[]>,
  candidate: EvaluatedCandidate,
  { indicator, windowDays }: Reward,
): Promise<JudgedDecisions> {
  const choices: ModelledChoice[] = [];
  const count = { withoutOutcome: 0, heldOut: 0, redacted: 0 };
  for await (const page of pages) {
    const asked: { readonly logged: LoggedDecision; readonly reward: number }[] = [];
    for (const logged of page) {
      const outcome = logged.outcomes.find((known) => known.indicator === indicator && known.windowDays === windowDays);
      if (logged.decided.arm === 'holdout') count.heldOut += 1;
      else if (outcome === undefined) count.withoutOutcome += 1;
      else asked.push({ logged, reward: outcome.reward });
    }
    const seen = candidate.kind === 'policy' ? await openSeen(ports.keyring, asked) : [];
    for (const [n, { logged, reward }] of asked.entries()) {
      if (n % AT_A_TIME === AT_A_TIME - 1) await turn();
      const choice = candidate.kind === 'offer' ? byOffer(logged, candidate.offerId) : byPolicy(ports, logged, candidate.version, seen[n]);
      if (choice === null) count.redacted += 1;
      else choices.push({ ...choice, reward });
    }
  }
  return { choices, ...count };
}

function openSeen(keyring: EvaluationPorts['keyring'], asked: readonly { readonly logged: LoggedDecision }[]) {
  return keyring.open(
    asked.map(({ logged: { subject, decided } }) => ({
      subject,
      // Recorded facts hold sealed text where the contract has an object.
      sealed: decided.seen as unknown as Sealed,
      of: { type: proposalDecided.type, field: 'seen' },
    })),
  );
}

type Unrewarded = Omit<ModelledChoice, 'reward'>;

function byOffer({ decided, catalogue }: LoggedDecision, offerId: string): Unrewarded {
  const place = catalogue.offers.findIndex((offer) => offer.offerId === offerId);
  const armOf = (offer: number | null): string => (offer === -1 ? offerId : nameOf(catalogue.offers, offer));
  return named(counterfactual(decided, chancesOfOffer(decided, place === -1 ? null : place)), decided.chosen, armOf);
}

/** Null where what was seen of her is gone. */
function byPolicy({ deciding, book }: EvaluationPorts, logged: LoggedDecision, version: PolicyVersion, seen: unknown): Unrewarded | null {
  if (seen === undefined || isRedacted(seen)) return null;
  const { decided, catalogue: recorded } = logged;
  const catalogue = deciding.remembered(recorded, book, version.content.currency);
  if (catalogue === null) throw new Error(`an offer of catalogue ${recorded.hash} is missing`);
  const record = recordOf(decided, seen);
  // Where understanding was too old, nobody could have used it.
  const chances = chancesOfPolicy(record, policyOf(version, decided.fallback), catalogue);
  return named(counterfactual(record, chances), record.chosen, (offer) => nameOf(recorded.offers, offer));
}

type Chosen = { readonly offer: number | null };

/** Catalogues differ between decisions: arms go by the offer's id, the empty one is no action. */
function named(
  { logged, target, unsupported, first }: ReturnType<typeof counterfactual>,
  chosen: readonly Chosen[],
  armOf: (offer: number | null) => string,
): Unrewarded {
  return {
    logged,
    target,
    unsupported,
    arm: armOf(chosen[0]?.offer ?? null),
    chances: first.map(({ offer, p }) => ({ arm: armOf(offer), p })),
  };
}

function nameOf(offers: LoggedDecision['catalogue']['offers'], offer: number | null): string {
  return offer === null ? '' : (offers[offer]?.offerId ?? '');
}

/** Estimates as metrics: with any doubt none of them has a value, and each says why. */
export type EvaluationBoard = Omit<JudgedDecisions, 'choices'> & {
  readonly n: number;
  readonly effectiveSampleSize: number;
  readonly meanWeight: number;
  readonly largestWeight: number;
  readonly unsupportedShare: number;
  readonly clip: number;
  readonly doubts: readonly EvaluationReason[];
} & Readonly<Record<'logged' | 'ips' | 'clippedIps' | 'snips' | 'dm' | 'dr', Metric>>;

export type EvaluationReason = Extract<NoValue, 'NO_BASE' | 'SUPPORT_VIOLATION' | 'EFFECTIVE_SAMPLE_TOO_SMALL' | 'WEIGHTS_OFF'>;

/** In the order in which they are told: what cannot be known before what is not known well. */
const REASONS: readonly (readonly [EvaluationDoubt, EvaluationReason])[] = [
  ['NO_DATA', 'NO_BASE'],
  ['UNSUPPORTED', 'SUPPORT_VIOLATION'],
  ['FEW_EFFECTIVE', 'EFFECTIVE_SAMPLE_TOO_SMALL'],
  ['WEIGHTS_OFF', 'WEIGHTS_OFF'],
];

/** `clip` is the largest weight of the clipped estimate, 1 or more. */
export function evaluationBoard({ choices, ...counts }: JudgedDecisions, { indicator, windowDays }: Reward, clip: number): EvaluationBoard {
  const { ips, clippedIps, snips, dm, dr, doubts, ...health } = evaluatePolicy(withRewardModel(choices), { clip });
  const { n } = health;
  const reasons = REASONS.flatMap(([doubt, reason]) => (doubts.includes(doubt) ? [reason] : []));
  const notes = [
    `outcome ${indicator} within ${windowDays} days`,
    ...(counts.withoutOutcome > 0 ? [`${counts.withoutOutcome} decisions without that outcome are left out`] : []),
    ...(reasons.includes('SUPPORT_VIOLATION') ? [`at most ${MOST_UNSUPPORTED} of the candidate's choices may lie outside the log`] : []),
    ...(reasons.includes('EFFECTIVE_SAMPLE_TOO_SMALL') ? [`an effective sample of at least ${LEAST_EFFECTIVE}`] : []),
  ];
  const common = { unit: 'score', class: 'MEASUREMENT', n, notes } as const;
  const [reason] = reasons;
  const estimate = ({ value, interval }: PolicyValue, method: string): Metric =>
    reason !== undefined || value === null
      ? metric({}, { ...common, method, reasonNull: reason ?? 'NO_BASE' })
      : metric({}, { ...common, method, value, ci: interval && { low: interval[0], high: interval[1], level: 0.95 } });
  const { mean, variance } = moments(choices.map(({ reward }) => reward));
  return {
    ...counts,
    ...health,
    clip,
    doubts: reasons,
    logged: metric(
      {},
      {
        ...common,
        method: 'mean outcome as it was decided',
        ...(n === 0 ? {} : { value: mean }),
        ...(n < 2 ? {} : { ci: normalInterval(mean, Math.sqrt(variance / n)) }),
      },
    ),
    ips: estimate(ips, 'IPS: mean(w·r)'),
    clippedIps: estimate(clippedIps, `clipped IPS: mean(min(w, ${clip})·r)`),
    snips: estimate(snips, 'SNIPS: Σw·r ÷ Σw'),
    dm: estimate(dm, 'DM: mean of the outcome by first offer, shrunken, cross-fitted'),
    dr: estimate(dr, 'DR: mean(q(π) + w·(r − q(a)))'),
  };
}
