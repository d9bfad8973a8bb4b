import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Collector } from './collector';

/**
 * The collector as a connect-style middleware for Express, Nest or `node:http`: answers what begins with `/v1/` and hands everything
 * else on. Mount it at the root and before any body parser; where one has run already, its Buffer or text is taken.
 */
export function intakeMiddleware(collector: Pick<Collector, 'handle'>) {
  return (request: IncomingMessage & { originalUrl?: string; body?: unknown }, response: ServerResponse, next: () => void): void => {
    const path = (request.originalUrl ?? request.url ?? '').split('?')[0] ?? '';
    if (!path.startsWith('/v1/')) return next();
    const { method = 'GET', headers, socket, body } = request;
    const bytes = Buffer.isBuffer(body) ? body : typeof body === 'string' ? Buffer.from(body) : piecesOf(request);
    void collector
      .handle({
        method,
        path,
        headers,
        body: bytes,
        ...(socket.remoteAddress === undefined ? {} : { remoteAddress: socket.remoteAddress }),
      })
      .then((answer) => {
        response.writeHead(answer.status, answer.headers);
        response.end(answer.body);
        // What was not read of an oversized body is dropped as it comes: closing the connection now could cost the sender the answer.
        if (!request.readableEnded) request.resume();
      })
      .catch(() => response.destroy());
  };
}

/** The body in pieces; giving up reading does not destroy the connection, so that the refusal can still be sent. */
function piecesOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
}
