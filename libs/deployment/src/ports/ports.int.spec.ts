import { declarePort, PortUnavailable } from '@tsunagari/contracts';
import { StoreUnavailable } from '@tsunagari/event-store';
import { CONTEXT_HEADER } from '@tsunagari/graphql';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { implementPort, PortCallInvalid, type PortImplementation } from './local-port';
import { PORTS_PATH, portsHandler } from './port-http';
import { openPorts, type Ports } from './ports';

const goalPort = declarePort('value', 'goal', {
  observe: {
    input: z.strictObject({ goalId: z.string(), amount: z.number(), note: z.string().default('none'), idempotencyKey: z.string() }),
    answer: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('observed'), repeated: z.boolean(), note: z.string() }),
      z.object({ kind: z.literal('refused'), code: z.string() }),
    ]),
  },
});

const contextKey = Buffer.alloc(32, 7);
const unexpected: unknown[] = [];
let seen: Set<string>;
let fault: (() => unknown) | undefined;
let servers: Server[] = [];

/** Goals that know what they saw: the idempotency key comes in with the input. */
const goals = (): PortImplementation =>
  implementPort(goalPort, {
    async observe({ goalId, amount, note, idempotencyKey }) {
      const failing = fault?.();
      if (failing !== undefined) throw failing;
      if (amount < 0) return { kind: 'refused', code: 'INVALID_FIELD' };
      const repeated = seen.has(`${goalId}/${idempotencyKey}`);
      seen.add(`${goalId}/${idempotencyKey}`);
      return { kind: 'observed', repeated, note };
    },
  });

async function serve(implementations: readonly PortImplementation[], key: Uint8Array = contextKey): Promise<string> {
  const handle = portsHandler(implementations, { contextKey: key, onError: (error) => unexpected.push(error) });
  const server = createServer((request, response) => void handle(request, response, (request.url ?? '').slice(PORTS_PATH.length)));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeEach(() => {
  seen = new Set();
  fault = undefined;
  unexpected.length = 0;
});
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  servers = [];
});

const question = { goalId: 'g', amount: 2, idempotencyKey: 'k' };
const reached = (url: string | undefined, timeoutMs = 5_000): Ports => openPorts({ contextKey, addressOf: () => url, timeoutMs });

describe.each(['in the process', 'over HTTP'] as const)('a port %s', (way) => {
  const connect = async () => {
    if (way === 'over HTTP') return reached(await serve([goals()])).port(goalPort);
    const ports = reached(undefined);
    // Asked for before its owner opens: contexts open in any order.
    const port = ports.port(goalPort);
    ports.provide([goals()]);
    return port;
  };

  it('answers, with the defaults of its declaration, and says when it has done so before', async () => {
    const port = await connect();
    expect(await port.observe(question)).toEqual({ kind: 'observed', repeated: false, note: 'none' });
    expect(await port.observe(question)).toEqual({ kind: 'observed', repeated: true, note: 'none' });
  });

  it('gives a refusal as an answer', async () => {
    expect(await (await connect()).observe({ ...question, amount: -1 })).toEqual({ kind: 'refused', code: 'INVALID_FIELD' });
  });

  it('throws at a caller that breaks the declaration, and names the field', async () => {
    const port = await connect();
    await expect(port.observe(Object.assign({ ...question }, { amount: 'two' }))).rejects.toThrow(PortCallInvalid);
    await expect(port.observe(Object.assign({ ...question }, { amount: 'two' }))).rejects.toThrow(/goal\.observe: amount/);
    expect(seen.size).toBe(0);
  });
});

describe('over HTTP', () => {
  it('what is down, slow or broken is an outage of its owner and not of the caller', async () => {
    const url = await serve([goals()]);
    fault = () => new StoreUnavailable('connection', 'the store does not answer');
    await expect(reached(url).port(goalPort).observe(question)).rejects.toThrow(/value does not answer now: the store does not answer/);
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
    servers.push(silent);
    const slow = reached(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`, 50).port(goalPort);
    await expect(slow.observe(question)).rejects.toThrow(/no answer within 50 ms/);
    await expect(reached('http://127.0.0.1:1').port(goalPort).observe(question)).rejects.toMatchObject({
      name: 'PortUnavailable',
      extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'value' },
    });
    await expect(reached(undefined).port(goalPort).observe(question)).rejects.toThrow(PortUnavailable);
    await expect(
      reached(await serve([]))
        .port(goalPort)
        .observe(question),
    ).rejects.toThrow(/does not serve the port goal/);
    expect(unexpected).toEqual([]);
  });

  it("a bug of the owner is told to the owner's log, and the caller learns nothing of it", async () => {
    const port = reached(await serve([goals()])).port(goalPort);
    fault = () => new Error('secret of the owner');
    const failed = port.observe(question);
    await expect(failed).rejects.toThrow(/goal\.observe failed/);
    await expect(failed).rejects.not.toThrow(/secret/);
    expect(unexpected).toEqual([new Error('secret of the owner')]);
  });

  it('answers nobody who has not the key of the deployment, and no call that was signed for another method', async () => {
    const stranger = openPorts({ contextKey: Buffer.alloc(32, 8), addressOf: () => url });
    const url = await serve([goals()]);
    await expect(stranger.port(goalPort).observe(question)).rejects.toThrow(/it answered 401/);
    const post = (headers: Record<string, string>) =>
      fetch(`${url}${PORTS_PATH}/goal/observe`, { method: 'POST', headers, body: JSON.stringify(question) });
    expect((await post({})).status).toBe(401);
    let stolen = '';
    const thief = createServer((request, response) => {
      stolen = String(request.headers[CONTEXT_HEADER]);
      response.end('{}');
    });
    await new Promise<void>((resolve) => void thief.listen(0, '127.0.0.1', resolve));
    servers.push(thief);
    const other = declarePort('value', 'goal', { close: { input: z.strictObject({}), answer: z.object({}) } });
    const lured = reached(`http://127.0.0.1:${(thief.address() as AddressInfo).port}`);
    await expect(lured.port(other).close({})).rejects.toThrow(PortUnavailable);
    expect((await post({ [CONTEXT_HEADER]: stolen })).status).toBe(401);
    expect(seen.size).toBe(0);
  });

  it('an owner of another version is noticed', async () => {
    const newer = implementPort(declarePort('value', 'goal', { observe: { input: z.any(), answer: z.any() } }), {
      observe: async () => ({ kind: 'postponed' }),
    });
    await expect(
      reached(await serve([newer]))
        .port(goalPort)
        .observe(question),
    ).rejects.toThrow(/goal\.observe was answered with kind/);
  });
});

it('a port is answered by one context', () => {
  const ports = reached(undefined);
  expect(() => ports.provide([goals(), goals()])).toThrow('two contexts answer the port goal');
});
