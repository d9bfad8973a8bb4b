import { BEGINNING } from '@tsunagari/contracts';
import { connectionOf, fromGlobalId, pageOf, toGlobalId } from '@tsunagari/graphql';
import { mayOpen, money } from './customer.resolver';
import type { Resolvers } from './generated/graphql';
import { type Job, jobById } from './jobs';
import { currentScores } from './lifetime-value/scores.query';
import { customersPage, mainCurrency, totals } from './purchases/purchases.query';
import { retentionAsked, shownAverage, shownRows } from './retention/retention.resolver';
import { logOf, shown, timelineOf } from './timeline/timeline.query';
import type { Freshness, UnderstandingPorts } from './understanding.loaders';

/** Lists and boards over all customers, and what operations look at. */
export function boardResolvers(ports: UnderstandingPorts): Resolvers {
  const { pool, log, journal, keyring } = ports;
  return {
    Query: {
      async customers(_, { orderBy, currency: asked, ...args }, { loaders }) {
        const scores = orderBy === 'NET_REVENUE' ? null : await currentScores(pool);
        const freshness = await loaders.freshness('purchases');
        // A list by score lives as long as its model: behind a new fit a cursor would point into another order.
        const generation = `${orderBy} ${orderBy === 'NET_REVENUE' ? freshness.version : (scores?.modelId ?? '')}`;
        const page = pageOf(args, generation);
        const currency = asked ?? scores?.currency ?? (await mainCurrency(pool));
        const after = page.after === null ? null : { sort: String(page.after.key[0]), key: page.after.id };
        const rows = currency === null ? [] : await customersPage(pool, { orderBy, currency, limit: page.limit, after });
        const { edges, pageInfo } = connectionOf(rows, page, ({ key, sort }) => ({ key: [sort], id: key, generation }));
        return { edges: edges.map(({ cursor, node }) => ({ cursor, node: { customer: node.key } })), pageInfo, currency, freshness };
      },

      retention: (_, { input }, context) => retentionAsked(ports, input ?? {}, context),

      totals: () => totals(pool),

      async events(_, { filter, ...args }, context) {
        const page = pageOf(args);
        const { limit, after } = page;
        const types = filter?.types;
        if (filter?.customer != null) {
          const subjects = await context.loaders.subjects.load(fromGlobalId('Customer', filter.customer, 'filter.customer'));
          const before = after === null ? null : { occurred: String(after.key[0]), id: after.id };
          const facts = await timelineOf(journal, subjects, { limit, before, types });
          return eventsOf(
            await shown(facts, keyring, mayOpen(context)),
            page,
            ({ occurred }) => occurred,
            await context.loaders.journalFreshness(),
          );
        }
        const facts = await logOf(log, { limit, after: after === null ? BEGINNING : String(after.key[0]), types });
        return eventsOf(
          await shown(facts, keyring, mayOpen(context)),
          page,
          ({ position }) => position,
          await context.loaders.journalFreshness(),
        );
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
      freshness: (_, __, { loaders }) => loaders.freshness('purchases'),
    },
    SegmentRetention: { rows: ({ rows }) => shownRows(rows), average: ({ average }) => shownAverage(average) },

    Totals: {
      invoices: ({ byCurrency }) => byCurrency.reduce((sum, { invoices }) => sum + invoices, 0),
      netRevenue: ({ byCurrency: [one, another] }) =>
        one === undefined || another !== undefined ? null : money(one.netMinor, one.currency),
      reasonNull: ({ byCurrency }) => (byCurrency.length === 0 ? 'NO_BASE' : byCurrency.length > 1 ? 'MIXED_CURRENCY' : null),
      byCurrency: ({ byCurrency }) => [...byCurrency],
      freshness: (_, __, { loaders }) => loaders.freshness('purchases'),
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
