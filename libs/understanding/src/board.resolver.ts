import { BEGINNING } from '@tsunagari/contracts';
import { connectionOf, failure, fromGlobalId, pageOf, toGlobalId } from '@tsunagari/graphql';
import { mayOpen, money } from './customer.resolver';
import type { Resolvers } from './generated/graphql';
import { type Job, jobById } from './jobs';
import { currentScores } from './lifetime-value/scores.query';
import { type NamedBase, namedBase } from './purchases/named-base';
import { customersPage, mainCurrency, totals } from './purchases/purchases.query';
import { retentionAsked, shownAverage, shownRows } from './retention/retention.resolver';
import { logOf, shown, timelineOf } from './timeline/timeline.query';
import { type Freshness, freshnessAt, type UnderstandingPorts } from './understanding.loaders';

/** Lists and boards over all customers, and what operations look at. */
export function boardResolvers(ports: UnderstandingPorts): Resolvers {
  const { pool, log, journal, keyring, projections } = ports;
  const baseOf = async (label: string | null | undefined): Promise<NamedBase | null> =>
    label == null ? null : await namedBase(projections, label);
  return {
    Query: {
      async customers(_, { orderBy, currency: asked, asOfLabel, ...args }, { loaders }) {
        const base = await baseOf(asOfLabel);
        if (base !== null && orderBy !== 'NET_REVENUE')
          throw failure('AS_OF_UNSUPPORTED', `${orderBy} is known for now only.`, {
            field: 'orderBy',
            rule: 'as of a moment NET_REVENUE: scores are those of the newest model',
          });
        const scores = orderBy === 'NET_REVENUE' ? null : await currentScores(pool);
        const freshness = base?.freshness ?? (await loaders.freshness('purchases'));
        // A list by score lives as long as its model: behind a new fit a cursor would point into another order.
        const generation = `${orderBy} ${orderBy === 'NET_REVENUE' ? `${freshness.version} ${asOfLabel ?? ''}` : (scores?.modelId ?? '')}`;
        const page = pageOf(args, generation);
        const currency = asked ?? scores?.currency ?? (await mainCurrency(pool, base?.table));
        const after = page.after === null ? null : { sort: String(page.after.key[0]), key: page.after.id };
        const rows =
          currency === null ? [] : await customersPage(pool, { orderBy, currency, limit: page.limit, after, label: asOfLabel ?? null });
        const { edges, pageInfo } = connectionOf(rows, page, ({ key, sort }) => ({ key: [sort], id: key, generation }));
        const moment = base === null ? null : { position: base.position, occurredBy: null };
        return {
          edges: edges.map(({ cursor, node }) => ({ cursor, node: { customer: node.key, moment } })),
          pageInfo,
          currency,
          freshness,
        };
      },

      async retention(_, { input, asOfLabel }, context) {
        return retentionAsked(ports, input ?? {}, await baseOf(asOfLabel), context);
      },

      async totals(_, { asOfLabel }) {
        const base = await baseOf(asOfLabel);
        return { ...(await totals(pool, base?.table)), base: base?.freshness ?? null };
      },

      async events(_, { filter, asOf, ...args }, context) {
        const page = pageOf(args);
        const { limit, after } = page;
        const types = filter?.types;
        const moment = asOf == null ? null : await projections.momentOf(asOf);
        const freshness = moment === null ? await context.loaders.journalFreshness() : freshnessAt('journal', { ...moment, version: 1 });
        if (filter?.customer != null) {
          const customer = fromGlobalId('Customer', filter.customer, 'filter.customer');
          const subjects =
            moment === null
              ? await context.loaders.subjects.load(customer)
              : (await projections.identity.membersOf(customer, moment.position)).subjects;
          const before = after === null ? null : { occurred: String(after.key[0]), id: after.id };
          const facts = await timelineOf(journal, subjects, { limit, before, types, moment });
          return eventsOf(await shown(facts, keyring, mayOpen(context)), page, ({ occurred }) => occurred, freshness);
        }
        const facts = await logOf(log, { limit, after: after === null ? BEGINNING : String(after.key[0]), types, moment });
        return eventsOf(await shown(facts, keyring, mayOpen(context)), page, ({ position }) => position, freshness);
      },

      async projections(_, __, { loaders }) {
        return [...(await loaders.status()).projections];
      },

      async job(_, { id }) {
        const job = await jobById(pool, fromGlobalId('Job', id));
        return job === null ? null : shownJob(job);
      },
    },

    RetentionGrid: {
      rows: ({ rows }) => shownRows(rows),
      average: ({ average }) => shownAverage(average),
      freshness: ({ base }, _, { loaders }) => base ?? loaders.freshness('purchases'),
    },
    SegmentRetention: { rows: ({ rows }) => shownRows(rows), average: ({ average }) => shownAverage(average) },

    Totals: {
      invoices: ({ byCurrency }) => byCurrency.reduce((sum, { invoices }) => sum + invoices, 0),
      netRevenue: ({ byCurrency: [one, another] }) =>
        one === undefined || another !== undefined ? null : money(one.netMinor, one.currency),
      reasonNull: ({ byCurrency }) => (byCurrency.length === 0 ? 'NO_BASE' : byCurrency.length > 1 ? 'MIXED_CURRENCY' : null),
      byCurrency: ({ byCurrency }) => [...byCurrency],
      freshness: ({ base }, _, { loaders }) => base ?? loaders.freshness('purchases'),
    },
    CurrencyTotals: {
      netRevenue: ({ netMinor, currency }) => money(netMinor, currency),
      refunded: ({ refundedMinor, currency }) => money(refundedMinor, currency),
      sales: ({ salesMinor, currency }) => money(salesMinor, currency),
    },
  };
}

type Shown = Awaited<ReturnType<typeof shown>>;

function eventsOf(facts: Shown, page: ReturnType<typeof pageOf>, sort: (fact: Shown[number]) => string, freshness: Freshness) {
  return { ...connectionOf(facts, page, (fact) => ({ key: [sort(fact)], id: fact.id })), freshness };
}

/** A job as the graph shows it. */
export function shownJob({ id, status, result, ...job }: Job) {
  return {
    ...job,
    result: result === null ? null : JSON.stringify(result),
    id: toGlobalId('Job', id),
    status: status.toUpperCase() as Uppercase<Job['status']>,
  };
}
