import { isPosition, type Position } from '@tsunagari/contracts';
import { createSourceEventStream, execute, type GraphQLError, type GraphQLSchema } from 'graphql';
import type { RequestContext } from './request-context';
import type { SubgraphRequest, SubgraphResult } from './subgraph';

/** One subscription of a subgraph. Whoever no longer listens aborts `signal`: a source that is silent is not woken otherwise. */
export type SubgraphSubscription = SubgraphRequest & { readonly signal: AbortSignal };

/**
 * The events of a subscription, each as the answer of one fetch. A subscription that is refused is one answer with errors; so is the
 * end of one whose source failed. Never throws for what a resolver throws.
 */
export type SubgraphSubscriber = (subscription: SubgraphSubscription) => AsyncIterable<SubgraphResult>;

/**
 * What the source of a subscription yields. `position` is how far the event has seen the log: the gateway asks every other subgraph
 * for at least that, and a client that was cut off goes on `after` it.
 */
export type SubscriptionEvent = { readonly position: Position };

export type EventExecution<Loaders> = {
  readonly schema: GraphQLSchema;
  /** Called for the source and for every event: loaders kept for longer would show what is stale. */
  readonly contextOf: (position: Position | null) => RequestContext<Loaders>;
  readonly masked: (error: unknown) => GraphQLError;
};

/** Runs a subscription as graphql-js does, but for the context: every event gets its own. */
export async function* executeSubscription<Loaders>(
  { schema, contextOf, masked }: EventExecution<Loaders>,
  { document, variables, operationName }: SubgraphSubscription,
): AsyncGenerator<SubgraphResult> {
  const asked = { schema, document, variableValues: variables, operationName };
  try {
    const source = await createSourceEventStream({ ...asked, contextValue: contextOf(null) });
    if (!(Symbol.asyncIterator in source)) {
      yield { data: null, errors: (source.errors ?? []).map(masked) };
      return;
    }
    for await (const event of source) {
      const position = positionOf(event);
      const { data, errors } = await execute({ ...asked, rootValue: event, contextValue: contextOf(position) });
      yield {
        data: data ?? null,
        ...(errors?.length ? { errors: errors.map(masked) } : {}),
        ...(position === null ? {} : { extensions: { position } }),
      };
    }
  } catch (error) {
    yield { data: null, errors: [masked(error)] };
  }
}

function positionOf(event: unknown): Position | null {
  return typeof event === 'object' && event !== null && 'position' in event && isPosition(event.position) ? event.position : null;
}
