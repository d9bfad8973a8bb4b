import { asOfUnsupported, failure, fromMomentId } from '@tsunagari/graphql';
import type { Resolvers } from '../generated/graphql';
import { notHers, reachWithin } from '../own-part';
import type { ProjectionProgressModel, SubgraphContext } from '../subgraph.models';
import type { UnderstandingPorts } from '../understanding.loaders';
import { type CustomerChange, customerChanges } from './customer-changes';
import { progressFeed } from './projection-progress';

/** Facts that one change names. */
const MOST_EVIDENCE = 100;

/** What is told as it happens. Rights are those of queries, looked at again for every event. */
export function liveResolvers(
  { log, journal, projections, onError = () => undefined }: UnderstandingPorts,
  names: readonly string[],
): Resolvers {
  const { identity } = projections;
  const changes = customerChanges({ log, journal, identity, projections, names, onError });
  const progress = progressFeed(projections, onError);

  /** What of a change the caller may see; null when it is of a part of her that she does not reach. */
  const seenBy = async ({ principal }: SubgraphContext, change: CustomerChange): Promise<CustomerChange | null> => {
    if (principal.kind === 'staff') return change;
    const reach = await reachWithin(principal, change.customer, identity);
    if (reach.kind === 'none') throw notHers();
    if (reach.kind === 'all') return change;
    const evidence = change.evidence.filter(({ subject }) => subject !== null && reach.subjects.includes(subject));
    return evidence.length > 0 || change.everybody.length > 0 ? { ...change, evidence } : null;
  };

  return {
    Subscription: {
      customerChanged: {
        async *subscribe(_, { id, after }, context) {
          const { key: subject, moment } = fromMomentId('Customer', id);
          if (moment !== null) throw asOfUnsupported('customerChanged');
          const { customer } = await identity.membersOf(subject);
          if (context.principal.kind !== 'staff' && (await reachWithin(context.principal, customer, identity)).kind === 'none')
            throw notHers();
          for await (const change of changes.follow(subject, after ?? null, context.signal)) {
            const seen = await seenBy(context, change);
            if (seen !== null) yield seen;
          }
        },
        resolve: (change: CustomerChange) => change,
      },
      projectionProgress: {
        async *subscribe(_, { projection }, { signal }) {
          const known = (await projections.status()).projections.map(({ name }) => name).sort();
          if (!known.includes(projection))
            throw failure('BAD_USER_INPUT', `No projection is called ${projection}.`, {
              field: 'projection',
              rule: `one of ${known.join(', ')}`,
            });
          for await (const { status, generations } of progress.follow(projection, signal))
            yield { position: status.position, status: { ...status, generations } };
        },
        resolve: (progressed: ProjectionProgressModel) => progressed,
      },
    },
    CustomerChange: {
      customer: ({ customer }) => ({ customer }),
      causes: ({ evidence, everybody }) => [...new Set([...evidence.map(({ cause }) => cause), ...everybody])],
      evidence: ({ evidence }) => evidence.slice(-MOST_EVIDENCE).map(({ id }) => id),
    },
  };
}
