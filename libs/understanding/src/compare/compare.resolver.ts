import { fromGlobalId } from '@tsunagari/graphql';
import { mayOpen } from '../customer.resolver';
import type { Resolvers } from '../generated/graphql';
import { shown } from '../timeline/timeline.query';
import type { UnderstandingPorts } from '../understanding.loaders';
import { compareCustomer } from './compare-customer';

export function compareResolvers({ journal, keyring, projections }: UnderstandingPorts): Resolvers {
  return {
    Query: {
      async compareCustomer(_, { id, a, b }, { loaders }) {
        const subject = fromGlobalId('Customer', id);
        const [then, now] = await Promise.all([projections.momentOf(a), projections.momentOf(b)]);
        const found = await compareCustomer({ projections, journal, ...loaders }, subject, then, now);
        const { changes, events } = found.comparison;
        if (changes.length === 0 && events.length === 0 && (await projections.identity.subjectsOf([found.b])).get(found.b)?.length === 0)
          return null;
        return { a: { customer: found.a, moment: then }, b: { customer: found.b, moment: now }, ...found.comparison };
      },
    },
    CustomerDiff: {
      changes: ({ changes }) => [...changes],
      events: async ({ events }, _, context) => [...(await shown(events, keyring, mayOpen(context)))],
    },
  };
}
