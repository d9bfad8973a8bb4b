import type { RequestHandler } from 'express';
import { Agent, request as send } from 'node:http';
import { request as sendSecurely } from 'node:https';
import { pipeline } from 'node:stream';

/** Headers of one connection, not of the message (RFC 9110, 7.6.1). */
const OF_THE_CONNECTION = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** After it a client hears that the process behind does not answer. */
const TIMEOUT_MS = 30_000;

/**
 * Hands what begins with `prefix` on to the process at `address`, bodies as they come, so that a deployment has one public address.
 * A process that is down is 503 with `Retry-After`: SDKs send again.
 */
export function handOn(prefix: string, address: string): RequestHandler {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return (request, response, next) => {
    if (!request.path.startsWith(prefix)) return next();
    const target = new URL(request.originalUrl, address);
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !OF_THE_CONNECTION.includes(name)));
    const forwarded = {
      ...headers,
      'x-forwarded-for': [request.headers['x-forwarded-for'], request.socket.remoteAddress].filter(Boolean).join(', '),
      ...(request.headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' }),
    };
    const secure = target.protocol === 'https:';
    const down = (): void => {
      if (response.headersSent) return void response.destroy();
      response
        .status(503)
        .set('retry-after', '1')
        .json({ success: false, error: { code: 'OVERLOADED', message: 'The collector does not answer now. Send again.' } });
    };
    const options = { method: request.method, headers: forwarded, timeout: TIMEOUT_MS, ...(secure ? {} : { agent }) };
    const onward = (secure ? sendSecurely : send)(target, options, (answer) => {
      response.writeHead(
        answer.statusCode ?? 502,
        Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !OF_THE_CONNECTION.includes(name))),
      );
      pipeline(answer, response, () => undefined);
    });
    onward.on('timeout', () => onward.destroy());
    onward.on('error', down);
    response.on('close', () => onward.destroy());
    // `pipe`, not `pipeline`: when the process behind is away the client's request stays, to be answered.
    request.pipe(onward);
  };
}
