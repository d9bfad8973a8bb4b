import { expireDecision, proposalDecided, type ProposalDecided } from '@tsunagari/contracts';
import { defineStatelessReactor, setTimer } from '@tsunagari/reactor';

/** A decision that proposed something is over at its time, whether anybody asks or not. */
export const proposalExpiry = defineStatelessReactor({
  name: 'proposal_expiry',
  types: [proposalDecided.type],
  react({ data, subject }) {
    const { decision, slot, expiresAt, proposals } = data as ProposalDecided;
    if (proposals.length === 0) return [];
    return [setTimer(`expiry ${decision}`, expiresAt, expireDecision, { decisionId: `${subject}.${slot}.${decision}` })];
  },
});
