import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { contextSigner, type Principal } from '@tsunagari/access';
import { parse } from 'graphql';
import { defineSubgraph } from './subgraph';
import { httpExecutor, subgraphHandler } from './subgraph-http';
import type { FetchContext } from './request-context';

const key = Buffer.alloc(32, 7);
const staff: Principal = { kind: 'staff', roles: ['data'], actor: 'user:ann', subject: null };
const context: FetchContext = { requestId: 'r-1', principal: staff, atLeast: '42' };
const document = parse('{ whoami }');

const subgraph = defineSubgraph({
  name: 'echo',
  typeDefs: 'type Query { whoami: String! @role(anyOf: ["data"]) }',
  resolvers: {
    Query: {
      whoami: (_: unknown, __: unknown, { principal, requestId, atLeast }: FetchContext) => `${principal.actor} ${requestId} ${atLeast}`,
    },
  },
  createLoaders: () => ({}),
});

let server: Server;
let url: string;
let clock = new Date('2026-01-01T00:00:00.000Z');
const now = (): Date => clock;

beforeAll(async () => {
  const handle = subgraphHandler(subgraph, contextSigner<FetchContext>({ key, now }));
  server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/subgraphs/echo`;
});
afterAll(() => new Promise((closed) => server.close(closed)));

describe('a subgraph in another process answers only the gateway', () => {
  it('who signs with the deployment’s key, and knows then who asks and what she has seen', async () => {
    const execute = httpExecutor('echo', url, contextSigner<FetchContext>({ key, now }));
    expect((await execute({ document, context })).data).toEqual({ whoami: 'user:ann r-1 42' });
  });

  it('nobody with another key', async () => {
    const execute = httpExecutor('echo', url, contextSigner<FetchContext>({ key: Buffer.alloc(32, 8), now }));
    const { data, errors } = await execute({ document, context });
    expect(data ?? null).toBeNull();
    expect(errors?.[0]?.extensions['code']).toBe('SUBGRAPH_UNAVAILABLE');
  });

  it('nobody without a signature, or with one that was changed', async () => {
    const signed = await contextSigner<FetchContext>({ key, now }).sign(context);
    const [head, body, signature] = signed.split('.');
    const forged = Buffer.from(
      JSON.stringify({
        ...JSON.parse(Buffer.from(body ?? '', 'base64url').toString()),
        context: { ...context, principal: { ...staff, roles: ['admin'] } },
      }),
    );
    for (const header of [undefined, `${head}.${forged.toString('base64url')}.${signature}`]) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(header === undefined ? {} : { 'x-tsunagari-context': header }) },
        body: JSON.stringify({ query: '{ whoami }' }),
      });
      expect(response.status).toBe(401);
    }
  });

  it('nobody with a signature older than a minute', async () => {
    const signed = await contextSigner<FetchContext>({ key, now }).sign(context);
    clock = new Date('2026-01-01T00:01:02.000Z');
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-tsunagari-context': signed },
      body: JSON.stringify({ query: '{ whoami }' }),
    });
    expect(response.status).toBe(401);
  });
});
