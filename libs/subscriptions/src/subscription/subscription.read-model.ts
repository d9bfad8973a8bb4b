import type { Principal } from '@tsunagari/access';
import { streamName, subscriptionFacts, subscriptionIdSchema, type Fact } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import { type IdentityReader, subjectsReached } from '@tsunagari/projection';
import { evolveSubscription, type Subscription } from './subscription.state';

const TYPES = subscriptionFacts.map(({ type }) => type);

/** Read where it was decided, so never behind. Null for one that nobody began. */
export async function readSubscription(store: EventStore, subscriptionId: string): Promise<Subscription | null> {
  if (!subscriptionIdSchema.safeParse(subscriptionId).success) return null;
  const stream = await store.readStream(streamName('subscription', subscriptionId));
  return stream.kind === 'open' ? stream.facts.reduce(evolveSubscription, null) : null;
}

/** The subscriptions recorded under these subjects, newest first, for many lists in one read. */
export async function subscriptionsUnder(
  journal: Journal,
  lists: readonly (readonly string[])[],
): Promise<readonly (readonly Subscription[])[]> {
  const subjects = [...new Set(lists.flat())];
  const facts = subjects.length === 0 ? [] : await journal.bySubjects({ subjects, types: TYPES });
  const streams = new Map<string, Fact[]>();
  for (const fact of facts) {
    const own = streams.get(fact.stream);
    if (own) own.push(fact);
    else streams.set(fact.stream, [fact]);
  }
  const all = [...streams.values()].flatMap((own) => own.sort((a, b) => a.version - b.version).reduce(evolveSubscription, null) ?? []);
  return lists.map((list) => {
    const wanted = new Set(list);
    return all
      .filter(({ subject }) => wanted.has(subject))
      .sort((a, b) => (a.startedAt === b.startedAt ? (a.subscriptionId < b.subscriptionId ? 1 : -1) : a.startedAt < b.startedAt ? 1 : -1));
  });
}

/** The subscriptions of many customers, each with all her subjects that the caller reaches, in two reads. */
export async function subscriptionsOf(
  { identity, journal }: { readonly identity: IdentityReader; readonly journal: Journal },
  principal: Principal,
  customers: readonly string[],
): Promise<readonly (readonly Subscription[])[]> {
  const members = await subjectsReached({ identity }, principal, customers);
  return subscriptionsUnder(
    journal,
    customers.map((customer) => members.get(customer) ?? []),
  );
}
