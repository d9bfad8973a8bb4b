/**
 * A relay of what projections tell in a process of its own that a test can kill, one JSON object a line: that it has begun, its errors.
 * `die` lets it kill itself (SIGKILL) at a point of its conversation with Kafka, or as it waits for the disk.
 */
import type { Signal } from '@tsunagari/contracts';
import { kafkaSignalPublisher } from '@tsunagari/event-log-kafka';
import { createSignalRelay } from '@tsunagari/event-log-relay';
import { createPool, postgresLease } from '@tsunagari/postgres';
import { outboxSignalLog } from '@tsunagari/projection';
import { logLevel } from 'kafkajs';
import { type Death, deadlySockets } from './deadly-sockets';

export type SignalRelayProcess = {
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  readonly namespace: string;
  readonly topic: Signal['topic'];
  readonly pageSize: number;
  readonly leaseMs?: number;
  /** `flush`: the nth page was read and nothing of it was sent. */
  readonly die?: Death | { readonly flush: number };
};

const given = JSON.parse(process.argv[2] ?? '') as SignalRelayProcess;
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const death = given.die;

const pool = createPool({ url: given.databaseUrl, max: 4 });
let flushes = 0;
const publisher = kafkaSignalPublisher({
  kafka: {
    brokers: [...given.brokers],
    logLevel: logLevel.NOTHING,
    socketFactory: deadlySockets(death && 'request' in death ? death : undefined),
  },
  namespace: given.namespace,
  topic: given.topic,
});
const relay = createSignalRelay({
  signals: outboxSignalLog({ pool }),
  topic: given.topic,
  publisher: {
    ...publisher,
    async takeOver() {
      const tail = await publisher.takeOver();
      say({ tookOver: tail?.position ?? null });
      return tail;
    },
  },
  lease: postgresLease({ pool, name: given.topic, ...(given.leaseMs === undefined ? {} : { leaseMs: given.leaseMs }) }),
  durable: async () => {
    if (death && 'flush' in death && ++flushes === death.flush) process.kill(process.pid, 'SIGKILL');
    await pool.query('begin; set local synchronous_commit = on; select pg_current_xact_id(); commit');
  },
  onError: (error) => say({ error: String(error) }),
  pageSize: given.pageSize,
  pollMs: 50,
});
relay.start();
say({ started: process.pid });
