import {
  proposalAccepted,
  proposalDecided,
  proposalDeclined,
  proposalExpired,
  proposalFulfilled,
  proposalOutcomeAttributed,
  proposalPresented,
  proposalSnoozed,
  proposalWithdrawn,
  type ProposalDecided,
} from '@tsunagari/contracts';
import type { DecisionRecord } from '@tsunagari/decisioning';
import { given, recorded } from '@tsunagari/testing';
import { proposalDecider, type ProposalCommand, type ProposedDecision } from './proposal.decider';
import { foldDecisions, openDecisions, placeOf, statusAt } from './proposal.read-model';

const subject = '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f';
const example = proposalDecided.examples[0] as ProposalDecided;
const { proposalId = '', offerId = '' } = example.proposals[0] ?? {};
const proposal = { proposalId, offerId };
const at = '2026-01-02T03:04:05.000Z';
const late = '2026-01-09T03:04:05.000Z';

/** Recorded as it stands: what was seen is sealed. */
const decided = (over: Partial<ProposalDecided> = {}, position = '1') =>
  recorded(proposalDecided, { ...example, seen: 'sealed.1.AAAA', ...over }, { subject, position, occurred: at });
const then = (definition: Parameters<typeof recorded>[0], data: object, position = '2') =>
  recorded(definition, { ...proposal, ...data }, { subject, position, occurred: at });

const { decision: _, proposals: __, policyHash, catalogueHash, policyId, policyVersion, understanding, expiresAt, ...content } = example;
const proposed: ProposedDecision = {
  // The example is plain where the record has its own types.
  record: { ...content, policy: policyHash, catalogue: catalogueHash } as unknown as DecisionRecord,
  policyId,
  policyVersion,
  understanding,
  expiresAt,
  offers: [{ offerId, revision: 1 }],
};
const decide: ProposalCommand = { kind: 'DecideProposals', subject, at, decided: proposed };
const present = (over: Partial<Extract<ProposalCommand, { kind: 'PresentProposals' }>> = {}): ProposalCommand => ({
  kind: 'PresentProposals',
  subject,
  at,
  decision: 1,
  places: [1],
  offers: { [offerId]: { kind: 'how_to', withdrawn: false } },
  requests: [],
  ...over,
});
const answer = (kind: 'AcceptProposal' | 'FulfilProposal', when = at): ProposalCommand => ({
  kind,
  subject,
  at: when,
  decision: 1,
  place: 1,
  by: 'user:x',
});

describe('deciding', () => {
  it('records the choice under its number, and names its proposals', () => {
    given(proposalDecider).when(decide).then({ definition: proposalDecided, subject, data: example });
  });
  it('changes nothing while a decision stands', () => {
    given(proposalDecider, [decided()]).when(decide).thenNothingHappened();
    given(proposalDecider, [decided(), then(proposalPresented, {})])
      .when(decide)
      .thenNothingHappened();
    given(proposalDecider, [decided({ proposals: [], chosen: [{ offer: null, p: 1 }] })])
      .when(decide)
      .thenNothingHappened();
  });
  it('is done anew when it is over, or every proposal was answered', () => {
    const second = { ...example, decision: 2, proposals: [{ proposalId: `${subject}.home.2.1`, offerId, revision: 1 }] };
    given(proposalDecider, [decided()])
      .when({ ...decide, at: late })
      .then({ definition: proposalDecided, subject, data: second });
    given(proposalDecider, [decided(), then(proposalDeclined, {})])
      .when(decide)
      .then({ definition: proposalDecided, subject, data: second });
  });
});

describe('presenting', () => {
  it('says so of each, and of the whole decision when it is named whole', () => {
    given(proposalDecider, [decided()])
      .when(present({ touchpointId: 'member-site' }))
      .then({ definition: proposalPresented, subject, data: { ...proposal, touchpointId: 'member-site' } });
    given(proposalDecider, [decided()])
      .when(present({ places: [] }))
      .then({ definition: proposalPresented, subject, data: proposal });
  });
  it.each([
    ['to the holdout', [decided({ arm: 'holdout', proposals: [] })], {}, 'HOLDOUT_NOT_PRESENTED', 'proposalIds'],
    ['after it expired', [decided()], { at: late }, 'PROPOSAL_EXPIRED', 'proposalIds.0'],
    ['after it was declined', [decided(), then(proposalDeclined, {})], {}, 'PROPOSAL_CLOSED', 'proposalIds.0'],
    [
      'of a withdrawn offer',
      [decided()],
      { offers: { [offerId]: { kind: 'how_to', withdrawn: true } } },
      'OFFER_WITHDRAWN',
      'proposalIds.0',
    ],
    [
      'of an up-sell while a complaint is open [4.22]',
      [decided()],
      { offers: { [offerId]: { kind: 'up_sell', withdrawn: false } }, requests: ['complaint' as const] },
      'OPEN_REQUEST',
      'proposalIds.0',
    ],
    ['of what was not decided', [decided()], { places: [2] }, 'UNKNOWN_PROPOSAL', 'proposalIds.0'],
    ['of a decision that nobody made', [decided()], { decision: 9 }, 'UNKNOWN_PROPOSAL', 'proposalId'],
  ] as const)('%s is refused', (_, facts, over, code, field) => {
    given(proposalDecider, facts).when(present(over)).thenRefused(code, field);
  });
  it('of a how-to goes on while a complaint is open', () => {
    given(proposalDecider, [decided()])
      .when(present({ requests: ['complaint'] }))
      .then({ definition: proposalPresented, subject, data: proposal });
  });
});

describe('answering', () => {
  it('accepting what was not shown counts it as shown', () => {
    given(proposalDecider, [decided()])
      .when(answer('AcceptProposal'))
      .then({ definition: proposalPresented, subject, data: proposal }, { definition: proposalAccepted, subject, data: proposal });
    given(proposalDecider, [decided(), then(proposalPresented, {})])
      .when(answer('AcceptProposal'))
      .then({ definition: proposalAccepted, subject, data: proposal });
  });
  it('accepting after expiry is refused', () => {
    given(proposalDecider, [decided()]).when(answer('AcceptProposal', late)).thenRefused('PROPOSAL_EXPIRED', 'proposalId');
  });
  it('declining is taken after expiry too, and changes nothing twice', () => {
    const decline: ProposalCommand = { kind: 'DeclineProposal', subject, at: late, decision: 1, place: 1 };
    given(proposalDecider, [decided()]).when(decline).then({ definition: proposalDeclined, subject, data: proposal });
    given(proposalDecider, [decided(), then(proposalDeclined, {})])
      .when(decline)
      .thenNothingHappened();
    given(proposalDecider, [decided(), then(proposalPresented, {}), then(proposalAccepted, {}, '3')])
      .when(decline)
      .thenRefused('PROPOSAL_CLOSED', 'proposalId');
  });
  it('snoozing ends within its limit', () => {
    const snooze = (until: string): ProposalCommand => ({
      kind: 'SnoozeProposal',
      subject,
      at,
      decision: 1,
      place: 1,
      until,
      latest: '2026-04-02T03:04:05.000Z',
    });
    const until = '2026-01-05T00:00:00.000Z';
    given(proposalDecider, [decided()])
      .when(snooze(until))
      .then({ definition: proposalSnoozed, subject, data: { ...proposal, until } });
    given(proposalDecider, [decided()]).when(snooze(at)).thenRefused('INVALID_FIELD', 'until');
    given(proposalDecider, [decided()]).when(snooze('2026-04-02T03:04:06.000Z')).thenRefused('INVALID_FIELD', 'until');
  });
  it('fulfilling follows acceptance, also when the decision is over', () => {
    given(proposalDecider, [decided()]).when(answer('FulfilProposal')).thenRefused('NOT_ACCEPTED', 'proposalId');
    given(proposalDecider, [decided(), then(proposalAccepted, {})])
      .when(answer('FulfilProposal', late))
      .then({ definition: proposalFulfilled, subject, data: { ...proposal, by: 'user:x' } });
  });
});

describe('each answer', () => {
  const place = { subject, at, decision: 1, place: 1 } as const;
  const accept: ProposalCommand = answer('AcceptProposal');
  const fulfil: ProposalCommand = answer('FulfilProposal');
  const decline: ProposalCommand = { kind: 'DeclineProposal', ...place };
  const snooze: ProposalCommand = { kind: 'SnoozeProposal', ...place, until: late, latest: late };
  const withdraw: ProposalCommand = { kind: 'WithdrawProposal', ...place, reason: 'sold out', by: 'user:x' };
  const accepted = then(proposalAccepted, {}, '3');
  const declined = then(proposalDeclined, {}, '3');
  const fulfilled = then(proposalFulfilled, { by: 'user:x' }, '4');
  const withdrawn = then(proposalWithdrawn, { reason: 'sold out', by: 'user:x' }, '3');
  const expiredFact = then(proposalExpired, {}, '3');

  it('to what was proposed to nobody, or to a place that is none, is refused', () => {
    for (const command of [accept, fulfil, decline, snooze, withdraw]) {
      given(proposalDecider, [decided({ arm: 'holdout' })])
        .when(command)
        .thenRefused('HOLDOUT_NOT_PRESENTED', 'proposalId');
      given(proposalDecider, [decided({ proposals: [] })])
        .when(command)
        .thenRefused('UNKNOWN_PROPOSAL', 'proposalId');
    }
  });
  it('given already changes nothing', () => {
    for (const [facts, command] of [
      [[accepted], accept],
      [[accepted, fulfilled], accept],
      [[accepted, fulfilled], fulfil],
      [[declined], decline],
      [[withdrawn], withdraw],
    ] as const)
      given(proposalDecider, [decided(), ...facts])
        .when(command)
        .thenNothingHappened();
  });
  it('after another one that ends it is refused', () => {
    for (const [facts, command] of [
      [[declined], accept],
      [[withdrawn], accept],
      [[accepted], decline],
      [[accepted, fulfilled], decline],
      [[accepted], snooze],
      [[declined], snooze],
      [[withdrawn], snooze],
      [[accepted, fulfilled], snooze],
      [[accepted], withdraw],
      [[declined], withdraw],
      [[accepted, fulfilled], withdraw],
      [[expiredFact], withdraw],
    ] as const)
      given(proposalDecider, [decided(), ...facts])
        .when(command)
        .thenRefused('PROPOSAL_CLOSED', 'proposalId');
    given(proposalDecider, [decided(), expiredFact]).when(snooze).thenRefused('PROPOSAL_EXPIRED', 'proposalId');
  });
  it('says why, where she said so, and until when at the latest', () => {
    given(proposalDecider, [decided()])
      .when({ ...decline, reason: 'too dear' })
      .then({ definition: proposalDeclined, subject, data: { ...proposal, reason: 'too dear' } });
    given(proposalDecider, [decided()])
      .when(snooze)
      .then({ definition: proposalSnoozed, subject, data: { ...proposal, until: late } });
    given(proposalDecider, [decided()])
      .when(withdraw)
      .then({ definition: proposalWithdrawn, subject, data: { ...proposal, reason: 'sold out', by: 'user:x' } });
  });
  it('a presentation of what was answered is refused, of an offer that is gone too', () => {
    for (const facts of [[accepted], [accepted, fulfilled], [withdrawn]])
      given(proposalDecider, [decided(), ...facts])
        .when(present())
        .thenRefused('PROPOSAL_CLOSED', 'proposalIds.0');
    given(proposalDecider, [decided()])
      .when(present({ offers: {} }))
      .thenRefused('OFFER_WITHDRAWN', 'proposalIds.0');
    given(proposalDecider, [decided()])
      .when(present({ offers: { [offerId]: { kind: 'up_sell', withdrawn: false } } }))
      .then({ definition: proposalPresented, subject, data: proposal });
  });
});

describe('when its time is over', () => {
  const expire = (when: string): ProposalCommand => ({ kind: 'ExpireDecision', subject, at: when, decision: 1 });
  it('what nobody answered expires, once', () => {
    given(proposalDecider, [decided()]).when(expire(late)).then({ definition: proposalExpired, subject, data: proposal });
    given(proposalDecider, [decided()]).when(expire(at)).thenNothingHappened();
    given(proposalDecider, [decided(), then(proposalAccepted, {})])
      .when(expire(late))
      .thenNothingHappened();
    given(proposalDecider, [decided(), then(proposalExpired, {})])
      .when(expire(late))
      .thenNothingHappened();
  });
  it('it is expired for every reader, before anything says so', () => {
    const [view] = foldDecisions([decided()]);
    expect(view?.proposals.map((one) => [statusAt(one, at), statusAt(one, late)])).toEqual([['decided', 'expired']]);
  });
});

it('an outcome is attributed to a decision, once for an indicator and a window', () => {
  const outcome = { slot: 'home', decision: 1, indicator: 'smooth-hair', reward: 1, windowDays: 30, evidenceIds: [] };
  const attribute: ProposalCommand = { kind: 'AttributeOutcome', subject, at: late, outcome };
  given(proposalDecider, [decided({ arm: 'holdout', proposals: [] })])
    .when(attribute)
    .then({ definition: proposalOutcomeAttributed, subject, data: outcome });
  for (const other of [{ indicator: 'calm-mood' }, { windowDays: 60 }])
    given(proposalDecider, [decided(), recorded(proposalOutcomeAttributed, { ...outcome, ...other }, { subject, position: '2' })])
      .when(attribute)
      .then({ definition: proposalOutcomeAttributed, subject, data: outcome });
  given(proposalDecider, [decided(), recorded(proposalOutcomeAttributed, outcome, { subject, position: '2' })])
    .when(attribute)
    .thenRefused('OUTCOME_ATTRIBUTED', 'indicator');
});

it('a window that is over brings an outcome, and nothing where one stands already', () => {
  const outcome = { slot: 'home', decision: 1, indicator: 'smooth-hair', reward: 0, windowDays: 30, evidenceIds: [] };
  const close: ProposalCommand = { kind: 'CloseOutcomeWindow', subject, at: late, outcome };
  for (const made of [decided(), decided({ arm: 'holdout', proposals: [] })])
    given(proposalDecider, [made]).when(close).then({ definition: proposalOutcomeAttributed, subject, data: outcome });
  given(proposalDecider, [decided(), recorded(proposalOutcomeAttributed, { ...outcome, reward: 1 }, { subject, position: '2' })])
    .when(close)
    .then();
  given(proposalDecider, [decided()])
    .when({ ...close, outcome: { ...outcome, decision: 2 } })
    .thenRefused('UNKNOWN_PROPOSAL', 'proposalId');
});

describe('reading', () => {
  it('of two open decisions for a slot the older stands', () => {
    const other = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
    const younger = recorded(proposalDecided, { ...example, proposals: [] }, { subject: other, position: '2' });
    expect(openDecisions(foldDecisions([decided(), younger]), at).get('home')?.subject).toBe(subject);
    expect(openDecisions(foldDecisions([decided(), younger]), late).size).toBe(0);
  });
  it('an id says where a proposal stands', () => {
    expect(placeOf(proposalId)).toEqual({ subject, slot: 'home', decision: 1, place: 1 });
    expect(placeOf(`${subject}.home.12`)).toEqual({ subject, slot: 'home', decision: 12, place: null });
    for (const id of ['', 'x', `${subject}.home`, `${subject}.Home.1`, `${subject}.home.0`]) expect(placeOf(id)).toBeNull();
  });
});
