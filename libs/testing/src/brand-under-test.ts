import { platformUnderTest, type PlatformUnderTest } from './platform-under-test';

/** The platform of a spec file, and everything that a brand and its pages say to it about proposals. */
export let platform: PlatformUnderTest;
export function startBrand(): void {
  beforeAll(async () => {
    platform = await platformUnderTest();
  });
  afterAll(() => platform.stop());
}

let made = 0;
/** A number that nothing else has. */
export const next = (): number => ++made;
export const key = (): string => `key-${++made}`;
export const REFUSED = '... on CommandRefused { code field rule message remedy }';
export const say = async (
  mutation: string,
  type: string,
  input: object,
  body: string,
  role: 'admin' | 'marketer' | 'data' | 'frontend' = 'marketer',
) => {
  const { data, errors } = await platform.ask(
    `mutation Say($input: ${type}!) { ${mutation}(input: $input) { __typename ${body} ${REFUSED} } }`,
    { input: { idempotencyKey: key(), ...input } },
    { role },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data[mutation];
};

export const OFFER = '... on OfferChanged { repeated offer { id offerId status revision publishedRevision version } }';
export const yen = (amountMinor: number) => ({ amountMinor: String(amountMinor), currency: 'JPY' });
export const content = {
  kind: 'HOW_TO',
  purposeIds: ['smooth-hair'],
  title: { ja: '洗い方', en: 'How to wash' },
  text: { ja: 'ぬるま湯で', en: 'With lukewarm water' },
  slots: ['home'],
  margin: yen(0),
  goalEffect: { value: 0.08, basis: 'MEASURED' },
};
export const createOffer = (offerId: string, over: object = {}, more: object = {}) =>
  say('createOffer', 'OfferContentChange', { offerId, content: { ...content, ...over }, ...more }, OFFER);
export const publishOffer = (offerId: string) => say('publishOffer', 'PublishOfferInput', { offerId }, OFFER);
export const offered = async (offerId: string, over: object = {}): Promise<void> => {
  await createOffer(offerId, over);
  expect(await publishOffer(offerId)).toMatchObject({ __typename: 'OfferChanged' });
};

export const POLICY =
  '... on PolicyChanged { policy { policyId versions { version kind hash author waivedUntil } activeIn { slot policyVersion } } }';
export const policy = { kind: 'RANKING', currency: 'JPY', profiling: 'NOT_DENIED' };
export const registerPolicy = (policyId: string, over: object = {}) =>
  say('registerPolicy', 'RegisterPolicyInput', { policyId, content: { ...policy, ...over } }, POLICY);
export const waive = (policyId: string, over: object = {}, role: 'admin' | 'marketer' | 'data' = 'data') =>
  say(
    'waivePolicyEvaluation',
    'WaivePolicyEvaluationInput',
    { policyId, policyVersion: 1, reason: 'no log yet', until: '2026-06-01T00:00:00Z', ...over },
    POLICY,
    role,
  );
export const activate = (policyId: string, slots: readonly string[], over: object = {}) =>
  say('activatePolicy', 'ActivatePolicyInput', { policyId, policyVersion: 1, slots, ...over }, POLICY);
export const active = async (policyId: string, slots: readonly string[], over: object = {}): Promise<void> => {
  await registerPolicy(policyId, over);
  await waive(policyId);
  expect(await activate(policyId, slots)).toMatchObject({ __typename: 'PolicyChanged' });
};
export const worth = (purposeId: string, amountMinor: number) =>
  say(
    'setPurposeValue',
    'SetPurposeValueInput',
    { purposeId, value: yen(amountMinor), reason: 'margin of a year' },
    '... on PurposeValueChanged { purposeValue { valueVersion } }',
  );

export const PROPOSALS =
  'proposals { id slot status place propensity offer { offerId } reasons { code words { ja en } } expiresAt customer { id } } decision { id expiresAt }';
export const decide = (input: object, role: 'admin' | 'frontend' = 'frontend') =>
  say(
    'decideProposals',
    'DecideProposalsInput',
    { slot: 'home', ...input },
    `... on ProposalsDecided { repeated position ${PROPOSALS} }`,
    role,
  );
export const about =
  (mutation: string, type: string) =>
  (input: object, role: 'admin' | 'marketer' | 'data' | 'frontend' = 'admin') =>
    say(mutation, type, input, `... on ProposalsChanged { repeated ${PROPOSALS} }`, role);
export const present = about('presentProposals', 'PresentProposalsInput');
export const accept = about('acceptProposal', 'ProposalAnswerInput');
export const decline = about('declineProposal', 'DeclineProposalInput');
export const snooze = about('snoozeProposal', 'SnoozeProposalInput');
export const withdraw = about('withdrawProposal', 'WithdrawProposalInput');
export const fulfil = about('fulfilProposal', 'FulfilProposalInput');
export const attribute = about('attributeOutcome', 'AttributeOutcomeInput');

/** A customer whom the platform has seen. */
export const customer = async (): Promise<{ id: string; identifier: object }> => {
  const value = `buyer-${++made}`;
  const identifier = { type: 'USER_ID', value };
  const { data } = await platform.ask(
    `mutation Seen($input: RecordOrderInput!) { recordOrder(input: $input) { ... on OrderRecorded { order { customer { id } } } } }`,
    {
      input: {
        orderId: `O-${made}`,
        buyer: identifier,
        lines: [{ sku: 'shampoo', quantity: 1, unitPrice: '1980' }],
        currency: 'JPY',
        placedAt: '2025-12-20T08:00:00Z',
        idempotencyKey: key(),
      },
    },
  );
  await platform.caughtUp();
  return { id: data.recordOrder.order.customer.id, identifier };
};

export const EXPLAIN = `query Explain($id: ID!) { explainProposal(id: $id) {
  decisionId currency seed candidateCount nothingProbability arm explored
  policy { policyId version kind fallback } understanding { version position } features { name value meaning } purposeValues { purposeId valueVersion value { amountMinor } }
  candidates { offerId revision excludedBy { rule words { ja en } } terms { goal goalBasis goalValue sale cost } score probability offer { id } }
  chosen { offerId probability } runnerUp { offerId margin } changes { kind offerId by words { ja en } } words { ja en }
  replay { kind at } drift { sameChoice features { name } }
} }`;
export const explain = async (id: string) => (await platform.ask(EXPLAIN, { id })).data.explainProposal;
