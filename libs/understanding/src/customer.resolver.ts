import type { Role } from '@tsunagari/access';
import { failure, fromGlobalId, connectionOf, pageOf, toGlobalId } from '@tsunagari/graphql';
import { dayOf } from './calendar';
import type { Resolvers } from './generated/graphql';
import { DRAWS, intervalOf, lifetimeValueOf, purchaseOutlook, valuedCustomer } from './lifetime-value/customer-value';
import { notHers } from './own-part';
import { consentOf } from './profile/profile.projection';
import { openTraits } from './profile/profile.query';
import { currencyOf, type CurrencyPurchases, netMinor, saleDayNumbers } from './purchases/purchases.projection';
import { rfmScores } from '@tsunagari/metrics';
import { rfmValues } from './purchases/rfm';
import type { SubgraphContext } from './subgraph.models';
import { shown, timelineOf } from './timeline/timeline.query';
import type { UnderstandingPorts } from './understanding.loaders';

/** Who may read personal values in the clear; a customer reaches only her own. */
const MAY_OPEN: readonly Role[] = ['customer', 'success', 'admin'];

export function mayOpen({ principal }: SubgraphContext): boolean {
  return principal?.roles.some((role) => MAY_OPEN.includes(role)) ?? false;
}

export function money(amountMinor: number | string, currency: string): { amountMinor: string; currency: string } {
  return { amountMinor: String(amountMinor), currency };
}

/** Fields that show no more of a customer than the caller reaches: their loaders see to it. */
export const OF_A_PART = ['purchases', 'ltv', 'purchaseProbability', 'rfm', 'profile', 'timeline'];

/** The fields that understanding adds to Customer. Each loads through the fetch's loaders: a page costs a query a field, not a customer. */
export function customerResolvers({ journal, keyring, now }: Pick<UnderstandingPorts, 'journal' | 'keyring' | 'now'>): Resolvers {
  /** The customer before the newest model, at the later of its as-of day and the last closed day. */
  const valued = async (customer: string, { loaders }: SubgraphContext) => {
    const [state, model, lastDay] = await Promise.all([loaders.purchases.load(customer), loaders.model(), loaders.lastDay()]);
    return valuedCustomer(customer, state, model, lastDay);
  };

  return {
    Customer: {
      async __resolveReference({ id }, context) {
        const customer = fromGlobalId('Customer', id);
        if ((await context.loaders.reach(customer)).kind === 'none') throw notHers();
        return { customer };
      },
      id: ({ customer }) => toGlobalId('Customer', customer),
      purchases: ({ customer }, _, { loaders }) => loaders.purchases.load(customer),
      async ltv({ customer }, { horizonMonths, discountMonthly }, context) {
        const terms = { horizonMonths: within('horizonMonths', horizonMonths, 1, 600), discountMonthly: Number(discountMonthly) };
        if (!(terms.discountMonthly > -1 && terms.discountMonthly < 10))
          throw failure('BAD_USER_INPUT', 'This is no rate.', {
            field: 'discountMonthly',
            rule: 'above -1 and below 10; 0.01 is 1 % a month',
          });
        const known = await valued(customer, context);
        return { ...known, terms, answer: known.customer.kind === 'known' ? lifetimeValueOf(known.customer, terms) : null };
      },
      async purchaseProbability({ customer }, { days }, context) {
        return { ...(await valued(customer, context)), days: within('days', days, 1, 3650) };
      },
      async rfm({ customer }, _, { loaders }) {
        const [state, asOf] = await Promise.all([loaders.purchases.load(customer), loaders.lastDay()]);
        const values = state === null || asOf === null ? null : rfmValues(state, asOf);
        if (values === null || asOf === null || state?.kind === 'unidentified') return null;
        const scores = rfmScores(values, await loaders.thresholds(values.currency));
        return {
          recencyDays: values.recencyDays,
          frequency: values.frequency,
          monetary: money(values.monetaryMinor, values.currency),
          spanDays: values.spanDays,
          recencyScore: scores.recency,
          frequencyScore: scores.frequency,
          monetaryScore: scores.monetary,
          asOfDay: dayOf(asOf),
          freshness: await loaders.freshness('purchases'),
        };
      },
      async profile({ customer }, _, { loaders }) {
        const state = await loaders.profile.load(customer);
        return state === null ? null : { ...state, customer };
      },
      async timeline({ customer }, { types, ...args }, context) {
        const page = pageOf(args);
        const before = page.after === null ? null : { occurred: String(page.after.key[0]), id: page.after.id };
        const facts = await timelineOf(journal, await context.loaders.subjects.load(customer), { limit: page.limit, before, types });
        const connection = connectionOf(await shown(facts, keyring, mayOpen(context)), page, ({ occurred, id }) => ({
          key: [occurred],
          id,
        }));
        return { ...connection, freshness: await context.loaders.journalFreshness() };
      },
    },

    Purchases: {
      kind: ({ kind }) => upper(kind),
      byCurrency: ({ byCurrency }) => Object.entries(byCurrency).map(([currency, purchases]) => ({ ...purchases, currency })),
      netRevenue: (state) => {
        const currency = currencyOf(state);
        const purchases = currency === null ? undefined : state.byCurrency[currency];
        return currency === null || purchases === undefined ? null : money(netMinor(purchases), currency);
      },
      reasonNull: (state) => {
        const currency = currencyOf(state);
        return currency === null ? 'NO_PURCHASES' : currency === 'MIXED_CURRENCY' ? currency : null;
      },
      firstPurchase: (state) => dayOrNull(saleDayNumbers(state)[0]),
      lastPurchase: (state) => dayOrNull(saleDayNumbers(state).at(-1)),
      silentSince: ({ silentSince }) => dayOrNull(silentSince),
      freshness: (_, __, { loaders }) => loaders.freshness('purchases'),
    },

    CurrencyPurchases: {
      sales: amount(({ salesMinor }) => salesMinor),
      refunded: amount(({ refundedMinor }) => refundedMinor),
      adjustments: amount(({ adjustedMinor }) => adjustedMinor),
      netRevenue: amount(netMinor),
      saleDays: ({ saleDays, currency }) => saleDays.map((entry) => ({ entry, currency })),
    },
    SaleDay: {
      day: ({ entry: [day] }) => dayOf(day),
      sales: ({ entry: [, grossMinor], currency }) => money(grossMinor, currency),
      orders: ({ entry: [, , orders] }) => orders,
    },

    LifetimeValue: {
      value: ({ answer }) => answer?.value ?? null,
      money: ({ answer, customer: { model } }) => (answer === null || model === null ? null : money(answer.valueMinor, model.currency)),
      reasonNull: ({ answer, customer }) => (customer.kind === 'none' ? customer.reason : answer === null ? 'NO_SPEND_MODEL' : null),
      horizonMonths: ({ terms }) => terms.horizonMonths,
      discountMonthly: ({ terms }) => terms.discountMonthly,
      interval({ customer, terms }, { level }) {
        if (!(level >= 0.5 && level <= 0.99))
          throw failure('BAD_USER_INPUT', `level is ${level}.`, { field: 'level', rule: 'from 0.5 to 0.99' });
        const interval = customer.kind === 'known' ? intervalOf(customer, terms, level) : null;
        if (interval === null) return null;
        const { low, high, median, purchases } = interval;
        return { low, high, median, level, draws: DRAWS, purchasesLow: purchases.low, purchasesHigh: purchases.high };
      },
      parts: ({ answer }) => (answer?.parts ?? []).map(({ ownWeight = null, ...part }) => ({ ...part, ownWeight })),
      words: ({ answer }) => answer?.words ?? null,
      asOfDay: ({ endDay }) => dayOrNull(endDay),
      model: ({ customer: { model } }) => model,
      freshness: (_, __, { loaders }) => loaders.freshness('purchases'),
    },

    PurchaseOutlook: {
      probability: ({ customer, days }) => (customer.kind === 'known' ? purchaseOutlook(customer, days).probability : null),
      risk: ({ customer, days }) => (customer.kind === 'known' ? 1 - purchaseOutlook(customer, days).probability : null),
      expectedPurchases: ({ customer, days }) => (customer.kind === 'known' ? purchaseOutlook(customer, days).expected : null),
      alive: ({ customer, days }) => (customer.kind === 'known' ? purchaseOutlook(customer, days).alive : null),
      reasonNull: ({ customer }) => (customer.kind === 'none' ? customer.reason : null),
      asOfDay: ({ endDay }) => dayOrNull(endDay),
      model: ({ customer: { model } }) => model,
      freshness: (_, __, { loaders }) => loaders.freshness('purchases'),
    },

    Profile: {
      kind: ({ kind }) => upper(kind),
      async traits(state, _, context) {
        return JSON.stringify(mayOpen(context) ? await openTraits(keyring, state) : { redacted: true, reason: 'NO_RIGHT' });
      },
      behaviours: ({ behaviours }) => Object.entries(behaviours).map(([call, count]) => ({ call, count })),
      consent: (state, { category, channel }) => upper(consentOf(state, category, channel, now())),
      freshness: (_, __, { loaders }) => loaders.freshness('profile'),
    },

    Event: {
      actor: ({ meta }) => meta.actor,
      source: ({ meta }) => meta.source,
      data: ({ data }) => JSON.stringify(data),
    },
  };
}

function amount<T extends CurrencyPurchases & { readonly currency: string }>(of: (purchases: CurrencyPurchases) => number) {
  return (purchases: T): { amountMinor: string; currency: string } => money(of(purchases), purchases.currency);
}

function dayOrNull(day: number | null | undefined): string | null {
  return day === null || day === undefined ? null : dayOf(day);
}

function within(field: string, value: number, low: number, high: number): number {
  if (value < low || value > high) throw failure('BAD_USER_INPUT', `${field} is ${value}.`, { field, rule: `from ${low} to ${high}` });
  return value;
}

function upper<T extends string>(word: T): Uppercase<T> {
  return word.toUpperCase() as Uppercase<T>;
}
