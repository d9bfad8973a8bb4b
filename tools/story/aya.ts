import {
  AcceptProposalDocument,
  ActivateSubscriptionDocument,
  CancelSubscriptionDocument,
  DecideProposalsDocument,
  DeclareGoalDocument,
  DenyConsentDocument,
  EndFlowDocument,
  ExplainProposalDocument,
  GoalDocument,
  GrantConsentDocument,
  MessageDocument,
  MyConsentDocument,
  MySubscriptionsDocument,
  PauseSubscriptionDocument,
  PresentProposalsDocument,
  QueueMessageDocument,
  RedeemConnectCodeDocument,
  RenewSubscriptionDocument,
  ResumeSubscriptionDocument,
  SetPreferenceDocument,
  StartFlowDocument,
  SubmitSelfAssessmentDocument,
  TakeFlowStepDocument,
  UndoCancellationDocument,
  WhyNotDocument,
} from '@tsunagari/client';
import type { Actor } from './actor';
import { PLAN, questionOf, SITE, SLOT, SMOOTH } from './brand';
import type { Telling } from './telling';

export const AYA = 'aya';
export const AYA_MAIL = 'aya@example.com';

/** One customer: what she does, and what is done for her. */
export type Aya = {
  /** Her own token. */
  readonly self: Actor;
  /** The brand's member site and its billing. */
  readonly site: Actor;
  /** Whoever at the brand looks at one customer. */
  readonly desk: Actor;
  readonly telling: Telling;
  /** What later chapters need of earlier ones. */
  readonly known: { goalId: string; customerId: string; subscriptionId: string; signUpSteps: number; explained: string[] };
};

export const aya = (actors: Pick<Aya, 'self' | 'site' | 'desk' | 'telling'>): Aya => ({
  ...actors,
  known: { goalId: '', customerId: '', subscriptionId: '', signUpSteps: 0, explained: [] },
});

/** A flow of the member site, counted from its start to its end. */
async function flow(self: Actor, kind: 'SIGN_UP' | 'CANCEL', steps: readonly string[]): Promise<number> {
  const { recordedId: flowId } = await self.does(StartFlowDocument, { touchpointId: SITE, kind });
  for (const name of steps) await self.does(TakeFlowStepDocument, { flowId, name });
  await self.does(EndFlowDocument, { flowId, outcome: 'COMPLETED' });
  return steps.length;
}

/** A card in the package connects an unknown buyer; she says what she wants, and what may be done with what she says. */
export async function connects({ self, site, telling, known }: Aya, code: string): Promise<void> {
  await site.does(RedeemConnectCodeDocument, { customer: { type: 'USER_ID', value: AYA }, code });
  known.signUpSteps = await flow(self, 'SIGN_UP', ['code', 'goal']);
  telling.customer('Aya bought her shampoo in a drugstore: nobody knew her. The code on the card in the package connects her.', {
    shown: { ja: 'ようこそ、綾さん。髪をどうしたいですか。', en: 'Welcome, Aya. What do you want for your hair?' },
  });
  const { goal } = await self.does(DeclareGoalDocument, { purposeId: SMOOTH, source: 'CUSTOMER', wish: '朝、絡まずに梳かしたい' });
  known.goalId = goal.goalId;
  telling.customer('She declares her goal in her own words.', {
    shown: { ja: goal.wish ?? '', en: 'In the morning I want to comb it without knots.' },
  });
  await self.does(GrantConsentDocument, { noticeId: 'newsletter', noticeVersion: 1, channel: 'EMAIL' });
  await self.does(DenyConsentDocument, { category: 'profiling' });
  await self.does(SetPreferenceDocument, { language: 'JA', timeZone: 'Asia/Tokyo' });
  const { myConsent } = await self.reads(MyConsentDocument, {});
  telling.customer(
    `She says yes to mail and no to the use of what she buys: ${myConsent.consents.map(({ category, status }) => `${category} ${status.toLowerCase()}`).join(', ')}.`,
    { lookup: { title: 'may she be written to?', query: mayContact } },
  );
}
const mayContact = `{ mayContact(identifier: { type: EMAIL, value: "${AYA_MAIL}" }, category: "marketing", channel: EMAIL) { allowed basis reason } }`;

/** How she finds her hair, from 1 to 5. The goal learns of it by itself. */
export async function assesses(
  { self, telling }: Aya,
  value: number,
  thought: { readonly ja: string; readonly en: string },
): Promise<void> {
  await self.does(SubmitSelfAssessmentDocument, {
    ...{ touchpointId: SITE, purposeId: SMOOTH, answers: [{ question: questionOf(SMOOTH), value, unit: 'points' }] },
  });
  telling.customer(`She answers the self-assessment: ${value} of 5.`, { shown: thought });
}

/** The next best thing for her, with a reason that anybody can check. @returns the offer. */
export async function getsTheNextBest({ self, desk, telling, known }: Aya): Promise<string> {
  const { proposals } = await self.does(DecideProposalsDocument, { identifier: { type: 'USER_ID', value: AYA }, slot: SLOT, count: 1 });
  const [proposal] = proposals;
  if (!proposal) throw new Error('nothing is proposed to Aya');
  await self.does(PresentProposalsDocument, { proposalIds: [proposal.id], touchpointId: SITE });
  await self.does(AcceptProposalDocument, { proposalId: proposal.id });
  const { explainProposal } = await desk.reads(ExplainProposalDocument, { id: proposal.id });
  if (!explainProposal) throw new Error('the proposal is not explained');
  known.explained.push(proposal.id);
  const { offerId, title } = proposal.offer;
  telling.customer(`She is proposed ${offerId}, and takes it. Why: ${explainProposal.words.en}`, {
    shown: {
      ja: `${title.ja}。${proposal.reasons.map(({ words }) => words.ja).join('')}`,
      en: `${title.en}. ${proposal.reasons.map(({ words }) => words.en).join(' ')}`,
    },
    lookup: {
      title: `replay ${explainProposal.replay.kind.toLowerCase()}; every candidate and what would have changed it`,
      query: `{ explainProposal(id: "${proposal.id}") { words { ja en } features { name value } candidates { offerId score excludedBy { rule } terms { goal goalValue sale cost } } runnerUp { offerId margin } changes { words { en } } replay { kind } drift { sameChoice } } }`,
    },
  });
  return offerId;
}

/** Why not the refills yet? */
export async function isNotSoldTo({ desk, telling, known }: Aya): Promise<void> {
  const { whyNot } = await desk.reads(WhyNotDocument, { customerId: known.customerId, offerId: 'refill-plan', slot: SLOT });
  if (whyNot.__typename !== 'WhyNotAnswered') throw new Error(whyNot.rule);
  telling.customer(`Why she was not offered refills instead: ${whyNot.answer.words.en}`, {
    shown: whyNot.answer.words,
    lookup: {
      title: 'why not',
      query: `{ whyNot(customerId: "${known.customerId}", offerId: "refill-plan", slot: "${SLOT}") { ... on WhyNotAnswered { answer { words { ja en } behind } } } }`,
    },
  });
}

/** A mail that she agreed to, queued late in the evening: it waits for the morning. @returns its id. */
export async function isWrittenToAtNight({ site }: Aya): Promise<string> {
  const { queued } = await site.does(QueueMessageDocument, {
    ...{
      recipient: { type: 'EMAIL', value: AYA_MAIL },
      category: 'MARKETING',
      channel: 'EMAIL',
      touchpointId: 'mail',
      templateId: 'how-to',
    },
    values: [
      { name: 'name', value: '綾' },
      { name: 'tip', value: '熱い湯は髪をからませます。ぬるま湯で。' },
    ],
  });
  return queued.messageId;
}
export async function readsItInTheMorning({ desk, telling }: Aya, messageId: string, atNight: string | null): Promise<void> {
  const { message } = await desk.reads(MessageDocument, { messageId });
  telling.customer(
    `A mail that was queued at 22:30 waited until ${atNight ?? 'morning'} and is ${message?.status.toLowerCase() ?? 'lost'}.`,
    {
      shown: { ja: '綾さん、今週のひと工夫', en: 'One thing to try this week, Aya' },
      lookup: { title: 'the message', query: `{ message(messageId: "${messageId}") { status dueAt attempts events } }` },
    },
  );
}

export async function seesHerOutcome({ self, telling, known }: Aya): Promise<void> {
  const { goal } = await self.reads(GoalDocument, { goalId: known.goalId });
  const steps = goal?.observations.map(({ value }) => value).join(' → ') ?? '';
  telling.customer(`Her goal is ${goal?.status.toLowerCase()}: ${steps}.`, {
    shown: { ja: '目標達成。四週間つづけて、すっと梳けています。', en: 'You are there: it combs through.' },
    lookup: {
      title: 'her goal',
      query: `{ goal(goalId: "${known.goalId}") { status wish achievedAt observations { at value method evidenceIds } } }`,
    },
  });
}

export async function subscribes({ self, telling, known }: Aya): Promise<void> {
  const { subscription } = await self.does(ActivateSubscriptionDocument, { planId: PLAN, subscriptionId: 'aya-refill' });
  known.subscriptionId = subscription.subscriptionId;
  telling.customer(`She subscribes to refills, and reads when she could leave: ${day(subscription.cancellableAt)}.`, {
    shown: { ja: '詰め替え定期便、月1,800円。いつでもやめられます。', en: 'Refills, ¥1,800 a month. Leave whenever you like.' },
  });
}

export async function isBilled({ site, known }: Aya): Promise<void> {
  await site.does(RenewSubscriptionDocument, { subscriptionId: known.subscriptionId });
}

export async function pauses({ self, telling, known }: Aya, until: string): Promise<void> {
  const { subscription } = await self.does(PauseSubscriptionDocument, { subscriptionId: known.subscriptionId, until });
  telling.customer(`She travels, and pauses until ${day(until)}: ${subscription.status.toLowerCase()}.`, {
    shown: { ja: 'お休み中です。お支払いはありません。', en: 'Paused. You pay nothing.' },
  });
}

export async function resumes({ self, telling, known }: Aya): Promise<void> {
  const { subscription } = await self.does(ResumeSubscriptionDocument, { subscriptionId: known.subscriptionId });
  telling.customer(`She is back early and resumes: ${subscription.status.toLowerCase()}.`);
}

/** As easily as she signed up: as many steps, no reason asked, no offer in between. */
export async function cancels({ self, telling, known }: Aya): Promise<void> {
  const steps = await flow(self, 'CANCEL', ['confirm']);
  const { subscription } = await self.does(CancelSubscriptionDocument, { subscriptionId: known.subscriptionId });
  telling.customer(
    `She cancels in ${steps} step (signing up took ${known.signUpSteps}); nobody asks why. It takes effect on ${day(subscription.cancellation?.effectiveAt ?? null)}.`,
    { shown: { ja: '解約を受け付けました。それまで取り消せます。', en: 'Cancelled. You can undo it until then.' } },
  );
}

export async function undoesIt({ self, telling, known }: Aya): Promise<void> {
  const { subscription } = await self.does(UndoCancellationDocument, { subscriptionId: known.subscriptionId });
  const { mySubscriptions } = await self.reads(MySubscriptionsDocument, {});
  telling.customer(`She thinks again and undoes it: ${subscription.status.toLowerCase()}, ${mySubscriptions.length} subscription.`, {
    shown: { ja: '解約を取り消しました。', en: 'Your cancellation is undone.' },
    lookup: {
      title: 'her subscription',
      query: `{ subscription(subscriptionId: "${known.subscriptionId}") { status periodEndsAt cancellation { effectiveAt } ending { how } } }`,
    },
  });
}

function day(moment: string | null): string {
  return moment === null
    ? '–'
    : new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Tokyo', day: 'numeric', month: 'long' }).format(new Date(moment));
}
