import { followedSubject, fromGlobalId } from '@tsunagari/graphql';
import { reachesSubject } from '@tsunagari/projection';
import type { Resolvers } from '../generated/graphql';
import type { ProposalsPorts } from '../proposals.subgraph';
import type { DecisionMade } from './decisions-made';
import { proposalsOf } from './proposal.resolver';

/** Decisions as they are made. Rights are those of queries: a customer's own token follows what verified links make hers. */
export function proposalLiveResolvers(ports: ProposalsPorts): Resolvers {
  return {
    Subscription: {
      proposalDecided: {
        async *subscribe(_, { customerId, slot, after }, { principal, signal }) {
          const asked = customerId == null ? null : fromGlobalId('Customer', customerId, 'customerId');
          const reaches = (subject: string): Promise<boolean> => reachesSubject(ports, principal, subject);
          const followed = await followedSubject(principal, asked, reaches);
          const events = ports.decisionFeed.follow<DecisionMade>({
            after: after ?? null,
            subject: followed,
            signal,
            pick: ({ made, owners }) =>
              made.filter(
                ({ decision }) =>
                  (slot == null || decision.slot === slot) && (followed === null || owners.get(decision.subject) === owners.get(followed)),
              ),
          });
          for await (const event of events) if (await reaches(event.decision.subject)) yield event;
        },
        resolve: (event: DecisionMade) => event,
      },
    },
    DecisionMade: {
      proposals: ({ decision }) => proposalsOf(decision),
      async customer({ decision }, _, { loaders }) {
        return { customer: (await loaders.owner.load(decision.subject)) ?? decision.subject };
      },
    },
  };
}
