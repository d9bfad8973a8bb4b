import {
  REFUSED,
  accept,
  activate,
  active,
  customer,
  decide,
  decline,
  explain,
  fulfil,
  key,
  offered,
  platform,
  present,
  registerPolicy,
  say,
  snooze,
  startBrand,
  waive,
  withdraw,
  worth,
  yen,
} from '../../testing/src/brand-under-test';

startBrand();

describe('decideProposals', () => {
  beforeAll(async () => {
    await worth('smooth-hair', 4000);
    await offered('how-to');
    await offered('dear', { cost: yen(200) });
    await offered('for-regulars', { eligibility: 'frequency >= 10', goalEffect: { value: 0.5, basis: 'ASSUMED' } });
    await offered('by-mail', { channel: 'email', consentCategory: 'marketing', goalEffect: { value: 0.4, basis: 'ASSUMED' } });
    await offered('more', { kind: 'UP_SELL', goalEffect: { value: 0.6, basis: 'ASSUMED' } });
    await offered('for-held', { slots: ['held'] });
    await active('home', ['home', 'held']);
  });

  it('chooses the best for her, with its reason and its probability [3.05]', async () => {
    const { id } = await customer();
    const decided = await decide({ customerId: id });
    expect(decided).toMatchObject({
      __typename: 'ProposalsDecided',
      repeated: false,
      proposals: [{ slot: 'home', status: 'DECIDED', place: 1, propensity: 1, offer: { offerId: 'how-to' }, customer: { id } }],
    });
    expect(decided.proposals[0].reasons[0]).toMatchObject({
      code: 'SERVES_PURPOSE',
      words: { ja: expect.any(String), en: expect.any(String) },
    });
  });

  it('stands until it expires: whoever asks again gets the same, and reading decides nothing', async () => {
    const { id } = await customer();
    const READ = 'query Read($id: ID!) { customer(id: $id) { proposals(slot: "home") { id } } }';
    expect((await platform.ask(READ, { id })).data.customer.proposals).toEqual([]);
    const first = await decide({ customerId: id });
    expect((await decide({ customerId: id })).proposals).toEqual(first.proposals);
    expect((await platform.ask(READ, { id })).data.customer.proposals).toEqual([{ id: first.proposals[0].id }]);
  });

  it('answers a repeated key with its first result', async () => {
    const { id } = await customer();
    const input = { customerId: id, idempotencyKey: key() };
    const first = await decide(input);
    expect(await decide(input)).toEqual({ ...first, repeated: true });
    expect(await decide({ ...input, count: 2 })).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH', field: 'idempotencyKey' });
  });

  it('twenty at once are one decision', async () => {
    const { id } = await customer();
    const answers = await Promise.all(Array.from({ length: 20 }, () => decide({ customerId: id })));
    expect(answers.filter(({ __typename }) => __typename !== 'ProposalsDecided')).toEqual([]);
    expect(new Set(answers.map(({ decision }) => decision.id)).size).toBe(1);
  });

  it('decides for an anonymous visitor too', async () => {
    await platform.send('/v1/page', { anonymousId: 'visitor-1', name: 'home', messageId: 'm-visitor-1' }, { source: 'browser' });
    expect(await decide({ identifier: { type: 'ANONYMOUS_ID', value: 'visitor-1' } })).toMatchObject({
      proposals: [{ offer: { offerId: 'how-to' } }],
    });
  });

  it('after a merge the older of two decisions stands', async () => {
    const [one, other] = [await customer(), await customer()];
    const older = await decide({ customerId: one.id });
    await decide({ customerId: other.id });
    await platform.ask(
      'mutation Merge($ids: [ID!]!) { mergeCustomers(input: { customerIds: $ids, reason: "one person", idempotencyKey: "merge" }) { __typename } }',
      { ids: [one.id, other.id] },
    );
    await platform.caughtUp();
    for (const { identifier } of [one, other]) expect((await decide({ identifier })).decision.id).toBe(older.decision.id);
  });

  it('reaches out only with her consent, which is asked anew for every decision', async () => {
    const { id, identifier } = await customer();
    const notice = {
      noticeId: 'news',
      category: 'marketing',
      channels: ['EMAIL'],
      text: { ja: 'お知らせ', en: 'News' },
      idempotencyKey: 'notice',
    };
    await platform.ask('mutation N($input: PublishNoticeInput!) { publishNotice(input: $input) { __typename } }', { input: notice });
    const granted = await platform.ask(
      'mutation G($input: GrantConsentInput!) { grantConsent(input: $input) { __typename ... on CommandRefused { code } } }',
      { input: { customer: identifier, channel: 'EMAIL', noticeId: 'news', noticeVersion: 1, idempotencyKey: 'grant' } },
    );
    expect(granted.data.grantConsent).toEqual({ __typename: 'ConsentAnswer' });
    const { proposals } = await decide({ customerId: id });
    expect(proposals).toMatchObject([{ offer: { offerId: 'by-mail' } }]);
    await decline({ proposalId: proposals[0].id });
    await platform.ask('mutation W($input: ConsentTopicInput!) { withdrawConsent(input: $input) { __typename } }', {
      input: { customer: identifier, category: 'marketing', idempotencyKey: 'withdraw' },
    });
    expect(await decide({ customerId: id })).toMatchObject({ proposals: [{ offer: { offerId: 'how-to' } }] });
  });

  it.each([
    ['a slot that nobody decides', { slot: 'nowhere' }, 'NO_ACTIVE_POLICY', 'slot'],
    ['a slot that is none', { slot: 'No Slot' }, 'INVALID_FIELD', 'slot'],
    ['none at all', { count: 0 }, 'INVALID_FIELD', 'count'],
  ])('refuses %s', async (_, over, code, field) => {
    const { id } = await customer();
    expect(await decide({ customerId: id, ...over })).toMatchObject({ code, field });
  });

  it('refuses whom nobody has seen, and whoever was erased', async () => {
    expect(await decide({ identifier: { type: 'USER_ID', value: 'nobody' } })).toMatchObject({
      code: 'UNKNOWN_CUSTOMER',
      field: 'customerId',
    });
    const { id } = await customer();
    const before = await decide({ customerId: id });
    await platform.ask(
      'mutation Erase($id: ID!) { eraseCustomer(input: { customerId: $id, confirm: "ERASE", idempotencyKey: "erase" }) { __typename } }',
      { id },
    );
    expect(await decide({ customerId: id, slot: 'held' })).toMatchObject({ code: 'SUBJECT_ERASED', field: 'customerId' });
    expect(await explain(before.proposals[0].id)).toMatchObject({ replay: { kind: 'REDACTED' }, features: [], candidates: [] });
  });
});

describe('explainProposal', () => {
  it('shows candidates and why each fell out, the score in money, runner-up, margin, and that it replays', async () => {
    const { id } = await customer();
    const { proposals } = await decide({ customerId: id });
    const explained = await explain(proposals[0].id);
    expect(explained).toMatchObject({
      currency: 'JPY',
      arm: 'TREATED',
      explored: false,
      policy: { policyId: 'home', version: 1, kind: 'RANKING', fallback: false },
      chosen: [{ offerId: 'how-to', probability: 1 }],
      // Δp 0.08 · V 4000 · a quarter, because she declared no goal.
      runnerUp: { offerId: null, margin: 80 },
      replay: { kind: 'IDENTICAL', at: [] },
      drift: { sameChoice: true, features: [] },
    });
    expect(explained.purposeValues).toContainEqual({ purposeId: 'smooth-hair', valueVersion: 1, value: { amountMinor: '4000' } });
    const by = new Map<string, { excludedBy: { rule: string }[]; score: number }>(
      explained.candidates.map((one: { offerId: string }) => [one.offerId, one]),
    );
    const rulesOf = (offer: string) => by.get(offer)?.excludedBy.map(({ rule }) => rule);
    expect(rulesOf('how-to')).toEqual([]);
    expect(rulesOf('dear')).toEqual(['worth_less_than_nothing']);
    expect(rulesOf('for-regulars')).toEqual(['not_eligible']);
    expect(rulesOf('by-mail')).toEqual(['no_consent']);
    expect(rulesOf('more')).toEqual(['expansion_before_achievement']);
    expect(explained.features).toContainEqual({ name: 'frequency', value: '1', meaning: 'days with a purchase' });
    expect(explained.changes.map(({ kind }: { kind: string }) => kind)).toEqual(['MARGIN', 'RULE']);
  });

  it('whyNot names the rule, before anything is decided and after', async () => {
    const { id } = await customer();
    const WHY = `query Why($id: ID!, $offer: String!) { whyNot(customerId: $id, offerId: $offer, slot: "home") { __typename
      ... on WhyNotAnswered { answer { decided candidate chosen excludedBy { rule } behind words { en } } } ${REFUSED} } }`;
    const why = async (offer: string) => (await platform.ask(WHY, { id, offer }, { role: 'success' })).data.whyNot;
    expect(await why('by-mail')).toMatchObject({ answer: { decided: false, excludedBy: [{ rule: 'no_consent' }] } });
    await decide({ customerId: id });
    expect(await why('by-mail')).toMatchObject({ answer: { decided: true, chosen: false, excludedBy: [{ rule: 'no_consent' }] } });
    expect(await why('how-to')).toMatchObject({ answer: { chosen: true, excludedBy: [] } });
    expect(await why('for-held')).toMatchObject({ answer: { candidate: false } });
    expect(await why('never')).toMatchObject({ code: 'UNKNOWN_OFFER', field: 'offerId' });
  });
});

describe('a proposal', () => {
  const decided = async (): Promise<string> => (await decide({ customerId: (await customer()).id })).proposals[0].id;

  it('is presented, accepted and fulfilled', async () => {
    const proposalId = await decided();
    expect(await present({ proposalIds: [proposalId] })).toMatchObject({ proposals: [{ status: 'PRESENTED' }] });
    expect(await accept({ proposalId })).toMatchObject({ proposals: [{ status: 'ACCEPTED' }] });
    expect(await fulfil({ proposalId })).toMatchObject({ proposals: [{ status: 'FULFILLED' }] });
  });

  it('declined keeps the offer away, and is closed', async () => {
    const proposalId = await decided();
    expect(await decline({ proposalId, reason: 'not now' })).toMatchObject({ proposals: [{ status: 'DECLINED' }] });
    expect(await accept({ proposalId })).toMatchObject({ code: 'PROPOSAL_CLOSED', field: 'proposalId' });
    expect(await present({ proposalIds: [proposalId] })).toMatchObject({ code: 'PROPOSAL_CLOSED', field: 'proposalIds.0' });
  });

  it('snoozed comes back later, within ninety days', async () => {
    const proposalId = await decided();
    expect(await snooze({ proposalId, until: '2026-01-05T00:00:00Z' })).toMatchObject({ proposals: [{ status: 'SNOOZED' }] });
    for (const until of ['2026-01-01T00:00:00Z', '2026-06-01T00:00:00Z'])
      expect(await snooze({ proposalId, until })).toMatchObject({ code: 'INVALID_FIELD', field: 'until' });
  });

  it('withdrawn is not shown any more, and what nobody accepted is not fulfilled', async () => {
    const proposalId = await decided();
    expect(await fulfil({ proposalId })).toMatchObject({ code: 'NOT_ACCEPTED', field: 'proposalId' });
    expect(await withdraw({ proposalId, reason: 'out of stock' })).toMatchObject({ proposals: [{ status: 'WITHDRAWN' }] });
    expect(await snooze({ proposalId, until: '2026-01-05T00:00:00Z' })).toMatchObject({ code: 'PROPOSAL_CLOSED' });
  });

  it('that nobody decided is refused, and two decisions are not presented as one', async () => {
    const [one, other] = [await decided(), await decided()];
    expect(await accept({ proposalId: one.replace(/\.1$/, '.7') })).toMatchObject({ code: 'UNKNOWN_PROPOSAL', field: 'proposalId' });
    expect(await accept({ proposalId: 'Proposal:nothing' })).toMatchObject({ code: 'UNKNOWN_PROPOSAL', field: 'proposalId' });
    expect(await present({ proposalIds: [one, other] })).toMatchObject({ code: 'INVALID_FIELD', field: 'proposalIds' });
  });
});

describe('runDecisions', () => {
  const RAN = `... on DecisionsRan { dryRun judged outside decided standing nothing heldOut next
    offers { offerId customers examples } excluded { exclusion { rule } offerId customers } refused { code customers } }`;
  const run = (input: object) => say('runDecisions', 'RunDecisionsInput', { slot: 'run', dryRun: true, ...input }, RAN);

  it('says who would get what, and who is dropped by which rule, before anything is activated', async () => {
    await offered('run-a', { slots: ['run'] });
    await offered('run-b', { slots: ['run'], eligibility: 'frequency >= 10', goalEffect: { value: 0.3, basis: 'ASSUMED' } });
    await registerPolicy('run');
    await customer();
    const dry = await run({ policyId: 'run', policyVersion: 1, audience: 'frequency == 1' });
    expect(dry).toMatchObject({ __typename: 'DecisionsRan', dryRun: true, standing: 0, nothing: 0, next: null, refused: [] });
    expect(dry.offers).toEqual([{ offerId: 'run-a', customers: dry.decided, examples: expect.any(Array) }]);
    expect(dry.excluded).toEqual([{ exclusion: { rule: 'not_eligible' }, offerId: 'run-b', customers: dry.decided }]);
    expect(dry.outside).toBeGreaterThan(0);

    expect(await run({})).toMatchObject({ code: 'NO_ACTIVE_POLICY', field: 'slot' });
    await waive('run');
    await activate('run', ['run']);
    const ran = await run({ dryRun: false, audience: 'frequency == 1' });
    expect(ran).toMatchObject({ decided: dry.decided, standing: 0 });
    expect(await run({ dryRun: false, audience: 'frequency == 1' })).toMatchObject({ decided: 0, standing: dry.decided });
  });

  it.each([
    ['an audience that is no rule', { audience: 'frequency >' }, 'RULE_INVALID', 'audience'],
    ['an audience by what is barred', { audience: 'age > 60' }, 'ATTRIBUTE_BARRED', 'audience'],
    ['more than a run holds', { limit: 10_001 }, 'INVALID_FIELD', 'limit'],
    ['a real run of a policy that is not active', { dryRun: false, policyId: 'run' }, 'INVALID_FIELD', 'policyId'],
  ])('refuses %s', async (_, over, code, field) => {
    expect(await run(over)).toMatchObject({ code, field });
  });
});
