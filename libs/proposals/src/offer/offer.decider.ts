import { accept, type Decision, type Decider, refuse } from '@tsunagari/command';
import {
  offerCreated,
  offerPublished,
  offerRevised,
  offerWithdrawn,
  refusal,
  type Fact,
  type OfferContent,
  type OfferCreated,
  type OfferPublished,
  type OfferRevised,
  type Refusal,
} from '@tsunagari/contracts';
import { eligibilityFault } from './eligibility';

export type OfferCommand = { readonly offerId: string } & (
  | { readonly kind: 'CreateOffer' | 'ReviseOffer'; readonly content: OfferContent }
  | { readonly kind: 'PublishOffer' }
  | { readonly kind: 'WithdrawOffer'; readonly reason: string }
);

export type OfferState = {
  /** By revision, the first at 0. */
  readonly revisions: readonly OfferContent[];
  /** The revision that is published, the newest since; null before. */
  readonly published: number | null;
  readonly withdrawn: boolean;
};

export const offerDecider: Decider<OfferCommand, OfferState> = {
  initial: { revisions: [], published: null, withdrawn: false },

  evolve(state, fact: Fact) {
    switch (fact.type) {
      case offerCreated.type:
      case offerRevised.type: {
        const { content, revision } = fact.data as OfferCreated | OfferRevised;
        return { ...state, revisions: [...state.revisions, content], published: state.published === null ? null : revision };
      }
      case offerPublished.type:
        return { ...state, published: (fact.data as OfferPublished).revision };
      case offerWithdrawn.type:
        return { ...state, withdrawn: true };
      default:
        return state;
    }
  },

  decide(command, state) {
    const { offerId } = command;
    const revision = state.revisions.length;
    const content = state.revisions.at(-1);
    if (command.kind === 'CreateOffer') {
      if (content !== undefined)
        return refuse(refusal('OFFER_EXISTS', 'offerId', 'an offer is created once', 'revise it, or choose another id'));
      return accepted(command.content, () =>
        accept({ definition: offerCreated, subject: null, data: { offerId, revision: 1, content: command.content } }),
      );
    }
    if (content === undefined) return refuse(refusal('UNKNOWN_OFFER', 'offerId', 'only an offer that was created can be changed'));
    if (command.kind === 'WithdrawOffer')
      return state.withdrawn ? accept() : accept({ definition: offerWithdrawn, subject: null, data: { offerId, reason: command.reason } });
    if (state.withdrawn) return refuse(refusal('OFFER_WITHDRAWN', 'offerId', 'a withdrawn offer does not come back', 'create another one'));
    if (command.kind === 'ReviseOffer') {
      const withoutPurpose = state.published === null ? undefined : purposeMissing(command.content);
      if (withoutPurpose) return refuse(withoutPurpose);
      return accepted(command.content, () =>
        accept({ definition: offerRevised, subject: null, data: { offerId, revision: revision + 1, content: command.content } }),
      );
    }
    const withoutPurpose = purposeMissing(content);
    if (withoutPurpose) return refuse(withoutPurpose);
    if (state.published === revision) return accept();
    return accept({ definition: offerPublished, subject: null, data: { offerId, revision } });
  },
};

function accepted(content: OfferContent, decision: () => Decision): Decision {
  const broken = brokenRule(content);
  return broken === undefined ? decision() : refuse(broken);
}

function purposeMissing({ kind, incentive, purposeIds }: OfferContent): Refusal | undefined {
  if (purposeIds.length > 0 || (kind === 'campaign' && incentive)) return undefined;
  return refusal(
    'OFFER_WITHOUT_PURPOSE',
    'content.purposeIds',
    'what is published serves a purpose of the customer; only a campaign marked as an incentive does not',
    'name a purpose, or mark the campaign as an incentive',
  );
}

/** What a schema cannot say of an offer's content. */
function brokenRule(content: OfferContent): Refusal | undefined {
  const { validFrom, validTo, margin, cost, discount, kind, incentive, eligibility } = content;
  if (validFrom !== undefined && validTo !== undefined && validTo <= validFrom)
    return refusal('END_BEFORE_START', 'content.validTo', 'an offer ends after it starts');
  if (incentive && kind !== 'campaign' && kind !== 'coupon')
    return refusal('INVALID_FIELD', 'content.incentive', 'an incentive is a campaign or a coupon', 'a success service is none');
  for (const [name, money] of Object.entries({ margin, cost, discount })) {
    if (money.currency !== margin.currency)
      return refusal('MIXED_CURRENCY', `content.${name}.currency`, 'the money of one offer is of one currency');
    if (name !== 'margin' && money.amountMinor < 0)
      return refusal('INVALID_FIELD', `content.${name}.amountMinor`, `${name} is not negative`);
  }
  return eligibility === undefined ? undefined : eligibilityFault(eligibility);
}
