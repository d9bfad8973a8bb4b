import { accept, type Decider, refuse } from '@tsunagari/command';
import {
  policyActivated,
  policyEvaluationWaived,
  policyRegistered,
  policyRetired,
  refusal,
  type Fact,
  type PolicyContent,
  type PolicyEvaluationWaived,
  type PolicyRegistered,
} from '@tsunagari/contracts';

export type PolicyCommand = { readonly policyId: string } & (
  | { readonly kind: 'RegisterPolicy'; readonly content: PolicyContent; readonly hash: string; readonly by: string }
  | {
      readonly kind: 'WaivePolicyEvaluation';
      readonly policyVersion: number;
      readonly reason: string;
      readonly until: string;
      readonly by: string;
      readonly at: string;
    }
  | { readonly kind: 'ActivatePolicy'; readonly policyVersion: number; readonly slots: readonly string[]; readonly at: string }
  | { readonly kind: 'RetirePolicy'; readonly reason: string }
);

export type PolicyState = {
  /** By version, the first at 0. */
  readonly versions: readonly { readonly content: PolicyContent; readonly author: string }[];
  readonly waivers: readonly { readonly policyVersion: number; readonly until: string }[];
  readonly retired: boolean;
};

/** A policy through its versions. Nothing runs before somebody else than its author has answered for it. */
export const policyDecider: Decider<PolicyCommand, PolicyState> = {
  initial: { versions: [], waivers: [], retired: false },

  evolve(state, fact: Fact) {
    switch (fact.type) {
      case policyRegistered.type: {
        const { content, author } = fact.data as PolicyRegistered;
        return { ...state, versions: [...state.versions, { content, author }] };
      }
      case policyEvaluationWaived.type: {
        const { policyVersion, until } = fact.data as PolicyEvaluationWaived;
        return { ...state, waivers: [...state.waivers, { policyVersion, until }] };
      }
      case policyRetired.type:
        return { ...state, retired: true };
      default:
        return state;
    }
  },

  decide(command, state) {
    const { policyId } = command;
    if (command.kind === 'RegisterPolicy') {
      if (state.retired) return refuse(retired);
      const { content, hash, by: author } = command;
      const deterministic = content.exploration === 0 || content.kind === 'rules' || content.kind === 'ranking';
      if (content.toBeEvaluated && deterministic)
        return refuse(
          refusal(
            'EXPLORATION_FLOOR_ZERO',
            'content.exploration',
            'a policy whose log is to judge others explores: every choice has a probability above 0',
            'choose softmax, epsilon_greedy or thompson with exploration above 0, or say that it is not to be evaluated',
          ),
        );
      const policyVersion = state.versions.length + 1;
      return accept({
        definition: policyRegistered,
        subject: null,
        data: { policyId, policyVersion, content, hash, author },
      });
    }
    if (state.versions.length === 0)
      return refuse(refusal('UNKNOWN_POLICY', 'policyId', 'only a registered policy can be used', 'register it first'));
    if (command.kind === 'RetirePolicy')
      return state.retired ? accept() : accept({ definition: policyRetired, subject: null, data: { policyId, reason: command.reason } });
    if (state.retired) return refuse(retired);
    const { policyVersion } = command;
    const version = state.versions[policyVersion - 1];
    if (version === undefined)
      return refuse(refusal('UNKNOWN_POLICY', 'policyVersion', `versions of this policy are 1 to ${state.versions.length}`));
    if (command.kind === 'WaivePolicyEvaluation') {
      const { reason, until, by, at } = command;
      if (by === version.author)
        return refuse(
          refusal('WAIVER_BY_AUTHOR', 'policyVersion', 'an author does not waive the evaluation of her own policy', 'ask a colleague'),
        );
      if (until <= at) return refuse(refusal('INVALID_FIELD', 'until', 'a waiver ends in the future'));
      return accept({ definition: policyEvaluationWaived, subject: null, data: { policyId, policyVersion, reason, until, by } });
    }
    const answered = state.waivers.some((waiver) => waiver.policyVersion === policyVersion && waiver.until > command.at);
    if (!answered)
      return refuse(
        refusal(
          'POLICY_NOT_EVALUATED',
          'policyVersion',
          'a policy is activated after an evaluation, or a waiver that still holds',
          'let somebody else than the author waive the evaluation',
        ),
      );
    return accept({ definition: policyActivated, subject: null, data: { policyId, policyVersion, slots: command.slots } });
  },
};

const retired = refusal('POLICY_RETIRED', 'policyId', 'a retired policy is not used again', 'register another one');
