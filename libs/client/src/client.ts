import { type Failure, failuresOf, RequestFailed, type Shown } from './failures';
import type { TypedDocumentString } from './generated/operations';
import { type Event, type SubscribeOptions, subscription } from './subscription';

export { type Failure, RequestFailed } from './failures';
export type { Event, SubscribeOptions } from './subscription';

export type ClientOptions = {
  /** The endpoint: `http://127.0.0.1:4000/graphql`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string;
  /** In place of the global fetch. */
  readonly fetch?: typeof fetch;
  /** In place of the global WebSocket: the class of the package `ws` where there is none (Node before 22). */
  readonly webSocket?: unknown;
};

export type AskOptions = {
  /** Wait until the answer knows of this position. By default that of this client's own newest write. */
  readonly atLeast?: string;
  readonly signal?: AbortSignal;
};

export type Answer<Data> = {
  readonly data: Data;
  /** The parts that failed; their fields are null. */
  readonly failures: readonly Failure[];
};

export type Client = {
  /** Runs one operation. Throws a {@link RequestFailed} when there is no data at all, and what fetch throws when nobody answers. */
  readonly ask: <Data, Variables>(
    operation: TypedDocumentString<Data, Variables>,
    variables: Variables,
    options?: AskOptions,
  ) => Promise<Answer<Data>>;
  /**
   * The events of a subscription, until it is over or `signal` ends it. Cut off, it goes on after the last event. Throws a
   * {@link RequestFailed} when it is refused, the token has expired or all tries failed.
   */
  readonly subscribe: <Data, Variables>(
    operation: TypedDocumentString<Data, Variables>,
    variables: Variables,
    options?: SubscribeOptions,
  ) => AsyncGenerator<Event<Data>>;
  /** Where this client's newest write stands; null before the first. Hand it to another process that shall see it. */
  readonly position: () => string | null;
};

type Response = {
  readonly data?: unknown;
  readonly errors?: readonly Shown[];
  readonly extensions?: { readonly position?: string };
};

/**
 * A client that reads its own writes: after a mutation every operation asks for at least the position of that mutation. Operations
 * are those of `./generated/operations`, or your own from codegen's client preset with `documentMode: 'string'`.
 */
export function createClient({ url, token, fetch: send = fetch, webSocket }: ClientOptions): Client {
  let written: string | null = null;
  return {
    position: () => written,
    subscribe: (operation, variables, options) => subscription({ url, token, webSocket }, operation, variables, options),
    ask: async <Data, Variables>(
      operation: TypedDocumentString<Data, Variables>,
      variables: Variables,
      options: AskOptions = {},
    ): Promise<Answer<Data>> => {
      const atLeast = options.atLeast ?? written;
      const response = await send(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ query: String(operation), variables, ...(atLeast === null ? {} : { extensions: { atLeast } }) }),
        ...(options.signal ? { signal: options.signal } : {}),
      });
      const { data, errors, extensions } = await readResponse(response);
      if (extensions?.position !== undefined) written = later(extensions.position, written);
      const failures = failuresOf(errors);
      if (data === undefined || data === null) throw new RequestFailed(failures, response.status);
      return { data: data as Data, failures };
    },
  };
}

async function readResponse(response: globalThis.Response): Promise<Response> {
  try {
    return (await response.json()) as Response;
  } catch {
    throw new RequestFailed(
      [{ code: 'UNKNOWN', message: `${response.url} answers with HTTP ${response.status} and no JSON. Is this the GraphQL endpoint?` }],
      response.status,
    );
  }
}

/** Positions are decimal digits without leading zeros. */
function later(a: string, b: string | null): string {
  return b === null || a.length > b.length || (a.length === b.length && a > b) ? a : b;
}
