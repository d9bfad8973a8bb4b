import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

/** One answer of a subscription. */
export type SubscriptionAnswer = {
  // Specs say what they expect of an answer; a type for each would only repeat the query.
  readonly data: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly errors: readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[];
  readonly position: string | undefined;
};

/** A subscription under way, by a real client of graphql-ws. */
export type Subscribed = {
  /** The next answer; null once it is over. Throws what closed the socket. */
  readonly next: () => Promise<SubscriptionAnswer | null>;
  /** Answers until one is as wanted. */
  readonly until: (isWanted: (answer: SubscriptionAnswer) => boolean) => Promise<SubscriptionAnswer>;
  readonly end: () => Promise<void>;
};

/** Subscribes over a socket of its own; `authorization` null signs in as nobody. */
export function subscribeTo(url: string, authorization: string | null, query: string, variables: Record<string, unknown> = {}): Subscribed {
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: authorization === null ? {} : { authorization },
    retryAttempts: 0,
  });
  const answers = client.iterate<SubscriptionAnswer['data'], { position?: unknown }>({ query, variables });
  const next = async (): Promise<SubscriptionAnswer | null> => {
    const { done, value } = await answers.next();
    if (done) return null;
    const { data = null, errors = [], extensions } = value;
    const shown = errors.map(({ message, extensions: detail }) => ({ message, extensions: detail ?? {} }));
    return { data, errors: shown, position: isText(extensions?.position) ? extensions.position : undefined };
  };
  return {
    next,
    async until(isWanted) {
      for (;;) {
        const answer = await next();
        if (answer === null) throw new Error('the subscription is over');
        if (isWanted(answer)) return answer;
      }
    },
    async end() {
      await answers.return?.();
      await client.dispose();
    },
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
