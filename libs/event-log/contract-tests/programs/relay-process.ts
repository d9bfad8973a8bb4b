/**
 * A relay in a process of its own that a test can kill, one JSON object a line: its state whenever it changes, what it published, its
 * errors. `die` lets it kill itself (SIGKILL) at a point of its conversation with Kafka.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { kafkaPublisher } from '@tsunagari/event-log-kafka';
import { postgresEventLog } from '@tsunagari/event-log-postgres';
import { createPool, postgresLease } from '@tsunagari/postgres';
import { logLevel } from 'kafkajs';
import type { ISocketFactory } from 'kafkajs';
import { createRelay } from '@tsunagari/event-log-relay';

/** The nth request of a kind: `asked` = about to be sent, `sent` = sent, `answered` = its answer arrived and was not read. */
export type Death = { readonly request: keyof typeof apiKeys; readonly nth: number; readonly when: 'asked' | 'sent' | 'answered' };

export type RelayProcess = {
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  readonly namespace: string;
  readonly batchFacts: number;
  readonly pageSize: number;
  readonly leaseMs?: number;
  readonly die?: Death;
};

const apiKeys = { Produce: 0, InitProducerId: 22, AddPartitionsToTxn: 24, EndTxn: 26 };

const given = JSON.parse(process.argv[2] ?? '') as RelayProcess;
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const die = (): void => void process.kill(process.pid, 'SIGKILL');

let count = 0;
function watched(socket: Socket, { request, nth, when }: Death): Socket {
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
}
const death = given.die;
const socketFactory: ISocketFactory = ({ host, port, onConnect }) => {
  const socket = connect({ host, port }, onConnect);
  return death ? watched(socket, death) : socket;
};

const pool = createPool({ url: given.databaseUrl, max: 4 });
const relay = createRelay({
  log: postgresEventLog({ pool }),
  publisher: kafkaPublisher({
    kafka: { brokers: [...given.brokers], logLevel: logLevel.NOTHING, socketFactory },
    namespace: given.namespace,
    batchFacts: given.batchFacts,
  }),
  lease: postgresLease({ pool, name: `relay ${given.namespace}`, ...(given.leaseMs === undefined ? {} : { leaseMs: given.leaseMs }) }),
  onError: (error) => say({ error: String(error) }),
  metrics: {
    published: (facts) => say({ published: facts }),
    tookOver: (seconds) => say({ tookOver: seconds, at: Date.now() }),
  },
  pageSize: given.pageSize,
});
relay.start();
say({ started: process.pid });
process.once('SIGTERM', () => void relay.stop().then(() => process.exit(0)));
