import { createClient as createSocket } from 'graphql-ws';
import type { TypedDocumentString } from './generated/operations';
import { type Failure, failuresOf, RequestFailed, type Shown } from './failures';

export type SubscribeOptions = {
  /** Where to go on: the `position` of the last event that was taken in, or of a query's freshness. By default from now on. */
  readonly after?: string;
  /** Ends it. */
  readonly signal?: AbortSignal;
  /** How often in a row a lost connection is tried again, after 0.25 s, then twice as long each time, up to 10 s. Default 10. */
  readonly retries?: number;
};

/** One event. */
export type Event<Data> = {
  readonly data: Data;
  /** The parts that failed; their fields are null. */
  readonly failures: readonly Failure[];
  /** How far the log is taken in; null of a subscription that has no place in it. */
  readonly position: string | null;
};

/** Where and as whom to subscribe. */
export type SocketOptions = { readonly url: string; readonly token?: string | undefined; readonly webSocket?: unknown };

/** Close codes after which another try may succeed: going away, no status, lost, restart, try later, bad gateway. */
const PASSING: readonly unknown[] = [1001, 1005, 1006, 1012, 1013, 1014];
/** Failures that end a subscription and say nothing against another one after the last event. */
const AGAIN: readonly string[] = ['SUBGRAPH_UNAVAILABLE', 'SUBSCRIBER_TOO_SLOW', 'OVERLOADED'];
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/**
 * The events of a subscription. Cut off, it subscribes again after the last event: what happened meanwhile comes first. Throws
 * {@link RequestFailed} when it is refused, when the token has expired, and when all tries failed.
 */
export async function* subscription<Data, Variables>(
  { url, token, webSocket }: SocketOptions,
  operation: TypedDocumentString<Data, Variables>,
  variables: Variables,
  { after, signal, retries = 10 }: SubscribeOptions = {},
): AsyncGenerator<Event<Data>> {
  let position = after;
  for (let lost = 0; !signal?.aborted;) {
    const socket = createSocket({
      url: url.replace(/^http/, 'ws'),
      retryAttempts: 0,
      ...(token === undefined ? {} : { connectionParams: { authorization: `Bearer ${token}` } }),
      ...(webSocket === undefined ? {} : { webSocketImpl: webSocket }),
    });
    const leave = (): void => void socket.dispose();
    signal?.addEventListener('abort', leave);
    let failed: RequestFailed;
    try {
      const asked = { ...variables, ...(position === undefined ? {} : { after: position }) };
      const ended = yield* following<Data>(socket.iterate<Data, Position>({ query: String(operation), variables: asked }), (to) => {
        position = to;
        lost = 0;
      });
      if (ended === null) return;
      failed = ended;
    } catch (closed) {
      if (signal?.aborted) return;
      failed = asFailed(closed);
      if (!isPassing(closed)) throw failed;
    } finally {
      signal?.removeEventListener('abort', leave);
      leave();
    }
    if (lost++ >= retries) throw failed;
    await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (lost - 1)), signal);
  }
}

type Position = { readonly position?: string };
type Result<Data> = {
  readonly data?: Data | null | undefined;
  readonly errors?: readonly Shown[] | undefined;
  readonly extensions?: Position | undefined;
};

/** The events of one connection. Answers null when the subscription is over, or why it has to be begun again. */
async function* following<Data>(
  results: AsyncIterable<Result<Data>>,
  onEvent: (position: string) => void,
): AsyncGenerator<Event<Data>, RequestFailed | null> {
  for await (const { data, errors, extensions } of results) {
    const failures = failuresOf(errors);
    if (data === undefined || data === null) {
      const failed = new RequestFailed(failures, 0);
      if (failures.some(({ code }) => AGAIN.includes(code))) return failed;
      throw failed;
    }
    const position = extensions?.position ?? null;
    if (position !== null) onEvent(position);
    yield { data, failures, position };
  }
  return null;
}

function isPassing(closed: unknown): boolean {
  if (closed instanceof RequestFailed) return false;
  const code = codeOf(closed);
  // An error without a code is one of the connection: nobody answers.
  return code === undefined || PASSING.includes(code);
}

function asFailed(closed: unknown): RequestFailed {
  if (closed instanceof RequestFailed) return closed;
  const code = codeOf(closed);
  const reason = typeof closed === 'object' && closed !== null && 'reason' in closed ? String(closed.reason) : 'The connection was lost.';
  return new RequestFailed([{ code: code === 4403 || code === 4401 ? 'UNAUTHENTICATED' : 'UNKNOWN', message: reason }], 0);
}

function codeOf(closed: unknown): unknown {
  return typeof closed === 'object' && closed !== null && 'code' in closed && typeof closed.code === 'number' ? closed.code : undefined;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
