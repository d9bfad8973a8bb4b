import {
  AcceptProposalDocument,
  ActivateSubscriptionDocument,
  CancelSubscriptionDocument,
  DecideProposalsDocument,
  DeclareGoalDocument,
  DeclineProposalDocument,
  DenyConsentDocument,
  GoalDocument,
  GrantConsentDocument,
  PauseSubscriptionDocument,
  PresentProposalsDocument,
  RecordPaymentFailureDocument,
  RedeemConnectCodeDocument,
  RenewSubscriptionDocument,
  ResumeSubscriptionDocument,
  SubmitSelfAssessmentDocument,
} from '@tsunagari/client';
import { createRandom, type Random } from '@tsunagari/clv';
import type { Actor } from './actor';
import { FRAGRANCE, PLAN, questionOf, SITE, SLOT, SMOOTH } from './brand';
import { ACHIEVED_AT, LAST_WEEK, weekAt } from './weeks';

/** What is true of one buyer around Aya, drawn from the seed before anything happens. */
export type Buyer = {
  readonly userId: string;
  readonly code: string;
  readonly joins: number;
  readonly purposeId: string;
  readonly consent: 'yes' | 'no' | 'silent';
  /** Points of her first self-assessment. */
  readonly start: number;
  /** Whether she takes what is proposed, and subscribes once she is there. */
  readonly takes: boolean;
  readonly subscribes: boolean;
  /** How a subscription goes, in weeks after it began; null: on and on. */
  readonly ending: { readonly how: 'cancels' | 'fails' | 'pauses'; readonly after: number } | null;
  /** Draws of the fortnights: whether her hair gets better. */
  readonly luck: readonly number[];
  /** What the platform knows of her. */
  readonly state: { goalId: string; points: number; howTo: string | null; subscribedIn: number | null; over: boolean; offered: boolean };
};

const FORTNIGHTS = 5;
/** How likely a fortnight with a how-to brings a point; without one it seldom does. */
const HELPS: Readonly<Record<string, number>> = { 'wash-lukewarm': 0.45, 'comb-from-tips': 0.8, 'three-breaths': 0.6 };
const ALONE = 0.1;
const LAST_TO_JOIN = 15;

/** The same buyers for the same seed; the first hundred of three hundred are those of a hundred. */
export function buyersOf(seed: number, count: number): readonly Buyer[] {
  return Array.from({ length: count }, (_, n) => buyer(createRandom(mixed(seed, n)), n));
}

/** Neighbouring seeds of a generator begin alike; these do not (the finaliser of MurmurHash3). */
function mixed(seed: number, n: number): number {
  let bits = Math.imul(seed, 0x9e3779b1) ^ Math.imul(n + 1, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

function buyer(random: Random, n: number): Buyer {
  const draw = random.uniform;
  const [joins, purpose, consent, start] = [draw(), draw(), draw(), draw()];
  const [takes, subscribes, ending, after] = [draw(), draw(), draw(), draw()];
  return {
    userId: `buyer-${n + 1}`,
    code: codeOf(n),
    joins: 1 + Math.floor(joins * LAST_TO_JOIN),
    purposeId: purpose < 0.7 ? SMOOTH : FRAGRANCE,
    consent: consent < 0.65 ? 'yes' : consent < 0.85 ? 'no' : 'silent',
    start: 1 + Math.floor(start * 3),
    takes: takes < 0.75,
    subscribes: subscribes < 0.6,
    ending:
      ending < 0.2
        ? { how: 'cancels', after: 4 + Math.floor(after * 6) }
        : ending < 0.28
          ? { how: 'fails', after: 4 }
          : ending < 0.4
            ? { how: 'pauses', after: 5 }
            : null,
    luck: Array.from({ length: FORTNIGHTS }, draw),
    state: { goalId: '', points: 0, howTo: null, subscribedIn: null, over: false, offered: false },
  };
}

/** As printed on the card: eight letters and digits. */
export const codeOf = (n: number): string => `KUSHI-${String(n + 10_000).padStart(8, '0')}`;

/** The sign-up of one week, as the brand's server reports it. */
export function signUps(buyers: readonly Buyer[], at: string): readonly object[] {
  return buyers.map(({ userId }) => ({
    ...{ type: 'identify', userId, messageId: `sign-up-${userId}`, timestamp: at },
    traits: { email: `${userId}@example.com` },
  }));
}

/** What one buyer does in one week. */
export async function lives(buyer: Buyer, week: number, site: Actor): Promise<void> {
  const { userId, state } = buyer;
  const customer = { type: 'USER_ID', value: userId } as const;
  if (week < buyer.joins) return;
  if (week === buyer.joins) {
    await site.does(RedeemConnectCodeDocument, { customer, code: buyer.code });
    if (buyer.consent === 'yes')
      await site.does(GrantConsentDocument, { customer, noticeId: 'newsletter', noticeVersion: 1, channel: 'EMAIL' });
    if (buyer.consent === 'no') await site.does(DenyConsentDocument, { customer, category: 'marketing' });
    const { goal } = await site.does(DeclareGoalDocument, { customer, purposeId: buyer.purposeId, source: 'CUSTOMER' });
    state.goalId = goal.goalId;
    state.points = buyer.start;
    await assesses(buyer, site);
    await isProposed(buyer, site);
    return;
  }
  const fortnight = (week - buyer.joins) / 2;
  if (Number.isInteger(fortnight) && fortnight <= FORTNIGHTS) {
    const chance = state.howTo === null ? ALONE : (HELPS[state.howTo] ?? ALONE);
    if ((buyer.luck[fortnight - 1] ?? 1) < chance) state.points = Math.min(5, state.points + 1);
    await assesses(buyer, site);
  } else if (state.points >= ACHIEVED_AT && !state.offered) {
    state.offered = true;
    await isProposed(buyer, site);
    if (buyer.subscribes) {
      await site.does(ActivateSubscriptionDocument, { customer, planId: PLAN, subscriptionId: `${userId}-refill` });
      state.subscribedIn = week;
    }
  }
  await keepsSubscription(buyer, week, site);
}

async function assesses({ userId, purposeId, state }: Buyer, site: Actor): Promise<void> {
  await site.does(SubmitSelfAssessmentDocument, {
    ...{ customer: { type: 'USER_ID', value: userId }, touchpointId: SITE, purposeId },
    answers: [{ question: questionOf(purposeId), value: state.points, unit: 'points' }],
  });
}

async function isProposed({ userId, takes, state }: Buyer, site: Actor): Promise<void> {
  const { proposals } = await site.does(DecideProposalsDocument, { identifier: { type: 'USER_ID', value: userId }, slot: SLOT, count: 1 });
  const [proposal] = proposals;
  if (!proposal) return;
  await site.does(PresentProposalsDocument, { proposalIds: [proposal.id], touchpointId: SITE });
  if (!takes) return void (await site.does(DeclineProposalDocument, { proposalId: proposal.id }));
  await site.does(AcceptProposalDocument, { proposalId: proposal.id });
  if (proposal.offer.kind === 'HOW_TO') state.howTo = proposal.offer.offerId;
}

/** Billing every four weeks, and how it ends. */
async function keepsSubscription({ userId, ending, state }: Buyer, week: number, site: Actor): Promise<void> {
  if (state.subscribedIn === null || state.over || week === state.subscribedIn) return;
  const subscriptionId = `${userId}-refill`;
  const age = week - state.subscribedIn;
  if (ending?.how === 'cancels' && age === ending.after) {
    state.over = true;
    await site.does(CancelSubscriptionDocument, { subscriptionId });
  } else if (ending?.how === 'fails' && age === ending.after) {
    state.over = true;
    await site.does(RecordPaymentFailureDocument, { subscriptionId, attempt: 4, final: true });
  } else if (ending?.how === 'pauses' && age === ending.after) {
    const until = weekAt(Math.min(week + 8, LAST_WEEK + 4));
    await site.does(PauseSubscriptionDocument, { subscriptionId, until });
  } else if (ending?.how === 'pauses' && age === ending.after + 2) await site.does(ResumeSubscriptionDocument, { subscriptionId });
  else if (age % 4 === 0) await site.does(RenewSubscriptionDocument, { subscriptionId });
}

/** Of those who wanted smooth hair and joined from one week to another: how many said four points within four weeks. */
export async function reachedWithinFourWeeks(
  buyers: readonly Buyer[],
  from: number,
  to: number,
  site: Actor,
): Promise<{ readonly reached: number; readonly of: number }> {
  const meant = buyers.filter(({ joins, purposeId }) => purposeId === SMOOTH && joins >= from && joins < to);
  let reached = 0;
  for (const { state } of meant) {
    const { goal } = await site.reads(GoalDocument, { goalId: state.goalId });
    const { confirmedAt, achievedAt } = goal ?? { confirmedAt: null, achievedAt: null };
    if (confirmedAt !== null && achievedAt !== null && Date.parse(achievedAt) - Date.parse(confirmedAt) <= 28 * 86_400_000) reached++;
  }
  return { reached, of: meant.length };
}
