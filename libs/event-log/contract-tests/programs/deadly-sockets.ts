import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { ISocketFactory } from 'kafkajs';

const apiKeys = { Produce: 0, InitProducerId: 22, AddPartitionsToTxn: 24, EndTxn: 26 };

/** The nth request of a kind: `asked` = about to be sent, `sent` = sent, `answered` = its answer arrived and was not read. */
export type Death = { readonly request: keyof typeof apiKeys; readonly nth: number; readonly when: 'asked' | 'sent' | 'answered' };

const die = (): void => void process.kill(process.pid, 'SIGKILL');

/** Connections to Kafka of a process that kills itself (SIGKILL) at a point of its conversation. */
export function deadlySockets(death: Death | undefined): ISocketFactory {
  let count = 0;
  const watched = (socket: Socket, { request, nth, when }: Death): Socket => {
    let armed = false;
    const write = socket.write.bind(socket) as (chunk: Buffer, encoding?: BufferEncoding, done?: () => void) => boolean;
    Object.assign(socket, {
      write(chunk: Buffer, encoding?: BufferEncoding) {
        const isIt = Buffer.from(chunk).readInt16BE(4) === apiKeys[request] && ++count === nth;
        if (isIt && when === 'asked') die();
        armed ||= isIt;
        return write(chunk, encoding, isIt && when === 'sent' ? die : undefined);
      },
    });
    socket.prependListener('data', () => armed && when === 'answered' && die());
    return socket;
  };
  return ({ host, port, onConnect }) => {
    const socket = connect({ host, port }, onConnect);
    return death ? watched(socket, death) : socket;
  };
}
