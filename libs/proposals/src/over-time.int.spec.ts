import type { MovableClock } from '@tsunagari/runtime';
import {
  accept,
  active,
  customer,
  decide,
  explain,
  next,
  offered,
  platform,
  present,
  say,
  startBrand,
  worth,
} from '../../testing/src/brand-under-test';

startBrand();

const learn = () => say('learnExperience', 'LearnExperienceInput', {}, '... on ExperienceChanged { offers }', 'data');
/** Moves the deployment's clock. */
const advance = (milliseconds: number): void => {
  const clock = platform.deployment.clock as MovableClock;
  clock.advance(milliseconds);
};
const HOUR = 3_600_000;

beforeAll(async () => {
  await worth('hair', 4000);
});

describe('a customer with her own token', () => {
  const DECIDE = `mutation D($input: DecideProposalsInput!) { decideProposals(input: $input) { __typename ... on ProposalsDecided { proposals { id } } ... on CommandRefused { code } } }`;
  const ACCEPT = `mutation A($input: ProposalAnswerInput!) { acceptProposal(input: $input) { __typename } }`;
  const EXPLAIN = 'query E($id: ID!) { explainProposal(id: $id) { seed } }';

  it('decides for herself and answers, and reaches nobody else', async () => {
    await offered('own', { slots: ['own'], purposeIds: ['hair'] });
    await active('own', ['own']);
    const [she, another] = [await customer(), await customer()];
    const userId = (she.identifier as { value: string }).value;
    const input = (id: string) => ({ input: { customerId: id, slot: 'own', idempotencyKey: `own-${next()}` } });
    const own = await platform.ask(DECIDE, input(she.id), { userId });
    const proposalId = own.data.decideProposals.proposals[0].id;
    expect((await platform.ask(DECIDE, input(another.id), { userId })).errors[0]?.extensions['code']).toBe('FORBIDDEN');
    const hers = await decide({ customerId: another.id, slot: 'own' });
    const foreign = { input: { proposalId: hers.proposals[0].id, idempotencyKey: `own-${next()}` } };
    expect((await platform.ask(ACCEPT, foreign, { userId })).errors[0]?.extensions['code']).toBe('FORBIDDEN');
    expect(
      (await platform.ask(ACCEPT, { input: { proposalId, idempotencyKey: `own-${next()}` } }, { userId })).data.acceptProposal,
    ).toEqual({
      __typename: 'ProposalsChanged',
    });
    expect((await platform.ask(EXPLAIN, { id: proposalId }, { userId })).errors[0]?.extensions['code']).toBe('FORBIDDEN');
  });
});

describe('over all customers', () => {
  it('a total cap holds, counted over what was proposed', async () => {
    await offered('few', { slots: ['few'], purposeIds: ['hair'], totalCap: 1 });
    await active('few', ['few']);
    expect((await decide({ customerId: (await customer()).id, slot: 'few' })).proposals).toHaveLength(1);
    await platform.caughtUp();
    const { decision, proposals } = await decide({ customerId: (await customer()).id, slot: 'few' });
    expect(proposals).toEqual([]);
    expect((await explain(decision.id)).candidates).toMatchObject([{ offerId: 'few', excludedBy: [{ rule: 'total_cap' }] }]);
  });

  it('what was taken is believed from when it is learned on, and decisions before keep their belief', async () => {
    await offered('liked', { slots: ['learning'], purposeIds: ['hair'], goalEffect: null });
    await active('learning', ['learning'], { priorRate: 0.5, priorStrength: 1 });
    const first = await decide({ customerId: (await customer()).id, slot: 'learning' });
    await present({ proposalIds: [first.proposals[0].id] });
    await accept({ proposalId: first.proposals[0].id });
    await platform.caughtUp();
    const rate = async (id: string) =>
      (await platform.ask('query R($id: ID!) { explainProposal(id: $id) { candidates { score } replay { kind } } }', { id })).data
        .explainProposal;
    // A quarter of 4000 for an undeclared goal, by a rate of 0.5, then of (1 + 0.5) / (1 + 1).
    expect(await rate(first.decision.id)).toEqual({ candidates: [{ score: 500 }], replay: { kind: 'IDENTICAL' } });
    expect((await learn()).offers).toBeGreaterThan(0);
    const second = await decide({ customerId: (await customer()).id, slot: 'learning' });
    expect(await rate(second.decision.id)).toEqual({ candidates: [{ score: 750 }], replay: { kind: 'IDENTICAL' } });
    expect(await rate(first.decision.id)).toEqual({ candidates: [{ score: 500 }], replay: { kind: 'IDENTICAL' } });
  });
});

describe('when its time is over', () => {
  it('a proposal expires by itself, cannot be accepted any more, and the next one is decided', async () => {
    await offered('brief', { slots: ['brief'], purposeIds: ['hair'] });
    await active('brief', ['brief'], { validHours: 1 });
    const { id } = await customer();
    const first = await decide({ customerId: id, slot: 'brief' });
    const [{ id: proposalId }] = first.proposals;
    advance(HOUR / 2);
    expect((await decide({ customerId: id, slot: 'brief' })).decision.id).toBe(first.decision.id);
    advance(HOUR / 2);
    expect(await accept({ proposalId })).toMatchObject({ code: 'PROPOSAL_EXPIRED', field: 'proposalId' });
    expect(await present({ proposalIds: [proposalId] })).toMatchObject({ code: 'PROPOSAL_EXPIRED', field: 'proposalIds.0' });
    await platform.caughtUp();
    const { rows } = await platform.deployment.pool.query<{ actor: string }>(
      `select meta->>'actor' as actor from events where type = 'retention.proposals.proposal-expired' and data->>'proposalId' = $1`,
      [proposalId.replace('Proposal:', '')],
    );
    expect(rows).toEqual([{ actor: 'system:reactor:proposal_expiry' }]);
    const second = await decide({ customerId: id, slot: 'brief' });
    expect(second.decision.id).not.toBe(first.decision.id);
    expect(second.proposals).toMatchObject([{ status: 'DECIDED' }]);
  });
});
