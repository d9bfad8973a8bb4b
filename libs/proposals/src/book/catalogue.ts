import type { CatalogueRecorded, OfferContent, PolicyContent } from '@tsunagari/contracts';
import type { Catalogue, Offer, Policy } from '@tsunagari/decisioning';
import { judgeEligibility } from '../offer/eligibility';
import type { Book, OfferView, PolicyVersion } from './book';
import { contentHash } from './content-hash';

/** What stands to be proposed, by content; the order is that of the offers' ids. */
export function catalogueData({ offers, purposeValues, holdouts, experience }: Book): CatalogueRecorded {
  const content = {
    offers: [...offers.values()]
      .filter(({ published, withdrawn }) => published !== null && withdrawn === null)
      .sort((one, other) => (one.offerId < other.offerId ? -1 : 1))
      .map(({ offerId, published }) => {
        const { presented = 0, accepted = 0 } = experience.get(offerId) ?? {};
        return { offerId, revision: published ?? 1, presented, accepted };
      }),
    purposeValues: [...purposeValues.values()]
      .sort((one, other) => (one.purposeId < other.purposeId ? -1 : 1))
      .map(({ purposeId, valueVersion, value }) => ({ purposeId, valueVersion, ...value })),
    holdouts: [...holdouts.values()]
      .sort((one, other) => (one.holdoutId < other.holdoutId ? -1 : 1))
      .map(({ holdoutId, salt, from, to, slots }) => ({ holdoutId, salt, from, to, slots: slots ?? null })),
  };
  return { hash: contentHash(content), ...content };
}

/**
 * A recorded catalogue as decisions use it, in one currency: purposes valued in another are worth nothing there. Null when an offer's
 * revision is not in the book.
 */
export function catalogueOf(data: CatalogueRecorded, offers: ReadonlyMap<string, OfferView>, currency: string): Catalogue | null {
  const contents: OfferContent[] = [];
  for (const { offerId, revision } of data.offers) {
    const content = offers.get(offerId)?.revisions[revision - 1];
    if (content === undefined) return null;
    contents.push(content);
  }
  return {
    hash: data.hash,
    offers: data.offers.map(({ offerId, revision }, at) => offerOf(offerId, revision, contents[at] as OfferContent)),
    purposeValues: Object.fromEntries(
      data.purposeValues.filter((value) => value.currency === currency).map(({ purposeId, amountMinor }) => [purposeId, amountMinor]),
    ),
    experience: data.offers.map(({ presented, accepted }) => ({ presented, accepted })),
    holdouts: data.holdouts.map(({ holdoutId, ...holdout }) => ({ id: holdoutId, ...holdout })),
    eligible: (at, features) => judgeEligibility(contents[at]?.eligibility, features),
  };
}

function offerOf(id: string, revision: number, content: OfferContent): Offer {
  return {
    id,
    revision,
    kind: content.kind,
    purposes: content.purposeIds,
    slots: content.slots,
    channel: content.channel ?? null,
    consent: content.consentCategory ?? null,
    priority: content.priority,
    goalEffect: content.goalEffect ?? null,
    saleEffect: content.saleEffect ?? null,
    margin: content.margin.amountMinor,
    cost: content.cost.amountMinor,
    discount: content.discount.amountMinor,
    currency: content.margin.currency,
    caps: {
      perCustomer: content.caps.perCustomer ?? null,
      total: content.caps.total ?? null,
      afterDeclineDays: content.caps.afterDeclineDays ?? null,
    },
    validFrom: content.validFrom === undefined ? null : Date.parse(content.validFrom),
    validTo: content.validTo === undefined ? null : Date.parse(content.validTo),
  };
}

/** A registered policy as decisions use it. `fallback`: by priority, because understanding is too old. */
export function policyOf({ policyId, policyVersion, hash, content }: PolicyVersion, fallback?: 'rules'): Policy {
  const { kind, currency, shortList, exploration, temperature, prior, stratum, undeclaredGoal, draws }: PolicyContent = content;
  return {
    id: policyId,
    version: policyVersion,
    hash,
    kind: fallback ?? kind,
    currency,
    shortList,
    exploration,
    temperature,
    prior,
    stratum: stratum ?? null,
    undeclaredGoal,
    draws,
  };
}
