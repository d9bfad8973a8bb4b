import type { Role } from '@tsunagari/access';
import { connectionOf, failure, fromMomentId, type IdMoment, pageOf, presentOnly, toMomentId } from '@tsunagari/graphql';
import { dayNumberOf, dayOf } from './calendar';
import type { Resolvers } from './generated/graphql';
import { DRAWS, intervalOf, lifetimeValueOf, purchaseOutlook, valuedCustomer } from './lifetime-value/customer-value';
import { notHers } from './own-part';
import { consentOf } from './profile/consents';
import { openTraits } from './profile/profile.query';
import { currencyOf, type CurrencyPurchases, netMinor, saleDayNumbers, marginToDate } from './purchases/purchases.state';
import { historicLifetimeValue, rfmScores } from '@tsunagari/metrics';
import { profileEvidence } from './attributes/evidence';
import { rfmValues } from './purchases/rfm';
import type { CustomerModel, SubgraphContext } from './subgraph.models';
import { shown, timelineOf } from './timeline/timeline.query';
import type { ProjectionName } from './read-models';
import { freshnessAt, type UnderstandingPorts } from './understanding.loaders';

/** Who may read personal values in the clear; a customer reaches only her own. */
const MAY_OPEN: readonly Role[] = ['customer', 'success', 'admin'];

export function mayOpen({ principal }: SubgraphContext): boolean {
  return principal?.roles.some((role) => MAY_OPEN.includes(role)) ?? false;
}

export function money(amountMinor: number | string, currency: string): { amountMinor: string; currency: string } {
  return { amountMinor: String(amountMinor), currency };
}

/** Fields that show a customer as of a moment, or refuse it themselves; every other one knows the present only. */
export const AS_OF = [
  '__resolveReference',
  'id',
  'purchases',
  'ltv',
  'purchaseProbability',
  'rfm',
  'profile',
  'timeline',
  'attributes',
  'holdings',
  'usage',
  'connection',
  'satisfaction',
  'stage',
  'segments',
  'needs',
  'health',
  'churnRisk',
];

/** Fields that show no more of a customer than the caller reaches: their loaders see to it. */
export const OF_A_PART = ['purchases', 'ltv', 'purchaseProbability', 'rfm', 'profile', 'timeline'];

/** The fields that understanding adds to Customer. Each loads through the fetch's loaders: a page costs a query a field, not a customer. */
export function customerResolvers({
  journal,
  keyring,
  now,
  projections,
}: Pick<UnderstandingPorts, 'journal' | 'keyring' | 'now' | 'projections'>): Resolvers {
  /** The customer before the newest model, at the later of its as-of day and the last closed day. */
  const valued = async ({ customer, moment }: CustomerModel, { loaders }: SubgraphContext) => {
    if (moment != null) {
      const [then, model] = await Promise.all([loaders.purchasesAsOf(customer, moment), loaders.modelAsOf(moment)]);
      const lastDay = then.lastDay === null ? null : dayNumberOf(then.lastDay);
      return { ...valuedCustomer(then.customer, then.state, model, lastDay), moment: { ...moment, version: then.version } };
    }
    const [state, model, lastDay] = await Promise.all([loaders.purchases.load(customer), loaders.model(), loaders.lastDay()]);
    return valuedCustomer(customer, state, model, lastDay);
  };

  return {
    Customer: {
      async __resolveReference({ id }, context) {
        const { key: customer, moment } = fromMomentId('Customer', id);
        const { kind } = await context.loaders.reach(customer);
        // What somebody reaches is known for now only: as of a moment staff alone.
        if (kind === 'none' || (moment !== null && context.principal.kind !== 'staff')) throw notHers();
        return { customer, moment };
      },
      id: ({ customer, moment }) => toMomentId('Customer', customer, moment),
      async purchases({ customer, moment }, _, { loaders }) {
        if (moment == null) return loaders.purchases.load(customer);
        const { state, version } = await loaders.purchasesAsOf(customer, moment);
        return state === null ? null : { ...state, moment: { ...moment, version } };
      },
      async ltv(parent, { horizonMonths, discountMonthly }, context) {
        const terms = { horizonMonths: within('horizonMonths', horizonMonths, 1, 600), discountMonthly: Number(discountMonthly) };
        if (!(terms.discountMonthly > -1 && terms.discountMonthly < 10))
          throw failure('BAD_USER_INPUT', 'This is no rate.', {
            field: 'discountMonthly',
            rule: 'above -1 and below 10; 0.01 is 1 % a month',
          });
        const known = await valued(parent, context);
        return { ...known, terms, answer: known.customer.kind === 'known' ? lifetimeValueOf(known.customer, terms) : null };
      },
      async purchaseProbability(parent, { days }, context) {
        return { ...(await valued(parent, context)), days: within('days', days, 1, 3650) };
      },
      async rfm(parent, _, { loaders }) {
        // Its scores rank her among all customers, who are not folded as of her moment.
        presentOnly(parent, 'rfm');
        const { customer } = parent;
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
          evidence: [...(state?.evidence ?? [])],
          asOfDay: dayOf(asOf),
          freshness: await loaders.freshness('purchases'),
        };
      },
      async profile({ customer, moment }, _, { loaders }) {
        if (moment != null) {
          const then = await loaders.profileAsOf(customer, moment);
          return then.state === null ? null : { ...then.state, customer, moment: { ...moment, version: then.version } };
        }
        const state = await loaders.profile.load(customer);
        return state === null ? null : { ...state, customer };
      },
      async timeline({ customer, moment }, { types, ...args }, context) {
        const page = pageOf(args);
        const before = page.after === null ? null : { occurred: String(page.after.key[0]), id: page.after.id };
        const subjects =
          moment == null
            ? await context.loaders.subjects.load(customer)
            : (await projections.identity.membersOf(customer, moment.position)).subjects;
        const facts = await timelineOf(journal, subjects, { limit: page.limit, before, types, moment });
        const connection = connectionOf(await shown(facts, keyring, mayOpen(context)), page, ({ occurred, id }) => ({
          key: [occurred],
          id,
        }));
        const freshness = moment == null ? await context.loaders.journalFreshness() : freshnessAt('journal', { ...moment, version: 1 });
        return { ...connection, freshness };
      },
    },

    Purchases: {
      kind: ({ kind }) => upper(kind),
      byCurrency: ({ byCurrency, moment = null }) =>
        Object.entries(byCurrency).map(([currency, purchases]) => ({ ...purchases, currency, moment })),
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
      evidence: ({ evidence }) => [...evidence],
      freshness: freshnessOf('purchases'),
    },

    CurrencyPurchases: {
      sales: amount(({ salesMinor }) => salesMinor),
      refunded: amount(({ refundedMinor }) => refundedMinor),
      adjustments: amount(({ adjustedMinor }) => adjustedMinor),
      netRevenue: amount(netMinor),
      margin: ({ marginMinor, marginOrders, currency }) => (marginOrders === 0 ? null : money(marginMinor, currency)),
      historicValue: ({ currency, moment, ...purchases }) => ({
        ...historicLifetimeValue({}, { revenueMinor: netMinor(purchases), marginMinor: marginToDate(purchases), currency }),
        projection: 'purchases',
        ...(moment == null ? {} : { read: () => Promise.resolve(freshnessAt('purchases', moment)) }),
      }),
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
      basis: ({ answer }) => answer?.basis ?? null,
      evidence: ({ evidence }) => [...evidence],
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
      freshness: freshnessOf('purchases'),
    },

    PurchaseOutlook: {
      probability: ({ customer, days }) => (customer.kind === 'known' ? purchaseOutlook(customer, days).probability : null),
      risk: ({ customer, days }) => (customer.kind === 'known' ? 1 - purchaseOutlook(customer, days).probability : null),
      expectedPurchases: ({ customer, days }) => (customer.kind === 'known' ? purchaseOutlook(customer, days).expected : null),
      alive: ({ customer, days }) => (customer.kind === 'known' ? purchaseOutlook(customer, days).alive : null),
      reasonNull: ({ customer }) => (customer.kind === 'none' ? customer.reason : null),
      evidence: ({ evidence }) => [...evidence],
      asOfDay: ({ endDay }) => dayOrNull(endDay),
      model: ({ customer: { model } }) => model,
      freshness: freshnessOf('purchases'),
    },

    Profile: {
      kind: ({ kind }) => upper(kind),
      async traits(state, _, context) {
        return JSON.stringify(mayOpen(context) ? await openTraits(keyring, state) : { redacted: true, reason: 'NO_RIGHT' });
      },
      behaviours: ({ behaviours }) => Object.entries(behaviours).map(([call, count]) => ({ call, count })),
      consent: (state, { category, channel }) => upper(consentOf(state, category, channel, state.moment?.occurredBy ?? now())),
      evidence: (state) => [...profileEvidence(state)],
      freshness: freshnessOf('profile'),
    },

    Event: {
      actor: ({ meta }) => meta.actor,
      source: ({ meta }) => meta.source,
      data: ({ data }) => JSON.stringify(data),
    },
  };
}

/** How fresh an answer is: as of a moment it is what it is. */
function freshnessOf(projection: ProjectionName) {
  return ({ moment }: { readonly moment?: (IdMoment & { readonly version: number }) | null }, _: object, { loaders }: SubgraphContext) =>
    moment == null ? loaders.freshness(projection) : Promise.resolve(freshnessAt(projection, moment));
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
