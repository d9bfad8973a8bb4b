import {
  type Fact,
  proposalAccepted,
  proposalDecided,
  type ProposalDecided,
  proposalDeclined,
  proposalPresented,
} from '@tsunagari/contracts';
import { defineReadModel } from '@tsunagari/projection';

/** What became of one offer over all customers, in proposals. */
export type OfferUse = { readonly proposed: number; readonly presented: number; readonly accepted: number; readonly declined: number };

const COUNTED: Readonly<Record<string, keyof OfferUse>> = {
  [proposalDecided.type]: 'proposed',
  [proposalPresented.type]: 'presented',
  [proposalAccepted.type]: 'accepted',
  [proposalDeclined.type]: 'declined',
};

/** By offer id: what total caps are held against and what acceptance rates are learned from. */
export const offerUse = defineReadModel<OfferUse>({
  name: 'offer_use',
  version: 1,
  types: Object.keys(COUNTED),
  key: ({ type, data }: Fact) =>
    type === proposalDecided.type
      ? (data as ProposalDecided).proposals.map(({ offerId }) => offerId)
      : (data as { readonly offerId: string }).offerId,
  initial: { proposed: 0, presented: 0, accepted: 0, declined: 0 },
  evolve: (use, { type }) => {
    const counted = COUNTED[type];
    return counted === undefined ? use : { ...use, [counted]: use[counted] + 1 };
  },
  columns: [
    { name: 'proposed', sql: 'integer', value: ({ proposed }) => proposed },
    { name: 'presented', sql: 'integer', value: ({ presented }) => presented },
    { name: 'accepted', sql: 'integer', value: ({ accepted }) => accepted },
  ],
});
