export { type Arm, type Draws, drawsOf, NO_ACTION, type Pick, pickSlate, probabilities, type Slate } from './choice';
export { type CapSeen, type Circumstances, type OfferHistory, type OpenRequest } from './circumstances';
export { chancesOfOffer, chancesOfPolicy, type Chances, type Counterfactual, counterfactual } from './counterfactual';
export { decide, type DecisionInput } from './decide';
export { EXCLUSION_RULES, type ExclusionRule } from './exclusions';
export { type Change, explain, type ExplainedCandidate, type Explanation, whyNot, type WhyNot } from './explain';
export { assignmentOf, bucketOf, bucketOfVersion1, holdoutOf } from './holdout';
export {
  type Amount,
  type Catalogue,
  type Eligibility,
  type Estimate,
  EXPANSION_KINDS,
  type Experience,
  type Features,
  type FeatureValue,
  type Holdout,
  type Offer,
  type Tried,
  UNTRIED,
} from './offer';
export {
  evaluatePolicy,
  type EvaluationDoubt,
  LEAST_EFFECTIVE,
  type LoggedChoice,
  MOST_UNSUPPORTED,
  type PolicyEvaluation,
  type PolicyValue,
} from './off-policy';
export { explorationFloor, LONGEST_SHORT_LIST, type Policy, POLICY_KINDS, type PolicyKind } from './policy';
export {
  type Chosen,
  circumstancesOf,
  columnsOf,
  type DecisionRecord,
  rowsOf,
  type Seen,
  seenOf,
  type ShortList,
  type ShortListed,
} from './record';
export { type Drift, drift, replay, type Replay } from './replay';
export { type ModelledChoice, withRewardModel } from './reward-model';
export { acceptanceBelief, acceptanceRate, type Basis, type Score, scoreOf, type Terms } from './score';
