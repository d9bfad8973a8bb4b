import { comparePositions, type Position } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import { type LiveFeed, liveFeed } from '@tsunagari/graphql';
import type { IdentityReader, ReadModelReader, ReadModelRunner } from '@tsunagari/projection';
import type { RequestState } from './request.decider';
import { requestsReadModel } from './request.read-model';

/** A request as the board shows it, after the fact at `position`. */
export type RequestChanged = { readonly position: Position; readonly request: RequestState };

/** Requests that changed, and whose customer each subject is that they name or somebody follows. */
export type ChangedRequests = { readonly changed: readonly RequestChanged[]; readonly owners: ReadonlyMap<string, string> };

export type RequestFeed = LiveFeed<ChangedRequests>;

/** Requests as they reach the board: each once a page, however often it changed there. */
export function requestFeed({
  log,
  board,
  readModels,
  identity,
  onError,
}: {
  readonly log: EventLog;
  readonly board: Pick<ReadModelReader<{ readonly request: RequestState | null }>, 'get'>;
  readonly readModels: Pick<ReadModelRunner, 'position' | 'onMoved'>;
  readonly identity: Pick<IdentityReader, 'customersOf' | 'position'>;
  readonly onError?: (error: unknown) => void;
}): RequestFeed {
  return liveFeed<ChangedRequests>({
    log,
    types: requestsReadModel.types,
    onMoved: (listener) => readModels.onMoved(listener),
    onError,
    async taken() {
      const [boards, resolved] = await Promise.all([readModels.position(), identity.position()]);
      return comparePositions(boards, resolved) < 0 ? boards : resolved;
    },
    async prepare(facts, followed) {
      // The last fact of each: a map keeps the place of the first, so what came before is taken out.
      const last = new Map<string, Position>();
      for (const fact of facts)
        for (const key of [requestsReadModel.key(fact) ?? []].flat()) {
          last.delete(key);
          last.set(key, fact.position);
        }
      const states = await board.get([...last.keys()]);
      const changed = [...last].flatMap(([key, position]) => {
        const request = states.get(key)?.request;
        return request ? [{ position, request }] : [];
      });
      const subjects = [...new Set([...changed.map(({ request }) => request.subject), ...followed])];
      return { changed, owners: await identity.customersOf(subjects) };
    },
  });
}
