import {
  ActivatePolicyDocument,
  AddServiceContentDocument,
  AddWhyStepDocument,
  ApplyTuningDocument,
  ApproveOutcomeIndicatorDocument,
  AssessRetentionReadinessDocument,
  ChooseMeansDocument,
  CloseTuningCycleDocument,
  CreateOfferDocument,
  DecideTuningDocument,
  DefineConnectedValueDocument,
  DefineCustomerStrategyDocument,
  DefineExperientialValueDocument,
  DefineFunctionalValueDocument,
  DefineOutcomeIndicatorDocument,
  DefinePlanDocument,
  DefinePurposeDocument,
  DefineTuningProcessDocument,
  DesignSuccessServiceDocument,
  EvaluateTuningDocument,
  FourQuestionsDocument,
  IssueConnectCodesDocument,
  KpiBoardDocument,
  LaunchSuccessServiceDocument,
  type OfferContentInput,
  ProposeTuningDocument,
  PublishNoticeDocument,
  PublishOfferDocument,
  PublishPlanDocument,
  PublishTemplateDocument,
  PublishValueModelDocument,
  RecordCapabilityGapDocument,
  RecordTuningFindingDocument,
  RegisterPolicyDocument,
  RegisterResultMetricDocument,
  RegisterTouchpointDocument,
  SetFrequencyCapDocument,
  SetKpiDocument,
  SetPurposeValueDocument,
  SetQuietHoursDocument,
  SetSuccessConditionDocument,
  WaivePolicyEvaluationDocument,
} from '@tsunagari/client';
import type { Actor } from './actor';
import type { Telling } from './telling';

/** The people of the brand who decide, by the roles of their tokens. */
export type Brand = { readonly marketer: Actor; readonly data: Actor; readonly operations: Actor };

export const STRATEGY = 'smooth-hair';
export const SMOOTH = 'combs-through';
export const FRAGRANCE = 'change-of-mood';
export const SERVICE = 'combing-course';
export const SITE = 'member-site';
export const PLAN = 'refill';
export const SLOT = 'home';
/** The token of whoever decides on tunings. */
const DECIDES = 'user:a-data';

const yen = (amount: number) => ({ amountMinor: String(amount), currency: 'JPY' });
const both = (ja: string, en: string) => ({ ja, en });

/** One product, two purposes: what a customer wants with it is hers to say. */
const PURPOSES = [
  {
    purposeId: SMOOTH,
    statement: both('髪がすっと梳ける', 'Hair that combs through smoothly'),
    why: ['so that mornings are not a fight with knots', 'so that she leaves home at ease with herself'],
    condition: 'She combs through wet hair without stopping, four weeks in a row.',
    question: 'combing',
    worth: 1200,
  },
  {
    purposeId: FRAGRANCE,
    statement: both('香りで気分が変わる', 'A change of mood by fragrance'),
    why: ['so that the day has a place where it ends'],
    condition: 'After washing she feels that the day is over, on most evenings.',
    question: 'mood',
    worth: 400,
  },
] as const;
export const questionOf = (purposeId: string): string => (purposeId === FRAGRANCE ? 'mood' : 'combing');

/** Who the customer is, which value she stays for, and how anybody can tell that she has it. */
export async function setsItsStrategy({ marketer, data }: Brand, telling: Telling): Promise<void> {
  const { why, what, how } = {
    why: 'Hair that tangles spoils mornings, and no bottle tells anybody what to do about it.',
    what: 'Mornings at ease, from how to wash to how to comb.',
    how: 'Find the buyers behind the retailers, ask what they want, and help them there.',
  };
  await marketer.does(DefineCustomerStrategyDocument, {
    strategyId: STRATEGY,
    strategy: {
      ...{ why, what, how },
      target: 'people with long hair that tangles',
      nonTarget: 'people who look for the lowest price',
      segmentRule: 'traits.hair == "long"',
    },
  });
  const early = await marketer.isRefused(DefineFunctionalValueDocument, {
    ...{ valueModelId: 'shampoo', layerId: 'smoothing', parentId: 'combing', productIds: ['shampoo'] },
    text: both('髪をなめらかにする洗浄成分', 'Cleansing that smooths'),
  });
  telling.refused('It begins with what the shampoo does', early);
  const of = { valueModelId: 'shampoo' };
  await marketer.does(DefineConnectedValueDocument, {
    ...of,
    layerId: 'at-ease',
    text: both('毎朝、自分の髪に安心できる', 'At ease with my hair every morning'),
    motive: both('自分を大切にしている実感', 'The sense that I take care of myself'),
  });
  await marketer.does(DefineExperientialValueDocument, {
    ...{ ...of, layerId: 'combing', parentId: 'at-ease', text: both('すっと梳ける手ざわり', 'The feel of a comb that glides') },
  });
  await marketer.does(DefineFunctionalValueDocument, {
    ...{ ...of, layerId: 'smoothing', parentId: 'combing', productIds: ['shampoo', 'refill'] },
    text: both('髪をなめらかにする洗浄成分', 'Cleansing that smooths'),
  });
  await marketer.does(RecordCapabilityGapDocument, {
    ...{ ...of, gapId: 'unknown-buyers', layerId: 'at-ease', needed: 'to know who washes with it', present: 'retailers know, we do not' },
  });
  await marketer.does(PublishValueModelDocument, { ...of, strategyId: STRATEGY });
  for (const { purposeId, statement, why: ladder, condition, question } of PURPOSES) {
    await marketer.does(DefinePurposeDocument, { purposeId, valueModelId: 'shampoo', connectedValueId: 'at-ease', statement });
    for (const answer of ladder) await marketer.does(AddWhyStepDocument, { purposeId, answer });
    await marketer.does(SetSuccessConditionDocument, { purposeId, condition });
    const indicatorId = `${question}-points`;
    const vague = await marketer.isRefused(DefineOutcomeIndicatorDocument, { purposeId, indicatorId, indicator: { unit: 'points' } });
    if (purposeId === SMOOTH) telling.refused('An indicator without rule, threshold and source', vague);
    await marketer.does(DefineOutcomeIndicatorDocument, {
      ...{ purposeId, indicatorId },
      indicator: {
        ...{ unit: 'points', aggregate: 'LAST', direction: 'AT_LEAST', threshold: '4', windowDays: 35, sustainForDays: 28, everyDays: 14 },
        ...{ source: 'self-assessment', reads: [`self_assessment.${question}`] },
      },
    });
    const own = await marketer.isRefused(ApproveOutcomeIndicatorDocument, { purposeId, indicatorId });
    if (purposeId === SMOOTH) telling.refused('Its author approves her own indicator', own);
    await data.does(ApproveOutcomeIndicatorDocument, { purposeId, indicatorId });
    await marketer.does(SetKpiDocument, { purposeId, indicatorId, target: '0.6', period: 'QUARTER' });
  }
  await marketer.does(DefineOutcomeIndicatorDocument, {
    ...{ purposeId: SMOOTH, indicatorId: 'logins' },
    indicator: {
      ...{ unit: 'logins', aggregate: 'COUNT', direction: 'AT_LEAST', threshold: '4', windowDays: 28, sustainForDays: 28, everyDays: 7 },
      ...{ source: 'member-site', reads: ['logins'] },
    },
  });
  await data.does(ApproveOutcomeIndicatorDocument, { purposeId: SMOOTH, indicatorId: 'logins' });
  const lagging = { purposeId: SMOOTH, indicatorId: 'logins', target: '0.9', period: 'MONTH' } as const;
  telling.refused('Logins as the KPI', await marketer.isRefused(SetKpiDocument, lagging));
  for (const metricId of ['mrr', 'continuation']) await marketer.does(RegisterResultMetricDocument, { purposeId: SMOOTH, metricId });
  telling.brand('sets its strategy, three layers of value, and two purposes of one shampoo', {
    title: 'the purposes',
    query:
      '{ purposes(first: 10) { edges { node { purposeId statement { ja en } why successCondition indicators { indicatorId threshold lagging } } } } }',
  });
}

/** Where brand and customer meet, and what they may say to each other. */
export async function opensTouchpoints({ marketer, operations }: Brand, codes: readonly string[], telling: Telling): Promise<void> {
  await operations.does(RegisterTouchpointDocument, {
    ...{ touchpointId: SITE, name: both('会員サイト', 'Member site'), kind: 'MEMBER_SITE', direction: 'TWO_WAY', online: true },
    selfService: ['SIGN_UP', 'CHANGE_CONTENT', 'PAUSE', 'RESUME', 'CANCEL', 'UNDO', 'PREFERENCES', 'CONSENT'],
  });
  const insert = {
    touchpointId: 'in-package',
    kind: 'IN_PACKAGE',
    directness: 'VIA_PARTNER',
    direction: 'OUTBOUND',
    online: false,
  } as const;
  const name = both('箱の中のカード', 'The card in the package');
  const dumb = await operations.isRefused(RegisterTouchpointDocument, { ...insert, name });
  telling.refused('A card in the package that nobody can answer', dumb);
  await operations.does(RegisterTouchpointDocument, { ...insert, name, returnPathId: SITE });
  await operations.does(RegisterTouchpointDocument, {
    ...{ touchpointId: 'mail', name: both('メール', 'Mail'), kind: 'EMAIL', direction: 'OUTBOUND', online: true, returnPathId: SITE },
  });
  for (let from = 0; from < codes.length; from += 500)
    await marketer.does(IssueConnectCodesDocument, {
      ...{ batchId: `print-${from / 500 + 1}`, touchpointId: 'in-package', productId: 'shampoo', codes: codes.slice(from, from + 500) },
    });
  await marketer.does(PublishNoticeDocument, {
    ...{ noticeId: 'newsletter', category: 'marketing', channels: ['EMAIL'] },
    text: both('髪の手入れのヒントをメールで送ってもよいですか。', 'May we send you advice on your hair by mail?'),
  });
  await marketer.does(PublishNoticeDocument, {
    ...{ noticeId: 'profiling', category: 'profiling' },
    text: both('ご購入の記録も提案に使ってよいですか。', 'May we also use what you bought when we propose something?'),
  });
  await operations.does(PublishTemplateDocument, {
    ...{ templateId: 'how-to', channel: 'EMAIL', subject: both('{{name}}さん、今週のひと工夫', 'One thing to try this week, {{name}}') },
    text: both('{{tip}}\n配信の設定: {{preferencesUrl}}', '{{tip}}\nPreferences: {{preferencesUrl}}'),
  });
  await operations.does(SetFrequencyCapDocument, { channel: 'EMAIL', max: 2, windowHours: 168 });
  await operations.does(SetQuietHoursDocument, { from: '21:00', to: '08:00', defaultTimeZone: 'Asia/Tokyo' });
  telling.brand(`opens a member site and puts ${codes.length} codes into packages that retailers sell`, {
    title: 'a touchpoint',
    query: `{ touchpoint(touchpointId: "in-package") { kind directness direction returnPathId } }`,
  });
}

/** What helps towards each purpose, what an outcome is worth, and how something is chosen for one customer. */
export async function preparesProposals({ marketer, data }: Brand, telling: Telling): Promise<void> {
  for (const { purposeId, worth } of PURPOSES)
    await marketer.does(SetPurposeValueDocument, { purposeId, value: yen(worth), reason: 'margin of the years that follow' });
  const howTo = { kind: 'HOW_TO' as const, slots: [SLOT], margin: yen(0), afterDeclineDays: 30 };
  await publishes(marketer, 'wash-lukewarm', {
    ...{ ...howTo, purposeIds: [SMOOTH], goalEffect: { value: 0.08, basis: 'ASSUMED' } },
    ...{
      title: both('ぬるま湯で洗う', 'Wash with lukewarm water'),
      text: both('熱い湯は髪をからませます。', 'Hot water makes hair tangle.'),
    },
  });
  await publishes(marketer, 'three-breaths', {
    ...{ ...howTo, purposeIds: [FRAGRANCE], goalEffect: { value: 0.2, basis: 'ASSUMED' } },
    ...{ title: both('三回の深呼吸', 'Three deep breaths'), text: both('泡立てたら、まず三回。', 'Three, before you rinse.') },
  });
  await publishes(marketer, 'refill-plan', {
    ...{ kind: 'PLAN_CHANGE', purposeIds: [SMOOTH, FRAGRANCE], slots: [SLOT], margin: yen(600), afterDeclineDays: 60 },
    ...{ saleEffect: { value: 0.1, basis: 'ASSUMED' }, goalEffect: { value: 0, basis: 'ASSUMED' } },
    ...{
      title: both('詰め替え定期便', 'Refills by subscription'),
      text: both('なくなる頃に届きます。', 'They come when the bottle is empty.'),
    },
  });
  const policyId = 'next-best';
  await marketer.does(RegisterPolicyDocument, { policyId, content: { kind: 'RANKING', currency: 'JPY', profiling: 'NOT_DENIED' } });
  const of = { policyId, policyVersion: 1 };
  await data.does(WaivePolicyEvaluationDocument, {
    ...of,
    reason: 'There is no log to evaluate it on yet.',
    until: '2026-12-31T00:00:00Z',
  });
  await marketer.does(ActivatePolicyDocument, { ...of, slots: [SLOT] });
  await marketer.does(DefinePlanDocument, {
    ...{ planId: PLAN, family: PLAN, price: yen(1800), interval: 'MONTH', name: both('詰め替え定期便', 'Refills by subscription') },
    terms: { takesEffect: 'PERIOD_END' },
  });
  await marketer.does(PublishPlanDocument, { planId: PLAN, planVersion: 1 });
  telling.brand('says what an outcome is worth to it (¥1,200 and ¥400), and what can help: two how-tos and refills', {
    title: 'V(purpose)',
    query: '{ purposeValues { purposeId valueVersion value { amountMinor currency } reason by } }',
  });
}

const CRITERIA = ['more customers reach their purpose', 'nobody is contacted more often'];
const PROCESS = {
  ...{ dataSet: 'the board of outcomes', meeting: 'first Monday of the month', decisionMaker: DECIDES, cadenceDays: 28 },
  criteria: CRITERIA,
};

/** A service for the purpose: content before means, and a process for changing it before it starts. */
export async function launchesTheService({ marketer }: Brand, telling: Telling): Promise<void> {
  const of = { serviceId: SERVICE };
  const name = both('すっと梳ける講座', 'The combing course');
  await marketer.does(DesignSuccessServiceDocument, { ...of, purposeId: SMOOTH, serviceKind: 'ADVICE', name });
  const means = { ...of, touchpointIds: [SITE, 'in-package', 'mail'], returnPathId: SITE };
  telling.refused('Means before content', await marketer.isRefused(ChooseMeansDocument, means));
  for (const [contentId, title] of [
    ['how-to-wash', both('髪の洗い方', 'How to wash')],
    ['self-diagnosis', both('毎週の自己診断', 'A weekly self-diagnosis')],
  ] as const)
    await marketer.does(AddServiceContentDocument, { ...of, contentId, purposeId: SMOOTH, title });
  await marketer.does(ChooseMeansDocument, means);
  telling.refused('Launch without a process for tuning', await marketer.isRefused(LaunchSuccessServiceDocument, of));
  await marketer.does(DefineTuningProcessDocument, { ...of, ...PROCESS });
  await marketer.does(LaunchSuccessServiceDocument, of);
  await marketer.does(AssessRetentionReadinessDocument, { strategyId: STRATEGY });
  telling.brand('launches its success service; the first tuning cycle is open', {
    title: 'the four questions',
    query: `{ fourQuestions(strategyId: "${STRATEGY}") { gaps questions { question answered by } } }`,
  });
}

/** First tuning: the board is read, and another how-to is adopted on what it showed. */
export async function adoptsAnotherHowTo({ marketer, data }: Brand, telling: Telling): Promise<void> {
  const cycleId = `${SERVICE}:1`;
  const { kpiBoard } = await data.reads(KpiBoardDocument, { strategyId: STRATEGY, withinDays: 28 });
  const dataAsOf = kpiBoard?.position ?? '0';
  const finding = { findingId: 'slow', text: 'Who washes lukewarm still fights with knots: it is the combing.' };
  await data.does(RecordTuningFindingDocument, { cycleId, ...finding });
  const tuning = { cycleId, tuningId: 'comb-from-the-tips' };
  await marketer.does(ProposeTuningDocument, {
    ...{ ...tuning, target: 'CONTENT', hypothesis: 'Combing from the tips upward helps more than water.', observationDays: 28 },
    expectedEffect: 'a fifth more reach their purpose within four weeks',
  });
  const verdict = { ...tuning, decision: 'ADOPT', meetingId: '2026-02', criteriaResults: criteria(true, true) } as const;
  telling.refused('A decision by somebody else', await marketer.isRefused(DecideTuningDocument, { ...verdict, dataAsOf }));
  telling.refused('A decision on data that nobody can look up', await data.isRefused(DecideTuningDocument, verdict));
  await data.does(DecideTuningDocument, { ...verdict, dataAsOf });
  await publishes(marketer, 'comb-from-tips', {
    ...{ kind: 'HOW_TO', slots: [SLOT], margin: yen(0), afterDeclineDays: 30, purposeIds: [SMOOTH] },
    goalEffect: { value: 0.15, basis: 'ASSUMED' },
    ...{
      title: both('毛先から梳く', 'Comb from the tips'),
      text: both('根元からではなく毛先から。', 'Not from the roots: from the tips.'),
    },
  });
  await marketer.does(ApplyTuningDocument, { ...tuning, changeIds: ['offer:comb-from-tips'] });
  await marketer.does(CloseTuningCycleDocument, { cycleId });
  telling.brand('decides its first tuning on the board as it stood, and closes the cycle; the next one opens', {
    title: 'the decision, with the place in the log that it was made on',
    query: `{ tuningCycle(cycleId: "${cycleId}") { closedAt tunings { target hypothesis decision { decision decidedBy meetingId dataAsOf criteriaResults { criterion met } } applied { observeUntil effect interval hit } } } }`,
  });
}

/** Second tuning: not everything that is proposed is a good idea. */
export async function rejectsADiscount({ marketer, data }: Brand, telling: Telling): Promise<void> {
  const cycleId = `${SERVICE}:2`;
  const tuning = { cycleId, tuningId: 'discount-mails' };
  const { kpiBoard } = await data.reads(KpiBoardDocument, { strategyId: STRATEGY });
  await marketer.does(ProposeTuningDocument, {
    ...{ ...tuning, target: 'MARKETING', hypothesis: 'A discount every week brings people back.', observationDays: 28 },
    expectedEffect: 'more visits',
  });
  const undecided = await marketer.isRefused(CloseTuningCycleDocument, { cycleId });
  telling.refused('A cycle that closes over an open question', undecided);
  await data.does(DecideTuningDocument, {
    ...{
      ...tuning,
      decision: 'REJECT',
      meetingId: '2026-03',
      dataAsOf: kpiBoard?.position ?? '0',
      criteriaResults: criteria(false, false),
    },
  });
  await marketer.does(CloseTuningCycleDocument, { cycleId });
  telling.brand('rejects a weekly discount: visits are a result, and nobody would comb better for it');
}

/** What the first tuning brought, and the third cycle's end. */
export async function evaluatesTheTuning({ marketer, data }: Brand, effect: Effect, telling: Telling): Promise<void> {
  const tuning = { cycleId: `${SERVICE}:1`, tuningId: 'comb-from-the-tips' };
  const { value, low, high } = effect;
  await data.does(EvaluateTuningDocument, { ...tuning, effect: value.toFixed(4), from: low.toFixed(4), to: high.toFixed(4) });
  await marketer.does(CloseTuningCycleDocument, { cycleId: `${SERVICE}:3` });
  telling.brand(
    `measures the first tuning: ${points(value)} more reach their purpose within four weeks, 95 % between ${points(low)} and ${points(high)}`,
  );
}

/** The cycle that everybody forgot. */
export async function closesTheForgottenCycle({ marketer }: Brand, telling: Telling): Promise<void> {
  await marketer.does(CloseTuningCycleDocument, { cycleId: `${SERVICE}:4` });
  telling.brand('closes the cycle of April in May: it was flagged as overdue, and counts as not decided in time', {
    title: 'cadence',
    query: '{ tuningCadence { metrics { name value numerator denominator } overdue { serviceId } } }',
  });
}

/** The board named what is missing: a purpose that customers have and no service serves. The brand adopts that, and acts. */
export async function servesTheOtherPurpose({ marketer, data }: Brand, telling: Telling): Promise<void> {
  const { fourQuestions } = await marketer.reads(FourQuestionsDocument, { strategyId: STRATEGY });
  const gap = fourQuestions?.gaps.find((text) => text.includes(FRAGRANCE)) ?? 'nothing';
  const tuning = { cycleId: `${SERVICE}:5`, tuningId: 'evening-ritual' };
  const { kpiBoard } = await data.reads(KpiBoardDocument, { strategyId: STRATEGY });
  await marketer.does(ProposeTuningDocument, {
    ...{ ...tuning, target: 'PURPOSE', hypothesis: 'Whoever came for the fragrance is left alone.', observationDays: 28 },
    expectedEffect: 'they reach their purpose too',
  });
  await data.does(DecideTuningDocument, {
    ...{ ...tuning, decision: 'ADOPT', meetingId: '2026-06', dataAsOf: kpiBoard?.position ?? '0', criteriaResults: criteria(true, true) },
  });
  const of = { serviceId: 'evening-ritual' };
  const name = both('夜の香りの時間', 'The evening ritual');
  await marketer.does(DesignSuccessServiceDocument, { ...of, purposeId: FRAGRANCE, serviceKind: 'ROUTINE', name });
  await marketer.does(AddServiceContentDocument, { ...of, contentId: 'ritual', purposeId: FRAGRANCE, title: name });
  await marketer.does(ChooseMeansDocument, { ...of, touchpointIds: [SITE], returnPathId: SITE });
  await marketer.does(DefineTuningProcessDocument, { ...of, ...PROCESS });
  await marketer.does(LaunchSuccessServiceDocument, of);
  await marketer.does(ApplyTuningDocument, { ...tuning, changeIds: ['service:evening-ritual'] });
  await marketer.does(CloseTuningCycleDocument, { cycleId: tuning.cycleId });
  telling.brand(`reads what is missing (“${gap}”), decides it, and launches a second service`);
}

export type Effect = { readonly value: number; readonly low: number; readonly high: number };

/** The interval of the difference of two shares (Wald, 95 %); of nobody nothing is known. */
export function differenceOf(before: Share, after: Share): Effect {
  if (before.of === 0 || after.of === 0) return { value: 0, low: -1, high: 1 };
  const [p, q] = [before.reached / before.of, after.reached / after.of];
  const width = 1.96 * Math.sqrt((p * (1 - p)) / before.of + (q * (1 - q)) / after.of);
  return { value: q - p, low: q - p - width, high: q - p + width };
}
export type Share = { readonly reached: number; readonly of: number };

const points = (share: number): string => `${(100 * share).toFixed(1)} points`;

const criteria = (...met: readonly boolean[]) => CRITERIA.map((criterion, n) => ({ criterion, met: met[n] ?? false }));

async function publishes(marketer: Actor, offerId: string, content: OfferContentInput): Promise<void> {
  await marketer.does(CreateOfferDocument, { offerId, content });
  await marketer.does(PublishOfferDocument, { offerId });
}
