import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { sockets } from './sockets';

async function listening() {
  const server = createServer((socket) => socket.resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, port };
}

it('says nothing of a connection that was given up before it stood', async () => {
  const { server, port } = await listening();
  let connected = 0;
  const given = { host: '127.0.0.1', port, ssl: {}, onConnect: () => void connected++ };
  const late = sockets({ ...given, ssl: undefined as never });
  late.end();
  await once(late, 'close');
  expect(connected).toBe(0);
  const kept = sockets({ ...given, ssl: undefined as never });
  await once(kept, 'connect');
  expect(connected).toBe(1);
  kept.end();
  await once(kept, 'close');
  server.close();
});

it('keeps no listener for a closed connection that is let go of again and again', async () => {
  const { server, port } = await listening();
  const socket = sockets({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: () => undefined });
  await once(socket, 'connect');
  socket.destroy();
  await once(socket, 'close');
  const before = socket.listenerCount('connect');
  for (let time = 0; time < 20; time++) socket.unref();
  expect(socket.listenerCount('connect')).toBe(before);
  server.close();
});
