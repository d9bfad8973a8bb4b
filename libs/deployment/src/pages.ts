import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OpenContext } from './contexts/context';

const FORM_LIMIT = 16 * 1024;

/** Below these a customer reaches pages without signing in: by the signed link of a message. */
export const PAGE_PREFIXES = ['/unsubscribe/', '/preferences/', '/confirm/'] as const;

/** Serves the pages of the contexts of a process; what is none of theirs goes on. A form that is too long is refused. */
export function pagesMiddleware(
  contexts: readonly OpenContext[],
  onError: (error: unknown) => void,
): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
  return (request, response, next) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (!PAGE_PREFIXES.some((prefix) => path.startsWith(prefix))) return next();
    serve(contexts, request, response, path).then(
      (served) => (served ? undefined : next()),
      (error: unknown) => {
        onError(error);
        if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
        response.end();
      },
    );
  };
}

async function serve(contexts: readonly OpenContext[], request: IncomingMessage, response: ServerResponse, path: string): Promise<boolean> {
  const form = await formOf(request);
  if (!form) {
    response.writeHead(413, { connection: 'close' }).end();
    return true;
  }
  for (const { pages } of contexts) {
    const acceptLanguage = request.headers['accept-language'];
    const page = await pages?.({ method: request.method ?? 'GET', path, acceptLanguage, form });
    if (!page) continue;
    response.writeHead(page.status, page.headers).end(page.body);
    return true;
  }
  return false;
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > FORM_LIMIT) return undefined;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}
