import { accept } from '@tsunagari/command';
import { type GoalAchieved, goalAchieved, streamName } from '@tsunagari/contracts';
import type { MovableClock } from '@tsunagari/runtime';
import {
  active,
  customer,
  decide,
  explain,
  fulfil,
  key,
  offered,
  platform,
  present,
  say,
  startBrand,
  worth,
  yen,
} from '../../testing/src/brand-under-test';

startBrand();

const RAN = `... on DecisionsRan { segmentVersion judged outside decided standing offers { offerId customers examples } refused { code } }`;
const run = (input: object) => say('runDecisions', 'RunDecisionsInput', { dryRun: true, ...input }, RAN);

beforeAll(async () => {
  await worth('hair', 4000);
});

describe('a segment as the audience of a run', () => {
  const define = (segmentId: string, rule: string) =>
    say(
      'defineSegment',
      'DefineSegmentInput',
      { segmentId, name: { ja: segmentId, en: segmentId }, rule },
      '... on DefinitionsChanged { repeated }',
    );

  it('is who is in it as of the last closed day, and nobody who denied profiling', async () => {
    await offered('for-segment', { slots: ['segment'], purposeIds: ['hair'] });
    await active('segment', ['segment']);
    const [she, another, denying] = [await customer(), await customer(), await customer()];
    await platform.services.closeDays('2026-01-01', '2025-12-01');
    await platform.caughtUp();
    expect(await define('buyers', 'purchases >= 1')).toMatchObject({ __typename: 'DefinitionsChanged' });
    expect(await define('regulars', 'purchases >= 5')).toMatchObject({ __typename: 'DefinitionsChanged' });
    const dry = await run({ slot: 'segment', segmentId: 'buyers' });
    expect(dry).toMatchObject({ segmentVersion: 1, decided: 3, refused: [] });
    expect(dry.offers[0].examples.sort()).toEqual([she.id, another.id, denying.id].sort());
    expect(await run({ slot: 'segment', segmentId: 'regulars' })).toMatchObject({ segmentVersion: 1, decided: 0, offers: [] });

    const denied = await platform.ask(
      'mutation Deny($input: ConsentTopicInput!) { denyConsent(input: $input) { __typename ... on CommandRefused { code field rule } } }',
      { input: { customer: denying.identifier, category: 'profiling', idempotencyKey: key() } },
    );
    expect(denied.data.denyConsent).toEqual({ __typename: 'ConsentAnswer' });
    expect(await run({ slot: 'segment', segmentId: 'buyers' })).toMatchObject({ decided: 2, outside: 1 + dry.outside });
    // Without a target nothing of what is understood chooses her: she is decided for like everybody.
    expect(await run({ slot: 'segment' })).toMatchObject({ segmentVersion: null, decided: 3 });

    expect(await run({ slot: 'segment', segmentId: 'buyers', dryRun: false })).toMatchObject({ decided: 2, standing: 0 });
    expect(await run({ slot: 'segment', segmentId: 'buyers', dryRun: false })).toMatchObject({ decided: 0, standing: 2 });
  });

  it('that nobody defined is refused', async () => {
    expect(await run({ slot: 'segment', segmentId: 'nobody' })).toMatchObject({ code: 'UNKNOWN_DEFINITION', field: 'segmentId' });
  });
});

describe('what stands between a decision and its presentation', () => {
  it('an offer that was withdrawn meanwhile is not presented', async () => {
    await offered('gone-soon', { slots: ['gone'], purposeIds: ['hair'] });
    await active('gone', ['gone']);
    const { proposals } = await decide({ customerId: (await customer()).id, slot: 'gone' });
    await say('withdrawOffer', 'WithdrawOfferInput', { offerId: 'gone-soon', reason: 'out of stock' }, '... on OfferChanged { repeated }');
    expect(await present({ proposalIds: [proposals[0].id] })).toMatchObject({ code: 'OFFER_WITHDRAWN', field: 'proposalIds.0' });
    expect(await fulfil({ proposalId: proposals[0].id })).toMatchObject({ code: 'NOT_ACCEPTED' });
  });

  it('nothing more is sold while a complaint is open, and again when it is settled', async () => {
    await offered('more', { kind: 'UP_SELL', slots: ['more'], purposeIds: ['hair'], margin: yen(1000) });
    await active('more', ['more']);
    const { id, identifier } = await customer();
    const subject = id.replace('Customer:', '');
    const achieved = { ...(goalAchieved.examples[0] as GoalAchieved), purposeId: 'hair' };
    const result = await platform.deployment.path.execute(
      { initial: null, evolve: (state) => state, decide: () => accept({ definition: goalAchieved, subject, data: achieved }) },
      {
        stream: streamName('goal', `${subject}.hair`),
        command: null,
        body: {},
        idempotencyKey: key(),
        actor: 'user:spec',
        source: 'value',
        correlationId: 'spec',
        at: '2026-01-02T00:00:00.000Z',
      },
    );
    expect(result.kind).toBe('accepted');
    const { proposals } = await decide({ customerId: id, slot: 'more' });
    expect(proposals).toMatchObject([{ offer: { offerId: 'more' } }]);
    const complain = { customer: identifier, requestId: 'complaint-1', kind: 'COMPLAINT' };
    expect(await say('submitRequest', 'SubmitRequestInput', complain, '', 'admin')).not.toHaveProperty('code');
    expect(await present({ proposalIds: [proposals[0].id] })).toMatchObject({ code: 'OPEN_REQUEST', field: 'proposalIds.0' });
    expect(await say('withdrawRequest', 'RequestInput', { requestId: 'complaint-1' }, '', 'admin')).not.toHaveProperty('code');
    expect(await present({ proposalIds: [proposals[0].id] })).toMatchObject({ proposals: [{ status: 'PRESENTED' }] });
  });
});

describe('understanding that is older than the policy allows', () => {
  it('refuses, or decides by priority and without features where the policy says so; its explanation tells, and it replays', async () => {
    await offered('first-by-priority', { slots: ['old', 'older'], purposeIds: ['hair'], goalEffect: null, priority: 9 });
    await offered('first-by-score', { slots: ['old', 'older'], purposeIds: ['hair'], goalEffect: { value: 0.9, basis: 'MEASURED' } });
    await active('refusing', ['old'], { maxLagSeconds: 3600 });
    await active('falling-back', ['older'], { maxLagSeconds: 3600, whenOlder: 'RULES' });
    const { id } = await customer();
    expect((await decide({ customerId: id, slot: 'older' })).proposals).toMatchObject([{ offer: { offerId: 'first-by-score' } }]);
    const { id: other } = await customer();
    // Nobody folds any more, and what is recorded now is an hour old in an hour.
    await platform.services.runner.stop();
    try {
      await say('setPurposeValue', 'SetPurposeValueInput', { purposeId: 'other', value: yen(1), reason: 'a fact' }, '');
      (platform.deployment.clock as MovableClock).advance(3_600_001);
      expect(await decide({ customerId: other, slot: 'old' })).toMatchObject({ code: 'UNDERSTANDING_STALE', field: null });
      const { decision, proposals } = await decide({ customerId: other, slot: 'older' });
      expect(proposals).toMatchObject([{ offer: { offerId: 'first-by-priority' } }]);
      expect(await explain(decision.id)).toMatchObject({
        policy: { policyId: 'falling-back', fallback: true },
        features: [],
        replay: { kind: 'IDENTICAL' },
      });
    } finally {
      await platform.services.runner.start();
    }
    await platform.caughtUp();
    expect(await decide({ customerId: other, slot: 'old' })).toMatchObject({ proposals: [{ offer: { offerId: 'first-by-score' } }] });
  });
});
