import {
  ExplainProposalDocument,
  GoalDocument,
  MySubscriptionsDocument,
  PurposesDocument,
  RedeemConnectCodeDocument,
  SuccessServiceDocument,
  TouchpointDocument,
  TuningCycleDocument,
  type TypedDocumentString,
} from '@tsunagari/client';
import { describeWith } from '@tsunagari/testing';
import path from 'node:path';
import { buildBundles, temporaryHome } from '../../apps/platform/src/testing/bundles';
import { actor } from './actor';
import { type Boards, boardsOf } from './boards';
import { FRAGRANCE, SERVICE, SITE, SMOOTH } from './brand';
import { codeOf } from './buyers';
import { distributedPlatform, embeddedPlatform, type StoryPlatform } from './platform';
import { type Story, tellStory } from './story';
import { FIRST_MONDAY } from './weeks';

jest.setTimeout(900_000);

const SEED = 1;
const BUYERS = 60;

/** What the seed's sixty buyers come to; every figure exact, in every mode. */
const EFFECT = { effect: '0.0333', interval: ['-0.3758', '0.4425'], hit: false };
const CADENCE = [
  ['cadence', '4', '5'],
  ['hitRate', '0', '1'],
  ['leadTime', '1', '1'],
];
const OUTCOMES = [
  [FRAGRANCE, false, ['achievement', '0.5714285714285714', '12', '21'], ['sustain', '1', '13', '13'], ['timeToValue', '56', '14', '21']],
  [SMOOTH, true, ['achievement', '0.675', '27', '40'], ['sustain', '1', '29', '29'], ['timeToValue', '42', '31', '40']],
];
/** June: at its start, new, back, left, at its end. */
const MRR = [28_800, 14_400, 0, 3_600, 39_600];
const INVOLUNTARY = 0;
const QUESTIONS = [
  ['VALUE', true],
  ['TOUCHPOINTS', true],
  ['PROPOSALS', true],
  ['UNDERSTANDING', false],
];

type Told = { readonly story: Story; readonly boards: Boards; readonly platform: StoryPlatform };

describe('the story, embedded', () => {
  let platform: StoryPlatform;
  let told: Told;
  const { home, remove } = temporaryHome();
  beforeAll(async () => {
    platform = await embeddedPlatform({ home, from: FIRST_MONDAY });
    told = await tell(platform);
  });
  afterAll(async () => {
    await platform.stop();
    remove();
  });
  asItGoes(() => told);
});

describeWith('broker', 'the story, every service its own process on a real broker', () => {
  let platform: StoryPlatform;
  let told: Told;
  let bundles: Awaited<ReturnType<typeof buildBundles>>;
  const { home, remove } = temporaryHome();
  beforeAll(async () => {
    bundles = await buildBundles();
    const variables = { TRUSTED_DOCUMENTS: 'enforce' };
    platform = await distributedPlatform({
      home,
      from: FIRST_MONDAY,
      port: 4300,
      variables,
      bundles: path.dirname(path.dirname(bundles.platform)),
    });
    told = await tell(platform);
  });
  afterAll(async () => {
    await platform.stop();
    bundles.remove();
    remove();
  });
  asItGoes(() => told);
});

async function tell(platform: StoryPlatform): Promise<Told> {
  const story = await tellStory(platform, { seed: SEED, buyers: BUYERS });
  return { story, boards: await boardsOf(platform), platform };
}

function asItGoes(told: () => Told): void {
  const refusals = () =>
    told().story.telling.told.flatMap(({ whose, text }) => (whose === 'refusal' ? [/: ([A-Z_]+) \(/.exec(text)?.[1]] : []));
  const reads = async <D, V>(operation: TypedDocumentString<D, V>, variables: V): Promise<D> =>
    actor('spec', await told().platform.as('data')).reads(operation, variables);

  it('a maker that sells through retailers meets its buyers: a card in the package connects each once, and can be answered [0.04] [0.05]', async () => {
    const { touchpoint } = await reads(TouchpointDocument, { touchpointId: 'in-package' });
    expect(touchpoint).toMatchObject({ directness: 'VIA_PARTNER', direction: 'OUTBOUND', returnPathId: SITE });
    expect((await reads(TouchpointDocument, { touchpointId: SITE })).touchpoint).toMatchObject({ directness: 'DIRECT' });
    expect(refusals()).toContain('NO_RETURN_PATH');
    const { aya, buyers } = told().story;
    const again = actor('thief', await told().platform.as('frontend'));
    const refused = await again.isRefused(RedeemConnectCodeDocument, {
      customer: { type: 'USER_ID', value: 'thief' },
      code: codeOf(BUYERS),
    });
    expect(refused).toMatchObject({ code: 'CODE_REUSED' });
    // As many goals as cards that somebody typed in: every buyer was unknown before.
    expect(aya.known.customerId).toMatch(/^Customer:/);
    expect(buyers.every(({ state }) => state.goalId !== '')).toBe(true);
  });

  it('one shampoo serves two purposes, and each customer chooses hers; the choice is a goal in her own words [0.07] [0.08]', async () => {
    const { purposes } = await reads(PurposesDocument, {});
    expect(purposes.edges.map(({ node }) => [node.purposeId, node.why.length])).toEqual([
      [FRAGRANCE, 1],
      [SMOOTH, 2],
    ]);
    const { aya, buyers } = told().story;
    const { goal } = await reads(GoalDocument, { goalId: aya.known.goalId });
    expect(goal).toMatchObject({ status: 'ACHIEVED', wish: '朝、絡まずに梳かしたい', purpose: { purposeId: SMOOTH } });
    const chosen = await Promise.all(
      buyers.map(async ({ state }) => (await reads(GoalDocument, { goalId: state.goalId })).goal?.purpose?.purposeId),
    );
    expect(chosen).toEqual(buyers.map(({ purposeId }) => purposeId));
    expect(new Set(chosen)).toEqual(new Set([SMOOTH, FRAGRANCE]));
  });

  it('contents follow from the purpose, and means from both: the card in the package, the site and the mail together [0.10] [0.12]', async () => {
    const { successService } = await reads(SuccessServiceDocument, { serviceId: SERVICE });
    expect(successService).toMatchObject({
      purpose: { purposeId: SMOOTH },
      touchpointIds: [SITE, 'in-package', 'mail'],
      returnPathId: SITE,
    });
    expect(successService?.contents.map(({ contentId, purposeId }) => [contentId, purposeId])).toEqual([
      ['how-to-wash', SMOOTH],
      ['self-diagnosis', SMOOTH],
    ]);
    const kinds = await Promise.all(
      (successService?.touchpointIds ?? []).map(
        async (touchpointId) => (await reads(TouchpointDocument, { touchpointId })).touchpoint?.kind,
      ),
    );
    expect(kinds).toEqual(['MEMBER_SITE', 'IN_PACKAGE', 'EMAIL']);
  });

  it('what she answers about herself is her outcome, on the day she said it [0.10]', async () => {
    const { goal } = await reads(GoalDocument, { goalId: told().story.aya.known.goalId });
    expect(goal?.observations.map(({ at, value, method }) => [at.slice(0, 10), value, method])).toEqual([
      ['2026-01-12', '2', 'SELF_REPORT'],
      ['2026-01-26', '3', 'SELF_REPORT'],
      ['2026-02-23', '4', 'SELF_REPORT'],
      ['2026-03-16', '5', 'SELF_REPORT'],
      ['2026-05-18', '5', 'SELF_REPORT'],
    ]);
    expect(goal?.achievedAt).toBe('2026-02-23T00:00:00.000Z');
  });

  it('nothing goes live that nobody can measure, results are no KPI, and means come last [0.11] [0.13] [0.16] [2.22] [2.27]', () => {
    expect(refusals()).toEqual([
      'VALUE_LAYER_ORDER',
      'PURPOSE_NOT_MEASURABLE',
      'AUTHOR_CANNOT_APPROVE',
      'LAGGING_INDICATOR_CANNOT_BE_KPI',
      'NO_RETURN_PATH',
      'MEANS_BEFORE_PURPOSE',
      'NO_TUNING_PROCESS',
      'NOT_THE_DECISION_MAKER',
      'DATA_NOT_PINNED',
      'UNDECIDED_TUNINGS',
    ]);
    expect(told().boards.monitorBoard.map(({ metricId, lagging }) => [metricId, lagging])).toEqual([
      ['mrr', true],
      ['continuation', true],
    ]);
  });

  it('the launch opens the first cycle, closing opens the next; one that was forgotten is overdue and does not count [0.14] [0.19] [0.20]', () => {
    const { tuningBoard, tuningCadence } = told().boards;
    const cycles = tuningBoard.edges.map(({ node }) => [
      node.cycleId,
      node.openedAt.slice(0, 10),
      node.closedAt?.slice(0, 10) ?? null,
      node.overdue,
    ]);
    expect(cycles.sort()).toEqual([
      [`${SERVICE}:1`, '2026-01-05', '2026-02-02', false],
      [`${SERVICE}:2`, '2026-02-02', '2026-02-23', false],
      [`${SERVICE}:3`, '2026-02-23', '2026-03-16', false],
      [`${SERVICE}:4`, '2026-03-16', '2026-05-11', true],
      [`${SERVICE}:5`, '2026-05-11', '2026-06-08', false],
      [`${SERVICE}:6`, '2026-06-08', null, false],
    ]);
    expect(tuningCadence.metrics.map(({ name, numerator, denominator }) => [name, numerator, denominator])).toEqual(CADENCE);
    expect(tuningCadence.overdue).toEqual([]);
  });

  it('a tuning names what it changes, and its decision the data, the meeting, the criteria and who decided [0.18] [0.21]', async () => {
    const { tuningCycle } = await reads(TuningCycleDocument, { cycleId: `${SERVICE}:1` });
    const [tuning] = tuningCycle?.tunings ?? [];
    expect(tuning).toMatchObject({
      target: 'CONTENT',
      decision: {
        decision: 'ADOPT',
        decidedBy: 'user:a-data',
        meetingId: '2026-02',
        dataAsOf: expect.stringMatching(/^[1-9]\d*$/),
        criteriaResults: [{ met: true }, { met: true }],
      },
      applied: EFFECT,
    });
    const { tuningCycle: second } = await reads(TuningCycleDocument, { cycleId: `${SERVICE}:2` });
    expect(second?.tunings).toMatchObject([{ target: 'MARKETING', decision: { decision: 'REJECT' }, applied: null }]);
  });

  it('every choice that was made for her replays identically, and the platform says why in both languages', async () => {
    const { explained } = told().story.aya.known;
    expect(explained).toHaveLength(3);
    for (const id of explained) {
      const { explainProposal } = await reads(ExplainProposalDocument, { id });
      expect(explainProposal?.replay).toEqual({ kind: 'IDENTICAL', at: [] });
      // She withholds the use of what she buys: nothing of it was looked at.
      expect(explainProposal?.features).toEqual([]);
      expect(explainProposal?.words).toEqual({ ja: expect.stringMatching(/[ぁ-ん]/), en: expect.stringMatching(/[a-z]/) });
    }
  });

  it('she pauses, cancels in fewer steps than she signed up in, and undoes it; she is still there [2.09]', async () => {
    const { aya } = told().story;
    const mine = actor('spec', await told().platform.asCustomer('aya'));
    const { mySubscriptions } = await mine.reads(MySubscriptionsDocument, {});
    expect(mySubscriptions).toMatchObject([
      { subscriptionId: aya.known.subscriptionId, status: 'ACTIVE', cancellation: null, ending: null },
    ]);
    const { requests } = told().boards;
    const hers = requests.edges.map(({ node }) => node).filter(({ subscriptionId }) => subscriptionId === aya.known.subscriptionId);
    expect(hers.map(({ kind, status }) => [kind, status])).toEqual([['CANCEL', 'WITHDRAWN']]);
  });

  it('the boards say to the customer what happened to everybody, and the four questions what is missing still [2.33] [2.35]', () => {
    const { kpiBoard, mrrWaterfall, fourQuestions } = told().boards;
    const outcomes = (kpiBoard?.purposes ?? []).map(({ purpose, targetReached, metrics }) => [
      purpose.purposeId,
      targetReached,
      ...metrics.map(({ name, value, numerator, denominator }) => [name, value, numerator, denominator]),
    ]);
    expect(outcomes).toEqual(OUTCOMES);
    const { start, reactivation, churn, end, involuntary } = mrrWaterfall;
    expect([start, mrrWaterfall.new, reactivation, churn, end].map(({ amountMinor }) => Number(amountMinor))).toEqual(MRR);
    expect(involuntary).toBe(INVOLUNTARY);
    expect(fourQuestions?.questions.map(({ question, answered }) => [question, answered])).toEqual(QUESTIONS);
    expect(fourQuestions?.gaps).toEqual(['no model was fitted: nobody knows what a customer is worth']);
  });
}
