import { refusal, type Refusal } from '@tsunagari/contracts';
import { commandRefused, momentOf } from '@tsunagari/graphql';
import { shownMetric } from '@tsunagari/metrics';
import type { Book } from '../book/book';
import type { PolicyEvaluationInput, Resolvers } from '../generated/graphql';
import type { ProposalsPorts } from '../proposals.subgraph';
import { loggedDecisions } from './decision-table';
import { type EvaluatedCandidate, evaluationBoard, judgedDecisions } from './policy-evaluation';

export function policyEvaluationResolvers({ table, keyring, deciding }: ProposalsPorts): Resolvers {
  return {
    Query: {
      async evaluatePolicy(_, { input }, { loaders }) {
        const book = await loaders.book();
        const candidate = candidateOf(input, book);
        if ('code' in candidate) return commandRefused(candidate);
        const { slot, from, to, reward, clip = 10 } = input;
        if (!(clip >= 1)) return commandRefused(refusal('INVALID_FIELD', 'input.clip', 'weights are cut at 1 or above'));
        const period = { from: from == null ? null : momentOf(from), to: to == null ? null : momentOf(to) };
        const decisions = loggedDecisions(table, {
          slot,
          ...(period.from === null ? {} : { from: period.from }),
          ...(period.to === null ? {} : { to: period.to }),
        });
        const judged = await judgedDecisions({ keyring, deciding, book }, decisions, candidate, reward);
        const { logged, ips, clippedIps, snips, dm, dr, doubts, ...rest } = evaluationBoard(judged, reward, clip);
        return {
          __typename: 'PolicyEvaluated',
          evaluation: {
            ...rest,
            doubts: [...doubts],
            logged: shownMetric(logged, period),
            ips: shownMetric(ips, period),
            clippedIps: shownMetric(clippedIps, period),
            snips: shownMetric(snips, period),
            dm: shownMetric(dm, period),
            dr: shownMetric(dr, period),
          },
        };
      },
    },
  };
}

function candidateOf({ policy, offerId }: PolicyEvaluationInput, { policies, offers }: Book): EvaluatedCandidate | Refusal {
  if ((policy == null) === (offerId == null))
    return refusal('INVALID_FIELD', 'input.policy', 'either a version of a policy is judged, or one offer', 'name one of the two');
  if (offerId != null)
    return offers.has(offerId)
      ? { kind: 'offer', offerId }
      : refusal('UNKNOWN_OFFER', 'input.offerId', 'the offer is one that was created', 'look it up by offers');
  const version = policies.get(policy?.policyId ?? '')?.versions[(policy?.policyVersion ?? 0) - 1];
  return version === undefined
    ? refusal('UNKNOWN_POLICY', 'input.policy', 'only a registered version of a policy can be judged', 'look it up by decisionPolicies')
    : { kind: 'policy', version };
}
