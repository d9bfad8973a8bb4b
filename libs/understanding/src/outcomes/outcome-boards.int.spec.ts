import {
  behaviourRecorded,
  goalAchieved,
  goalConfirmed,
  holdoutDefined,
  proposalDecided,
  subscriptionActivated,
  subscriptionCancelled,
} from '@tsunagari/contracts';
import { specPlatform, type SpecPlatform } from '../../test-programs/spec-platform';

/** Two small worlds, counted by hand as of 30 June: relationships with and without an achievement, and a holdout of half of the customers. */
let on: SpecPlatform;
const gbp = (amountMinor: number) => ({ amountMinor, currency: 'GBP' });
const STAYS = ['2026-01-01', '2026-03-15', '2026-05-30'];
const LEAVES = ['2026-01-01'];

async function buyer(name: string, days: readonly string[]): Promise<string> {
  const who = await on.customer(name, '2026-01-01');
  for (const day of days) await on.buys(who, `${name}-${day}`, day);
  return who;
}
const goalOf = (purposeId: string) => ({ goalId: `g:${purposeId}`, purposeId });
const confirms = (who: string, purposeId: string, day: string) => on.record(who, goalConfirmed, goalOf(purposeId), day);
const achieves = (who: string, purposeId: string, day: string) =>
  on.record(who, goalAchieved, { ...goalOf(purposeId), indicatorId: 'i', indicatorVersion: 1, observationIds: [], timeToValueMs: 0 }, day);

type Comparison = { readonly day: number; readonly achievers: number; readonly others: number; readonly difference: object };
type Board = { readonly landmarks: readonly Comparison[]; readonly holdouts: readonly object[] };
const METRIC = '{ value reasonNull numerator denominator n partial class method notes ci { low high } freshness { position } }';
const retention = async (args = '') =>
  (
    await on.ask<{ outcomeToRetention: Board }>(
      `{ outcomeToRetention${args} { purposeId landmarks { day achievers others difference ${METRIC} }
        holdouts { holdoutId treated heldOut sampleRatioP effect ${METRIC} } asOfDay freshness { position } } }`,
    )
  ).outcomeToRetention;
const lift = async (args: string) =>
  (
    await on.ask<{ achievementThroughService: object }>(
      `{ achievementThroughService(${args}) { purposeId users { achieved n } others { achieved n } observational ${METRIC}
        holdouts { holdoutId treated { achieved n } heldOut { achieved n } sampleRatioP lift ${METRIC} } asOfDay freshness { position } } }`,
    )
  ).achievementThroughService;

beforeAll(async () => {
  on = await specPlatform();
});
afterAll(() => on.stop());

it('say nothing of nobody [0.09] [0.17]', async () => {
  await on.understoodUpTo('2025-12-31');
  const nothing = { value: null, reasonNull: 'NO_BASE', n: 0 };
  expect(await retention()).toMatchObject({
    purposeId: null,
    landmarks: [30, 60, 90].map((day) => ({ day, achievers: 0, others: 0, difference: { ...nothing, class: 'RESULT' } })),
    holdouts: [],
  });
  expect(await lift('purposeId: "smooth"')).toMatchObject({
    observational: { ...nothing, class: 'OUTCOME' },
    users: { achieved: 0, n: 0 },
    holdouts: [],
  });
});

it('compare by landmark who had achieved with who had not, among those who are still there [0.09]', async () => {
  // Four achieve on day 10, one of them is lost on day 90. Four do not, two are lost. One contract ends on day 14.
  for (const [name, days] of [
    ['a1', STAYS],
    ['a2', STAYS],
    ['a3', STAYS],
    ['a4', LEAVES],
  ] as const) {
    const who = await buyer(name, days);
    await confirms(who, 'smooth', '2026-01-02');
    await achieves(who, 'smooth', '2026-01-11');
  }
  for (const [name, days] of [
    ['b1', STAYS],
    ['b2', STAYS],
    ['b3', LEAVES],
    ['b4', LEAVES],
  ] as const)
    await buyer(name, days);
  const subscriber = await on.customer('c', '2026-01-01');
  const contract = {
    ...{
      subscriptionId: 's',
      planId: 'basic',
      planVersion: 1,
      family: 'f',
      kind: 'new',
      price: gbp(900),
      interval: 'month',
      graceDays: 10,
    },
    terms: { takesEffect: 'immediately', noticeDays: 0, minimumMonths: 0 },
    ...{ periodEndsAt: '2026-12-10T10:00:00.000Z', mrr: gbp(900), mrrDelta: gbp(900) },
  };
  await on.record(subscriber, subscriptionActivated, contract, '2026-01-01');
  const over = { subscriptionId: 's', voluntary: true, mrr: gbp(0), mrrDelta: gbp(-900) };
  await on.record(subscriber, subscriptionCancelled, over, '2026-01-15');
  await on.understoodUpTo('2026-06-30');

  const board = await retention('(landmarks: [30, 5, 30])');
  expect(board).toMatchObject({
    landmarks: [
      { day: 5, achievers: 0, others: 9, difference: { value: null, reasonNull: 'NO_BASE', n: 9 } },
      {
        day: 30,
        achievers: 4,
        others: 4,
        difference: {
          ...{ value: '0.25', numerator: '0.75', denominator: '0.5', n: 8, partial: false, class: 'RESULT' },
          method: expect.stringContaining('an association'),
          freshness: { position: expect.stringMatching(/^[1-9]/) },
        },
      },
    ],
    holdouts: [],
    asOfDay: '2026-06-30',
  });
  const arms = async (args: string) => (await retention(args)).landmarks.map(({ achievers, others }) => [achievers, others]);
  expect(await arms('(purposeId: "shine", landmarks: [30])')).toEqual([[0, 8]]);
  expect(await arms('(purposeId: "smooth", landmarks: [30], relationship: PURCHASE)')).toEqual([[4, 4]]);
  expect(await arms('(landmarks: [5, 30], relationship: CONTRACT)')).toEqual([
    [0, 1],
    [0, 0],
  ]);
  // By a shorter rule those who buy every 75 days were lost in between, on day 60.
  expect(await arms('(landmarks: [59, 60], lapseDays: 60)')).toEqual([
    [4, 4],
    [0, 0],
  ]);
  // Nobody has been watched for 200 days after day 30.
  const [far] = (await retention('(landmarks: [30], horizonDays: 200)')).landmarks;
  expect(far?.difference).toMatchObject({ value: null, reasonNull: 'PERIOD_NOT_OVER', partial: true });
  expect(on.errors).toEqual([]);
});

it('show the effect of a holdout beside the association, by first assignment [0.09] [0.17]', async () => {
  const { proposals: _, ...decided } = proposalDecided.examples[0] as { proposals: unknown };
  const assign = (who: string, held: string | null, day: string) => {
    const arm = held === null ? { arm: 'treated' } : { arm: 'holdout', holdout: { id: held, bucket: 0.1 } };
    return on.record(who, proposalDecided, { ...decided, ...arm, proposals: [] }, day);
  };
  await on.record(null, holdoutDefined, { holdoutId: 'everybody', salt: 's', from: 0, to: 1, slots: ['else'] }, '2026-01-01');
  await on.record(null, holdoutDefined, { holdoutId: 'half', salt: 's', from: 0, to: 0.25 }, '2026-01-01');
  await on.record(null, holdoutDefined, { holdoutId: 'half', salt: 's', from: 0, to: 0.5 }, '2026-01-02');
  const use = (who: string, name: string) => on.record(who, behaviourRecorded, { call: 'track', name, properties: {} }, '2026-01-08');
  for (const held of [false, true])
    for (let n = 0; n < 35; n++) {
      const of = n % 5;
      // Treated: a fifth leaves, three fifths achieve. Held out: two fifths leave, two achieve.
      const who = await buyer(`${held ? 'held' : 'treated'}-${n}`, (held ? of >= 3 : of === 4) ? LEAVES : STAYS);
      await confirms(who, 'strong', '2026-01-04');
      if (of < (held ? 2 : 3)) await achieves(who, 'strong', '2026-01-30');
      await assign(who, held ? 'half' : null, '2026-01-05');
      if (held ? of === 0 : of !== 3) await use(who, 'Lesson');
      await use(who, 'Open');
    }
  // Treated first and held out later, taken by another holdout, decided about when the relationship was over: first assignment, none, none.
  const moved = await buyer('moved', STAYS);
  await assign(moved, 'half', '2026-02-01');
  await assign(moved, null, '2026-01-05');
  await assign(await buyer('other', STAYS), 'else', '2026-01-05');
  await assign(await buyer('late', LEAVES), null, '2026-05-01');
  // One achieved too early to tell, one has not had the time.
  const early = await on.customer('early', '2026-01-01');
  await confirms(early, 'strong', '2026-01-04');
  await achieves(early, 'strong', '2026-01-10');
  await confirms(await on.customer('young', '2026-01-01'), 'strong', '2026-06-01');
  expect(await on.runner.catchUp()).toMatchObject({ kind: 'caught-up' });

  const { holdouts } = await retention('(horizonDays: 90)');
  expect(holdouts).toMatchObject([
    {
      ...{ holdoutId: 'half', treated: 36, heldOut: 35 },
      effect: { n: 71, denominator: '0.6', partial: false, class: 'RESULT', method: expect.stringContaining('intention to treat') },
    },
  ]);
  expect(Number((holdouts[0] as { effect: { value: string } }).effect.value)).toBeCloseTo(29 / 36 - 0.6, 9);

  const strong = await lift('purposeId: "strong", use: "Lesson"');
  expect(strong).toMatchObject({
    users: { achieved: 28, n: 35 },
    others: { achieved: 7, n: 35 },
    observational: {
      ...{ numerator: '0.8', denominator: '0.2', n: 70, partial: true, method: expect.stringContaining('observational: an association') },
      notes: ['1 pending: confirmed less than 60 days ago', '1 achieved by day 14: in neither group'],
    },
    holdouts: [
      {
        ...{ holdoutId: 'half', treated: { achieved: 21, n: 35 }, heldOut: { achieved: 14, n: 35 }, sampleRatioP: 1 },
        lift: { numerator: '0.6', denominator: '0.4', class: 'OUTCOME', method: expect.stringContaining('holdout, intention to treat') },
      },
    ],
  });
  // Everybody has opened something.
  expect(await lift('purposeId: "strong"')).toMatchObject({
    users: { achieved: 35, n: 70 },
    others: { achieved: 0, n: 0 },
    observational: { value: null, reasonNull: 'NO_BASE' },
  });
  expect(on.errors).toEqual([]);
});

it.each([
  ['outcomeToRetention(landmarks: [])', 'landmarks'],
  ['outcomeToRetention(landmarks: [0])', 'landmarks'],
  ['outcomeToRetention(horizonDays: 0)', 'horizonDays'],
  ['outcomeToRetention(lapseDays: 4000)', 'lapseDays'],
  ['achievementThroughService(purposeId: "p", usedWithinDays: 0)', 'usedWithinDays'],
  ['achievementThroughService(purposeId: "p", usedWithinDays: 60)', 'withinDays'],
])('refuse %s', async (query, field) => {
  expect(await on.refusal(`{ ${query} { asOfDay } }`)).toMatchObject({ code: 'BAD_USER_INPUT', field });
});

it('name themselves where such a metric is asked for as one number', async () => {
  for (const [kind, of, answeredBy] of [
    ['achievement-lift', 'OUTCOME', 'achievementThroughService'],
    ['outcome-to-retention', 'RESULT', 'outcomeToRetention'],
  ] as const) {
    await on.definitions.define(
      {
        ...{ kind: 'DefineMetric', metricId: kind, name: { ja: '名', en: kind }, metricKind: kind, class: of },
        ...{ zeroDenominator: 'null-with-reason', partialPeriods: 'marked' },
      },
      { idempotencyKey: kind, by: 'user:test', requestId: 'r', at: '2026-07-01T00:00:00.000Z' },
    );
    expect(await on.refusal(`{ metric(metricId: "${kind}") { value } }`)).toMatchObject({ rule: expect.stringContaining(answeredBy) });
  }
});
