import type { ISocketFactory } from 'kafkajs';
import defaultSocketFactory from 'kafkajs/src/network/socketFactory';

const open = defaultSocketFactory();

/**
 * kafkajs' sockets without two of its leaks. It ends a socket that has not connected in time and forgets it: when that one connects
 * after all, kafkajs begins to look every 100 ms whether its requests have timed out, for ever, and the process never ends. And it lets
 * go of a closed socket again at every try to reach a broker that is away: Node keeps a listener for each.
 */
export const sockets: ISocketFactory = (options) => {
  let given = true;
  const socket = open({ ...options, onConnect: () => void (given && options.onConnect()) });
  const end = socket.end.bind(socket);
  const unref = socket.unref.bind(socket);
  return Object.assign(socket, {
    end() {
      given = false;
      return socket.connecting ? socket.destroy() : end();
    },
    unref: () => (socket.destroyed ? socket : unref()),
  });
};
