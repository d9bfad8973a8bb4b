import { anonymous, contextSigner, type Principal } from '@tsunagari/access';
import { PortUnavailable } from '@tsunagari/contracts';
import { StoreUnavailable } from '@tsunagari/event-store';
import { CONTEXT_HEADER } from '@tsunagari/graphql';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PortCallInvalid, type PortImplementation } from './local-port';

/** Where a process serves the ports of its contexts: `POST /internal/ports/<port>/<method>`. */
export const PORTS_PATH = '/internal/ports';

const BODY_LIMIT = 4 * 1024 * 1024;
const TIMEOUT_MS = 5_000;

/** What is signed for one call. It holds for that method alone, and for a minute. */
type CallContext = { readonly principal: Principal; readonly call: string; readonly requestId: string };

const signerOf = (key: Uint8Array) => contextSigner<CallContext>({ key, audience: 'port' });

/** How a call went: `answer` is the method's; `invalid` a bug of the caller; `unavailable` an outage; `failed` a bug of the owner. */
type Reply =
  { readonly kind: 'answer'; readonly answer: unknown } | { readonly kind: 'invalid' | 'unavailable' | 'failed'; readonly message: string };

const STATUS: Readonly<Record<Reply['kind'], number>> = { answer: 200, invalid: 400, unavailable: 503, failed: 500 };

/**
 * Serves ports to the other processes of a deployment. Answers only who brings a context signed with the deployment's key for that
 * very method: 401 without. `path` is what follows {@link PORTS_PATH}.
 */
export function portsHandler(
  implementations: readonly PortImplementation[],
  { contextKey, onError }: { readonly contextKey: Uint8Array; readonly onError: (error: unknown) => void },
): (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void> {
  const ports = new Map(implementations.map((port) => [port.declaration.name, port]));
  const signer = signerOf(contextKey);
  return async (request, response, path) => {
    const reply = (status: number, body: Reply): void =>
      void response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
    const [, name = '', method = '', ...more] = path.split('/');
    const signed = request.headers[CONTEXT_HEADER];
    const context = typeof signed === 'string' ? await signer.verify(signed) : null;
    if (context?.call !== `${name}/${method}`)
      return reply(401, { kind: 'invalid', message: 'Ports answer only processes of this deployment.' });
    const port = ports.get(name);
    if (request.method !== 'POST' || more.length > 0 || !port)
      return reply(404, { kind: 'unavailable', message: `this process does not serve the port ${name}` });
    const body = await readBody(request);
    if (body === undefined) return reply(400, { kind: 'invalid', message: 'the body is no JSON object, or too long' });
    const answered = await answerOf(port, method, body, onError);
    reply(STATUS[answered.kind], answered);
  };
}

async function answerOf(port: PortImplementation, method: string, input: object, onError: (error: unknown) => void): Promise<Reply> {
  try {
    return { kind: 'answer', answer: await port.call(method, input) };
  } catch (error) {
    if (error instanceof PortCallInvalid) return { kind: 'invalid', message: error.message };
    if (error instanceof StoreUnavailable || error instanceof PortUnavailable) return { kind: 'unavailable', message: error.message };
    onError(error);
    return { kind: 'failed', message: `${port.declaration.name}.${method} failed; the owner's log says why` };
  }
}

/**
 * Carries calls of a port to the process at `url`. Down, slow, unreadable or overloaded is {@link PortUnavailable}; nothing is asked
 * twice, since only the caller knows whether that is worth its time.
 */
export function carryOverHttp(
  declaration: { readonly name: string; readonly owner: string },
  url: string,
  { contextKey, timeoutMs = TIMEOUT_MS }: { readonly contextKey: Uint8Array; readonly timeoutMs?: number },
): (method: string, input: unknown) => Promise<unknown> {
  const { name, owner } = declaration;
  const signer = signerOf(contextKey);
  return async (method, input) => {
    const call = `${name}/${method}`;
    let reply: Reply;
    let status: number;
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(`${url}${PORTS_PATH}/${call}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          [CONTEXT_HEADER]: await signer.sign({ principal: anonymous, call, requestId: randomUUID() }),
        },
        body: JSON.stringify(input),
        signal,
      });
      status = response.status;
      reply = (await response.json()) as Reply;
    } catch (cause) {
      throw new PortUnavailable(owner, signal.aborted ? `no answer within ${timeoutMs} ms` : 'it cannot be reached', { cause });
    }
    if (status === 200 && reply.kind === 'answer') return reply.answer;
    if (status === 400 && reply.kind === 'invalid') throw new PortCallInvalid(reply.message);
    if (status === 500 && reply.kind === 'failed') throw new Error(reply.message);
    throw new PortUnavailable(owner, reply.kind === 'unavailable' ? reply.message : `it answered ${status}`);
  };
}

/** A JSON object, or undefined. */
async function readBody(request: IncomingMessage): Promise<object | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) return undefined;
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : undefined;
  } catch {
    return undefined;
  }
}
