import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { listenOnNextFreePort } from './listening';

const open: Server[] = [];
const server = (): Server => {
  const made = createServer();
  open.push(made);
  return made;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => new Promise((resolve) => each.close(resolve))));
});

describe('listening', () => {
  it('takes the wanted port when it is free and else the next free one', async () => {
    const wanted = await listenOnNextFreePort(server(), 0, '127.0.0.1');
    const next = await listenOnNextFreePort(server(), wanted, '127.0.0.1');
    expect(next).toBeGreaterThan(wanted);
    expect(next).toBeLessThanOrEqual(wanted + 50);
  });

  it('says what to set when the address is not of this machine', async () => {
    await expect(listenOnNextFreePort(server(), 0, '192.0.2.1')).rejects.toThrow('Set HOST');
  });
});
