import type { IncomingMessage, ServerResponse } from 'node:http';
import { getOperationAST, GraphQLError, parse, print, validate } from 'graphql';
import { failure, type FailureCode } from './failures';
import { CONTEXT_HEADER, type ContextSigner } from './request-context';
import type { Subgraph, SubgraphExecutor, SubgraphResult } from './subgraph';
import { streamEvents } from './subgraph-stream';

type FetchBody = { readonly query?: unknown; readonly variables?: Record<string, unknown>; readonly operationName?: string };

/** A fetch is written by our planner; more than this is not one. */
const BODY_LIMIT = 4 * 1024 * 1024;

/**
 * Serves a subgraph at `POST /subgraphs/<name>` of the process that hosts it; the answer to a subscription is a stream. Answers only
 * who brings a context signed by the gateway: 401 without one. `ending` breaks streams off: they would keep a process that stops.
 */
export function subgraphHandler(
  subgraph: Subgraph,
  signer: ContextSigner,
  ending?: AbortSignal,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const signed = request.headers[CONTEXT_HEADER];
    const context = typeof signed === 'string' ? await signer.verify(signed) : null;
    if (request.method !== 'POST') return answer(response, 405, failed('BAD_REQUEST', 'Only POST.'));
    if (!context) return answer(response, 401, failed('UNAUTHENTICATED', 'Subgraphs answer only the gateway.'));
    const body = await readBody(request);
    if (typeof body?.query !== 'string') return answer(response, 400, failed('BAD_REQUEST', 'The body is no GraphQL request.'));
    let document;
    try {
      document = parse(body.query);
    } catch {
      return answer(response, 400, failed('GRAPHQL_PARSE_FAILED', 'The document does not parse.'));
    }
    if (validate(subgraph.schema, document).length > 0)
      return answer(
        response,
        400,
        failed('GRAPHQL_VALIDATION_FAILED', 'The document does not fit this subgraph: another version is deployed.'),
      );
    const asked = { document, variables: body.variables, operationName: body.operationName, context };
    if (getOperationAST(document, body.operationName)?.operation === 'subscription')
      return streamEvents(response, (signal) => subgraph.subscribe({ ...asked, signal }), ending);
    answer(response, 200, await subgraph.execute(asked));
  };
}

/** Reaches a subgraph in another process. What is down, slow or unreadable is SUBGRAPH_UNAVAILABLE, without its address. */
export function httpExecutor(name: string, url: string, signer: ContextSigner, timeoutMs = 10_000): SubgraphExecutor {
  return async ({ document, variables, operationName, context }) => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [CONTEXT_HEADER]: await signer.sign(context) },
        body: JSON.stringify({ query: print(document), variables, operationName }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (response.status !== 200) return unavailable(name);
      return revive((await response.json()) as SubgraphResult);
    } catch {
      return unavailable(name);
    }
  };
}

/** The answer of a subgraph that cannot be reached. */
export function unavailable(name: string): SubgraphResult {
  return {
    data: null,
    errors: [
      failure('SUBGRAPH_UNAVAILABLE', `${name} does not answer now.`, {
        subgraph: name,
        remedy: 'Try again; what it does not own is here.',
      }),
    ],
  };
}

/** An answer as it came over the wire, with errors that are some again. */
export function revive(result: SubgraphResult): SubgraphResult {
  if (!result.errors) return result;
  return {
    ...result,
    errors: result.errors.map(
      ({ message, path, extensions }) => new GraphQLError(message, { path: path ?? null, extensions: extensions ?? {} }),
    ),
  };
}

function failed(code: FailureCode, message: string): SubgraphResult {
  return { errors: [failure(code, message)] };
}

function answer(response: ServerResponse, status: number, result: SubgraphResult): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(result));
}

/** Null for what is no JSON object or is too long. A body that a framework has read already is taken from there. */
async function readBody(request: IncomingMessage & { body?: unknown }): Promise<FetchBody | null> {
  if (typeof request.body === 'object' && request.body !== null) return request.body as FetchBody;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) return null;
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return typeof body === 'object' && body !== null ? (body as FetchBody) : null;
  } catch {
    return null;
  }
}
