import { modelFitted, offerCreated, offerPublished, offerRevised, offerWithdrawn } from '@tsunagari/contracts';
import { defineReadModel } from '@tsunagari/projection';

/** What other contexts have said in the log that answers the last two questions. */
export type Readiness = {
  readonly offers: { readonly [offerId: string]: { readonly purposeIds: readonly string[]; readonly published: boolean } };
  readonly models: number;
};

/** Facts are public: nobody's tables are read. One row a deployment. */
export const readiness = defineReadModel<Readiness>({
  name: 'readiness',
  version: 1,
  types: [offerCreated.type, offerRevised.type, offerPublished.type, offerWithdrawn.type, modelFitted.type],
  key: () => 'deployment',
  initial: { offers: {}, models: 0 },
  evolve(state, { type, data }) {
    if (type === modelFitted.type) return { ...state, models: state.models + 1 };
    const { offerId, content } = data as { offerId: string; content?: { purposeIds: string[] } };
    const known = state.offers[offerId] ?? { purposeIds: [], published: false };
    const offer = {
      purposeIds: content?.purposeIds ?? known.purposeIds,
      published: type === offerPublished.type ? true : type === offerWithdrawn.type ? false : known.published,
    };
    return { ...state, offers: { ...state.offers, [offerId]: offer } };
  },
  columns: [],
});
