import { askedBy, type CommandResult } from '@tsunagari/command';
import { decisionAttributes, type Channel, type Money, type OfferContent, type OfferKind } from '@tsunagari/contracts';
import { commandRefused, connectionOf, failure, fromGlobalId, pageOf, toGlobalId } from '@tsunagari/graphql';
import type { OfferView } from '../book/book';
import type { OfferContentInput, Resolvers } from '../generated/graphql';
import type { ProposalsPorts } from '../proposals.subgraph';
import type { SubgraphContext } from '../subgraph.models';

const contentOf = ({ revisions }: OfferView): OfferContent => revisions.at(-1) as OfferContent;
const upper = <T extends string>(word: T): Uppercase<T> => word.toUpperCase() as Uppercase<T>;
const statusOf = ({ published, withdrawn }: OfferView) =>
  withdrawn !== null ? ('WITHDRAWN' as const) : published === null ? ('DRAFT' as const) : ('PUBLISHED' as const);

export function offerResolvers({ commands, book, now }: ProposalsPorts): Resolvers {
  const answer = async (offerId: string, result: CommandResult, context: SubgraphContext) => {
    if (result.kind === 'refused') return commandRefused(result.refusal);
    if (result.position !== null) context.appended(result.position);
    const stands = await (result.position === null ? book.current() : book.containing(result.position));
    const offer = stands.offers.get(offerId);
    if (!offer) throw new Error(`offer ${offerId} was accepted and cannot be read`);
    return { __typename: 'OfferChanged' as const, offer, position: result.position ?? '0', repeated: result.repeated };
  };

  return {
    Query: {
      offer: async (_, { offerId }, { loaders }) => (await loaders.book()).offers.get(offerId) ?? null,
      async offers(_, { status, kind, first, after }, { loaders }) {
        const page = pageOf({ first, after });
        const all = [...(await loaders.book()).offers.values()]
          .filter((offer) => (status == null || statusOf(offer) === status) && (kind == null || upper(contentOf(offer).kind) === kind))
          .sort((one, other) => (one.offerId < other.offerId ? -1 : 1));
        const rest = page.after === null ? all : all.filter(({ offerId }) => offerId > (page.after?.id ?? ''));
        const connection = connectionOf(rest.slice(0, page.limit + 1), page, ({ offerId }) => ({ key: [], id: offerId }));
        return { ...connection, totalCount: all.length };
      },
      decisionAttributes: () =>
        Object.entries(decisionAttributes).map(([name, { type, meaning, ...rest }]) => ({
          name,
          type,
          meaning,
          barred: 'barred' in rest ? rest.barred : null,
        })),
    },

    Offer: {
      __resolveReference: async ({ id }, { loaders }) => (await loaders.book()).offers.get(fromGlobalId('Offer', id)) ?? null,
      id: ({ offerId }) => toGlobalId('Offer', offerId),
      status: statusOf,
      revision: ({ revisions }) => revisions.length,
      publishedRevision: ({ published }) => published,
      kind: (offer) => upper(contentOf(offer).kind),
      purposeIds: (offer) => contentOf(offer).purposeIds,
      incentive: (offer) => contentOf(offer).incentive,
      title: (offer) => contentOf(offer).title,
      text: (offer) => contentOf(offer).text,
      eligibility: (offer) => contentOf(offer).eligibility ?? null,
      slots: (offer) => contentOf(offer).slots,
      touchpointIds: (offer) => contentOf(offer).touchpointIds,
      channel: (offer) => contentOf(offer).channel ?? null,
      consentCategory: (offer) => contentOf(offer).consentCategory ?? null,
      priority: (offer) => contentOf(offer).priority,
      goalEffect: (offer) => effect(contentOf(offer).goalEffect),
      saleEffect: (offer) => effect(contentOf(offer).saleEffect),
      margin: (offer) => money(contentOf(offer).margin),
      cost: (offer) => money(contentOf(offer).cost),
      discount: (offer) => money(contentOf(offer).discount),
      perCustomerCap: (offer) => contentOf(offer).caps.perCustomer ?? null,
      totalCap: (offer) => contentOf(offer).caps.total ?? null,
      afterDeclineDays: (offer) => contentOf(offer).caps.afterDeclineDays ?? null,
      validFrom: (offer) => contentOf(offer).validFrom ?? null,
      validTo: (offer) => contentOf(offer).validTo ?? null,
      withdrawnBecause: ({ withdrawn }) => withdrawn,
    },

    Mutation: {
      createOffer: async (_, { input }, context) =>
        answer(
          input.offerId,
          await commands.createOffer({ offerId: input.offerId, content: offerContent(input.content) }, askedBy(input, context, now())),
          context,
        ),
      reviseOffer: async (_, { input }, context) =>
        answer(
          input.offerId,
          await commands.reviseOffer({ offerId: input.offerId, content: offerContent(input.content) }, askedBy(input, context, now())),
          context,
        ),
      publishOffer: async (_, { input }, context) =>
        answer(input.offerId, await commands.publishOffer({ offerId: input.offerId }, askedBy(input, context, now())), context),
      withdrawOffer: async (_, { input }, context) =>
        answer(
          input.offerId,
          await commands.withdrawOffer({ offerId: input.offerId, reason: input.reason }, askedBy(input, context, now())),
          context,
        ),
    },
  };
}

function effect(known: OfferContent['goalEffect']) {
  return known === undefined ? null : { value: known.value, basis: upper(known.basis) };
}

export function money({ amountMinor, currency }: Money): { amountMinor: string; currency: string } {
  return { amountMinor: String(amountMinor), currency };
}

/** Money of an input; throws BAD_USER_INPUT for an amount that is no whole number. */
export function moneyOf({ amountMinor, currency }: { amountMinor: string; currency: string }, field: string): Money {
  const amount = Number(amountMinor);
  if (!/^-?\d{1,15}$/.test(amountMinor) || !Number.isSafeInteger(amount))
    throw failure('BAD_USER_INPUT', 'This is no amount.', { field, rule: 'a whole number in the minor unit, at most 15 digits' });
  return { amountMinor: amount, currency };
}

export function momentOf(text: string): string {
  return new Date(text).toISOString();
}

function offerContent(input: OfferContentInput): OfferContent {
  const margin = moneyOf(input.margin, 'content.margin.amountMinor');
  const free = { amountMinor: 0, currency: margin.currency };
  const effectOf = (given: OfferContentInput['goalEffect']) =>
    given == null ? undefined : { value: given.value, basis: given.basis.toLowerCase() as 'measured' | 'assumed' };
  const optional = {
    eligibility: input.eligibility,
    // What is no channel is refused by the contract, with the field.
    channel: input.channel as Channel | null | undefined,
    consentCategory: input.consentCategory,
    goalEffect: effectOf(input.goalEffect),
    saleEffect: effectOf(input.saleEffect),
    validFrom: input.validFrom == null ? null : momentOf(input.validFrom),
    validTo: input.validTo == null ? null : momentOf(input.validTo),
  };
  return {
    kind: input.kind.toLowerCase() as OfferKind,
    purposeIds: [...(input.purposeIds ?? [])],
    incentive: input.incentive ?? false,
    title: { ...input.title },
    text: { ...input.text },
    slots: [...input.slots],
    touchpointIds: [...(input.touchpointIds ?? [])],
    priority: input.priority ?? 0,
    margin,
    cost: input.cost == null ? free : moneyOf(input.cost, 'content.cost.amountMinor'),
    discount: input.discount == null ? free : moneyOf(input.discount, 'content.discount.amountMinor'),
    caps: present({ perCustomer: input.perCustomerCap, total: input.totalCap, afterDeclineDays: input.afterDeclineDays }),
    ...present(optional),
  };
}

type Present<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** Without the members that were left out. */
export function present<T extends object>(members: T): Present<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined)) as Present<T>;
}
