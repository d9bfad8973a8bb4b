import type { Change, ExplainedCandidate } from '@tsunagari/decisioning';
import type { RequestContext } from '@tsunagari/graphql';
import type { OfferView, PolicyView } from './book/book';
import type { DecisionMade } from './proposal/decisions-made';
import type { Explained } from './proposal/explanations';
import type { DecisionView, ProposalView } from './proposal/proposal.read-model';
import type { ProposalsLoaders } from './proposals.subgraph';

export type SubgraphContext = RequestContext<ProposalsLoaders>;

export type CustomerModel = { readonly customer: string };
export type OfferModel = OfferView;
export type DecisionPolicyModel = PolicyView;
export type ProposalModel = { readonly decision: DecisionView; readonly proposal: ProposalView };
export type DecisionModel = DecisionView;
export type DecisionMadeModel = DecisionMade;
export type ExplanationModel = Explained;
/** With what it takes to name offers by their place. */
export type CandidateModel = { readonly explained: Extract<Explained, { kind: 'explained' }>; readonly candidate: ExplainedCandidate };
export type WouldChangeModel = { readonly explained: Extract<Explained, { kind: 'explained' }>; readonly change: Change };
/** The rule's name. */
export type ExclusionModel = string;
