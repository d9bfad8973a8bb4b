import {
  addDays,
  closeOutcomeWindow,
  type PolicyContent,
  type PolicyRegistered,
  policyRegistered,
  type ProposalDecided,
  proposalDecided,
} from '@tsunagari/contracts';
import { defineReactor, setTimer } from '@tsunagari/reactor';

/**
 * A decision of a policy that names a reward has its outcome when the window is over: treated or held out, whatever was proposed, and
 * nothing too, for effects are by assignment. Its state, by version of a policy, is the reward that is named.
 */
export const outcomeWindow = defineReactor<PolicyContent['reward'] | null>({
  name: 'outcome_window',
  version: 1,
  types: [policyRegistered.type, proposalDecided.type],
  key: ({ data }) => {
    const { policyId, policyVersion } = data as Pick<ProposalDecided, 'policyId' | 'policyVersion'>;
    return `${policyVersion} ${policyId}`;
  },
  initial: null,
  evolve: (reward, { type, data }) => (type === policyRegistered.type ? ((data as PolicyRegistered).content.reward ?? null) : reward),
  react({ type, subject, data, occurred }, reward) {
    if (type !== proposalDecided.type || reward == null) return [];
    const { slot, decision } = data as ProposalDecided;
    const decisionId = `${subject}.${slot}.${decision}`;
    const { indicator, windowDays } = reward;
    const input = { decisionId, indicator, windowDays, decidedAt: occurred };
    return [setTimer(decisionId, addDays(occurred, windowDays), closeOutcomeWindow, input)];
  },
});
