import { accept, type DecidedFact, type Decider, type Decision, refuse } from '@tsunagari/command';
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
  refusal,
  type FactDefinition,
  type ProposalDecided,
  type ProposalOutcomeAttributed,
} from '@tsunagari/contracts';
import { type DecisionRecord, EXPANSION_KINDS, type OpenRequest } from '@tsunagari/decisioning';
import { type DecisionView, evolveDecisions, isOpen, type ProposalStatus, type ProposalView, statusAt } from './proposal.read-model';

/** A decision ready to be recorded; its number and the proposals' ids are given where it stands. */
export type ProposedDecision = {
  readonly record: DecisionRecord;
  readonly offers: readonly { readonly offerId: string; readonly revision: number }[];
} & Pick<ProposalDecided, 'policyId' | 'policyVersion' | 'fallback' | 'understanding' | 'expiresAt'>;

/** What stands around a presentation now, by proposal: a decision may be some days old. */
export type OfferNow = { readonly kind: string; readonly withdrawn: boolean };

export type ProposalCommand = { readonly subject: string; readonly at: string } & (
  | { readonly kind: 'DecideProposals'; readonly decided: ProposedDecision }
  | {
      readonly kind: 'PresentProposals';
      readonly decision: number;
      readonly places: readonly number[];
      readonly touchpointId?: string;
      readonly offers: Readonly<Record<string, OfferNow>>;
      readonly requests: readonly OpenRequest[];
    }
  | { readonly kind: 'AcceptProposal' | 'FulfilProposal'; readonly decision: number; readonly place: number; readonly by: string }
  | { readonly kind: 'DeclineProposal'; readonly decision: number; readonly place: number; readonly reason?: string }
  | { readonly kind: 'SnoozeProposal'; readonly decision: number; readonly place: number; readonly until: string; readonly latest: string }
  | { readonly kind: 'WithdrawProposal'; readonly decision: number; readonly place: number; readonly reason: string; readonly by: string }
  | { readonly kind: 'ExpireDecision'; readonly decision: number }
  | { readonly kind: 'AttributeOutcome' | 'CloseOutcomeWindow'; readonly outcome: ProposalOutcomeAttributed }
);

/** Longest time for which a proposal can be put off. */
export const LONGEST_SNOOZE_DAYS = 90;

/** The decisions of one subject for one slot. Sticky: while one stands, deciding again changes nothing. */
export const proposalDecider: Decider<ProposalCommand, readonly DecisionView[]> = {
  initial: [],
  evolve: evolveDecisions,
  decide(command, decisions) {
    const { subject, at } = command;
    if (command.kind === 'DecideProposals') {
      if (decisions.some((decision) => isOpen(decision, at))) return accept();
      return accept(decided(subject, decisions.length + 1, command.decided));
    }
    const number = 'outcome' in command ? command.outcome.decision : command.decision;
    const decision = decisions.find((made) => made.decision === number);
    if (decision === undefined) return refuse(unknown);
    switch (command.kind) {
      case 'AttributeOutcome':
      case 'CloseOutcomeWindow': {
        const { outcome } = command;
        const stands = decision.outcomes.some(
          ({ indicator, windowDays }) => indicator === outcome.indicator && windowDays === outcome.windowDays,
        );
        // Whoever looked herself has said it: the timer has nothing to add.
        if (stands && command.kind === 'CloseOutcomeWindow') return accept();
        if (stands)
          return refuse(
            refusal('OUTCOME_ATTRIBUTED', 'indicator', 'a decision has one outcome for an indicator and a window', 'it stands already'),
          );
        return accept({ definition: proposalOutcomeAttributed, subject, data: outcome });
      }
      case 'ExpireDecision':
        if (decision.data.expiresAt > at) return accept();
        return accept(
          ...decision.proposals
            .filter((proposal) => proposal.status !== 'expired' && statusAt(proposal, at) === 'expired')
            .map((proposal) => about(proposalExpired, subject, proposal)),
        );
      case 'PresentProposals':
        return present(command, decision);
      default:
        return answer(command, decision);
    }
  },
};

function decided(subject: string, decision: number, { record, offers, ...around }: ProposedDecision): DecidedFact {
  const { policy: policyHash, catalogue: catalogueHash, ...content } = record;
  const proposals = offers.map((offer, at) => ({ proposalId: `${subject}.${record.slot}.${decision}.${at + 1}`, ...offer }));
  return { definition: proposalDecided, subject, data: { decision, ...content, policyHash, catalogueHash, ...around, proposals } };
}

function present(command: Extract<ProposalCommand, { kind: 'PresentProposals' }>, decision: DecisionView): Decision {
  const { at, subject, touchpointId } = command;
  if (decision.data.arm === 'holdout')
    return refuse(
      refusal(
        'HOLDOUT_NOT_PRESENTED',
        'proposalIds',
        'whoever is held out is shown nothing, or no effect can be measured',
        'show the page without it',
      ),
    );
  const facts: DecidedFact[] = [];
  // A decision named whole is presented whole.
  const places = command.places.length > 0 ? command.places : decision.proposals.map(({ place }) => place);
  for (const [n, place] of places.entries()) {
    const field = `proposalIds.${n}`;
    const proposal = decision.proposals[place - 1];
    if (proposal === undefined) return refuse({ ...unknown, field });
    const status = statusAt(proposal, at);
    if (status === 'expired') return refuse({ ...expired, field });
    if (ENDED.includes(status)) return refuse({ ...closed(status), field });
    const offer = command.offers[proposal.offerId];
    if (offer === undefined || offer.withdrawn)
      return refuse(refusal('OFFER_WITHDRAWN', field, 'a withdrawn offer is not presented', 'decide again when the decision is over'));
    if (EXPANSION_KINDS.includes(offer.kind) && command.requests.length > 0)
      return refuse(
        refusal('OPEN_REQUEST', field, `nothing more is sold while a ${command.requests[0]} is open`, 'settle what she asked for first'),
      );
    facts.push(about(proposalPresented, subject, proposal, touchpointId === undefined ? {} : { touchpointId }));
  }
  return accept(...facts);
}

type Answer = Exclude<
  ProposalCommand,
  { kind: 'DecideProposals' | 'PresentProposals' | 'ExpireDecision' | 'AttributeOutcome' | 'CloseOutcomeWindow' }
>;

function answer(command: Answer, decision: DecisionView): Decision {
  const { at, subject } = command;
  if (decision.data.arm === 'holdout')
    return refuse(refusal('HOLDOUT_NOT_PRESENTED', 'proposalId', 'whoever is held out was proposed nothing'));
  const proposal = decision.proposals[command.place - 1];
  if (proposal === undefined) return refuse(unknown);
  const status = statusAt(proposal, at);
  switch (command.kind) {
    case 'AcceptProposal':
      if (status === 'accepted' || status === 'fulfilled') return accept();
      if (status === 'expired') return refuse(expired);
      if (ENDED.includes(status)) return refuse(closed(status));
      // She cannot accept what she has not seen: rates of acceptance count those presented.
      return accept(
        ...(proposal.presented === 0 ? [about(proposalPresented, subject, proposal)] : []),
        about(proposalAccepted, subject, proposal),
      );
    case 'DeclineProposal': {
      if (status === 'declined') return accept();
      if (status === 'accepted' || status === 'fulfilled') return refuse(closed(status));
      // A no is taken whenever it comes: it keeps the offer away from her.
      return accept(about(proposalDeclined, subject, proposal, command.reason === undefined ? {} : { reason: command.reason }));
    }
    case 'SnoozeProposal': {
      if (status === 'expired') return refuse(expired);
      if (ENDED.includes(status)) return refuse(closed(status));
      if (command.until <= at || command.until > command.latest)
        return refuse(refusal('INVALID_FIELD', 'until', `a proposal is put off to a time within the next ${LONGEST_SNOOZE_DAYS} days`));
      return accept(about(proposalSnoozed, subject, proposal, { until: command.until }));
    }
    case 'WithdrawProposal':
      if (status === 'withdrawn') return accept();
      if (ENDED.includes(status)) return refuse(closed(status));
      return accept(about(proposalWithdrawn, subject, proposal, { reason: command.reason, by: command.by }));
    case 'FulfilProposal':
      if (status === 'fulfilled') return accept();
      if (status !== 'accepted')
        return refuse(refusal('NOT_ACCEPTED', 'proposalId', 'only what she accepted is fulfilled', `it is ${status}`));
      return accept(about(proposalFulfilled, subject, proposal, { by: command.by }));
  }
}

const ENDED: readonly ProposalStatus[] = ['accepted', 'declined', 'withdrawn', 'expired', 'fulfilled'];

const unknown = refusal('UNKNOWN_PROPOSAL', 'proposalId', 'only what was decided can be presented and answered');
const expired = refusal('PROPOSAL_EXPIRED', 'proposalId', 'a proposal is presented and accepted before it expires', 'decide again');

function closed(status: ProposalStatus) {
  return refusal('PROPOSAL_CLOSED', 'proposalId', `the proposal is ${status}`, 'decide again when the decision is over');
}

function about(definition: FactDefinition, subject: string, { proposalId, offerId }: ProposalView, more: object = {}): DecidedFact {
  return { definition, subject, data: { proposalId, offerId, ...more } };
}
