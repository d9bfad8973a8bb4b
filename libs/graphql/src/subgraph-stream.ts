import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { print } from 'graphql';
import { CONTEXT_HEADER, type ContextSigner } from './request-context';
import type { SubgraphResult } from './subgraph';
import { revive, unavailable } from './subgraph-http';
import type { SubgraphSubscriber } from './subgraph-subscription';

/** A stream that has nothing to say says so this often, so that a process that hangs is told from one that is silent. */
const BEAT_MS = 10_000;
/** After so much silence the process behind a stream counts as gone. */
const SILENCE_MS = 35_000;

/**
 * Sends the events of a subscription as server-sent events, as fast as the other side takes them. A stream that came to its end says
 * `complete`; one that breaks off does not, so that the gateway knows it from one that is over. `ending` breaks it off.
 */
export async function streamEvents(
  response: ServerResponse,
  events: (signal: AbortSignal) => AsyncIterable<SubgraphResult>,
  ending?: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  response.on('close', leave);
  ending?.addEventListener('abort', leave);
  if (ending?.aborted) leave();
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
  const beat = setInterval(() => response.write(':\n\n'), BEAT_MS);
  const send = async (message: string): Promise<void> => {
    if (!gone.signal.aborted && !response.write(message)) await once(response, 'drain', { signal: gone.signal });
  };
  try {
    for await (const event of events(gone.signal)) await send(`event: next\ndata: ${JSON.stringify(event)}\n\n`);
    await send('event: complete\n\n');
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  } finally {
    clearInterval(beat);
    ending?.removeEventListener('abort', leave);
    response.end();
  }
}

/** Subscribes at a subgraph in another process. One that is down, or breaks off, is SUBGRAPH_UNAVAILABLE as the last event. */
export function httpSubscriber(name: string, url: string, signer: ContextSigner): SubgraphSubscriber {
  return async function* ({ document, variables, operationName, context, signal }) {
    const connection = new AbortController();
    const leave = (): void => connection.abort();
    signal.addEventListener('abort', leave);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          [CONTEXT_HEADER]: await signer.sign(context),
        },
        body: JSON.stringify({ query: print(document), variables, operationName }),
        signal: connection.signal,
      });
      if (response.status !== 200 || !response.body) return yield unavailable(name);
      for await (const { event, data } of messages(response.body, leave)) {
        if (event === 'complete') return;
        if (event === 'next') yield revive(JSON.parse(data) as SubgraphResult);
      }
      yield unavailable(name);
    } catch {
      if (!signal.aborted) yield unavailable(name);
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  };
}

type Message = { readonly event: string; readonly data: string };

/** Server-sent events as {@link streamEvents} writes them. `onSilence` ends a stream from which nothing comes any more. */
async function* messages(body: ReadableStream<Uint8Array>, onSilence: () => void): AsyncGenerator<Message> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = '';
  let watch: NodeJS.Timeout | undefined;
  try {
    for (;;) {
      watch = setTimeout(onSilence, SILENCE_MS);
      const { done, value } = await reader.read();
      clearTimeout(watch);
      if (done) return;
      pending += decoder.decode(value, { stream: true });
      for (let end; (end = pending.indexOf('\n\n')) >= 0; pending = pending.slice(end + 2)) yield messageOf(pending.slice(0, end));
    }
  } finally {
    clearTimeout(watch);
  }
}

function messageOf(text: string): Message {
  const lines = new Map(
    text.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  return { event: lines.get('event') ?? '', data: lines.get('data') ?? '' };
}
