import {
  type Fact,
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
  type ProposalOutcomeAttributed,
  type ProposalSnoozed,
  type Position,
} from '@tsunagari/contracts';

export type ProposalStatus = 'decided' | 'presented' | 'accepted' | 'declined' | 'snoozed' | 'withdrawn' | 'expired' | 'fulfilled';

/** Facts about one proposal after it was decided, and what they make of it. */
const STATUS_BY_TYPE: Readonly<Record<string, ProposalStatus>> = {
  [proposalPresented.type]: 'presented',
  [proposalAccepted.type]: 'accepted',
  [proposalDeclined.type]: 'declined',
  [proposalSnoozed.type]: 'snoozed',
  [proposalWithdrawn.type]: 'withdrawn',
  [proposalExpired.type]: 'expired',
  [proposalFulfilled.type]: 'fulfilled',
};

export const proposalFactTypes: readonly string[] = [proposalDecided.type, ...Object.keys(STATUS_BY_TYPE), proposalOutcomeAttributed.type];

/** One offer proposed to one customer. */
export type ProposalView = {
  readonly proposalId: string;
  readonly offerId: string;
  readonly revision: number;
  /** Place in the slate, from 1. */
  readonly place: number;
  /** Given the picks before it. */
  readonly propensity: number;
  /** As far as facts say; a proposal past its time is expired without one: {@link statusAt}. */
  readonly status: ProposalStatus;
  /** How often it was shown. */
  readonly presented: number;
  readonly declinedAt: string | null;
  readonly snoozedUntil: string | null;
  readonly expiresAt: string;
};

/** What was decided once for a subject and a slot, and what became of it. */
export type DecisionView = {
  readonly subject: string;
  readonly slot: string;
  /** From 1 in its stream. */
  readonly decision: number;
  readonly data: ProposalDecided;
  readonly decidedAt: string;
  readonly position: Position;
  /** Id of the fact that decided it. */
  readonly factId: string;
  readonly proposals: readonly ProposalView[];
  readonly outcomes: readonly ProposalOutcomeAttributed[];
  /** Version of its stream with the last fact about it. */
  readonly version: number;
};

/** Still waiting for an answer. */
const WAITING: readonly ProposalStatus[] = ['decided', 'presented', 'snoozed'];

export function statusAt({ status, expiresAt }: ProposalView, at: string): ProposalStatus {
  return WAITING.includes(status) && expiresAt <= at ? 'expired' : status;
}

/** A decision stands until its time is over, or until every proposal of it was answered; one that proposed nothing until its time is over. */
export function isOpen({ data, proposals }: DecisionView, at: string): boolean {
  return data.expiresAt > at && (proposals.length === 0 || proposals.some(({ status }) => WAITING.includes(status)));
}

/** The decisions of one stream with one more fact. */
export function evolveDecisions(decisions: readonly DecisionView[], fact: Fact): readonly DecisionView[] {
  if (fact.type === proposalDecided.type) {
    const data = fact.data as ProposalDecided;
    return [
      ...decisions,
      {
        subject: fact.subject ?? '',
        slot: data.slot,
        decision: data.decision,
        data,
        decidedAt: fact.occurred,
        position: fact.position,
        factId: fact.id,
        version: fact.version,
        outcomes: [],
        proposals: data.proposals.map(({ proposalId, offerId, revision }, at) => ({
          proposalId,
          offerId,
          revision,
          place: at + 1,
          propensity: data.chosen[at]?.p ?? 0,
          status: 'decided',
          presented: 0,
          declinedAt: null,
          snoozedUntil: null,
          expiresAt: data.expiresAt,
        })),
      },
    ];
  }
  if (fact.type === proposalOutcomeAttributed.type) {
    const outcome = fact.data as ProposalOutcomeAttributed;
    return decisions.map((decision) =>
      decision.decision === outcome.decision && decision.slot === outcome.slot && decision.subject === fact.subject
        ? { ...decision, outcomes: [...decision.outcomes, outcome], version: fact.version }
        : decision,
    );
  }
  const status = STATUS_BY_TYPE[fact.type];
  if (status === undefined) return decisions;
  const { proposalId } = fact.data as { readonly proposalId: string };
  return decisions.map((decision) =>
    decision.proposals.some((proposal) => proposal.proposalId === proposalId)
      ? {
          ...decision,
          version: fact.version,
          proposals: decision.proposals.map((proposal) =>
            proposal.proposalId === proposalId ? evolveProposal(proposal, status, fact) : proposal,
          ),
        }
      : decision,
  );
}

function evolveProposal(proposal: ProposalView, status: ProposalStatus, fact: Fact): ProposalView {
  switch (status) {
    case 'presented':
      return { ...proposal, status, presented: proposal.presented + 1 };
    case 'declined':
      return { ...proposal, status, declinedAt: fact.occurred };
    case 'snoozed':
      return { ...proposal, status, snoozedUntil: (fact.data as ProposalSnoozed).until };
    default:
      return { ...proposal, status };
  }
}

/** The decisions in these facts, in the order in which they were made. */
export function foldDecisions(facts: readonly Fact[]): readonly DecisionView[] {
  return facts.reduce<readonly DecisionView[]>(evolveDecisions, []);
}

/** By slot, the decision that stands: after a merge the older of two stays. */
export function openDecisions(decisions: readonly DecisionView[], at: string): ReadonlyMap<string, DecisionView> {
  const open = new Map<string, DecisionView>();
  for (const decision of decisions) if (isOpen(decision, at) && !open.has(decision.slot)) open.set(decision.slot, decision);
  return open;
}

/** Where a proposal or a decision stands; null for what is no id of either. */
export type ProposalPlace = { readonly subject: string; readonly slot: string; readonly decision: number; readonly place: number | null };

export function placeOf(id: string): ProposalPlace | null {
  const match =
    /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.([a-z][a-z0-9_]{0,39})\.([1-9]\d{0,8})(?:\.([1-9]\d?))?$/.exec(id);
  if (match === null) return null;
  const [, subject = '', slot = '', decision, place] = match;
  return { subject, slot, decision: Number(decision), place: place === undefined ? null : Number(place) };
}

export function decisionId({ subject, slot, decision }: Pick<DecisionView, 'subject' | 'slot' | 'decision'>): string {
  return `${subject}.${slot}.${decision}`;
}
