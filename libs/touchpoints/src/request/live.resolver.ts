import { followedSubject, fromGlobalId } from '@tsunagari/graphql';
import { reachesSubject } from '@tsunagari/projection';
import type { Resolvers } from '../generated/graphql';
import type { TouchpointsPorts } from '../touchpoints.subgraph';
import type { RequestChanged } from './request-changes';

/** Requests as they change. Rights are those of queries: a customer's own token follows what verified links make hers. */
export function requestLiveResolvers(ports: TouchpointsPorts): Pick<Resolvers, 'Subscription'> {
  const { requestFeed } = ports;
  return {
    Subscription: {
      requestChanged: {
        async *subscribe(_, { customerId, after }, { principal, signal }) {
          const asked = customerId == null ? null : fromGlobalId('Customer', customerId, 'customerId');
          const reaches = (subject: string): Promise<boolean> => reachesSubject(ports, principal, subject);
          const followed = await followedSubject(principal, asked, reaches);
          const events = requestFeed.follow<RequestChanged>({
            after: after ?? null,
            subject: followed,
            signal,
            pick: ({ changed, owners }) =>
              followed === null ? changed : changed.filter(({ request }) => owners.get(request.subject) === owners.get(followed)),
          });
          for await (const event of events) if (await reaches(event.request.subject)) yield event;
        },
        resolve: (event: RequestChanged) => event,
      },
    },
  };
}
