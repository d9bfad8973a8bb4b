import type { Server } from 'node:net';

/** How many ports after the wanted one are tried. */
const attempts = 50;
/** Connections that may wait to be taken; more are reset. Node's own 511 turns away clients that come back all at once. */
const backlog = 4096;

function listenOnce(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      server.removeListener('listening', done);
      reject(error);
    };
    const done = (): void => {
      server.removeListener('error', failed);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    };
    server.once('error', failed);
    server.once('listening', done);
    server.listen({ port, host, backlog });
  });
}

/**
 * Lets a server listen on the wanted port, or on the next free one after it; 0 takes any. Answers with the port it got.
 * @throws Error when the next 50 are all in use, or listening is not allowed.
 */
export async function listenOnNextFreePort(server: Server, wanted: number, host: string): Promise<number> {
  return listenOnOneOf(server, wanted, wanted === 0 ? 0 : Math.min(wanted + attempts, 65_535), host);
}

/**
 * Lets a server listen on that port and no other (0 takes any): others know this process by it.
 * @throws Error when it is in use, or listening is not allowed.
 */
export function listenOn(server: Server, port: number, host: string): Promise<number> {
  return listenOnOneOf(server, port, port, host);
}

async function listenOnOneOf(server: Server, wanted: number, last: number, host: string): Promise<number> {
  for (let port = wanted; port <= last; port++) {
    try {
      return await listenOnce(server, port, host);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES') throw new Error(`Listening on port ${String(port)} is not allowed to this user. Set PORT to 1024 or above.`);
      if (code === 'EADDRNOTAVAIL')
        throw new Error(`This machine does not have the address ${host}. Set HOST to one it has, for example 127.0.0.1.`);
      if (code !== 'EADDRINUSE') throw error;
    }
  }
  if (last === wanted) throw new Error(`Port ${String(wanted)} is in use. End what uses it, or set PORT to a free one.`);
  throw new Error(`Ports ${String(wanted)} to ${String(last)} are all in use. Set PORT to a free one.`);
}
