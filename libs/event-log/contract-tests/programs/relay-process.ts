/**
 * A relay in a process of its own that a test can kill, one JSON object a line: its state whenever it changes, what it published, its
 * errors. `die` lets it kill itself (SIGKILL) at a point of its conversation with Kafka.
 */
import { kafkaPublisher } from '@tsunagari/event-log-kafka';
import { postgresEventLog } from '@tsunagari/event-log-postgres';
import { createPool, postgresLease } from '@tsunagari/postgres';
import { logLevel } from 'kafkajs';
import { createRelay } from '@tsunagari/event-log-relay';
import { type Death, deadlySockets } from './deadly-sockets';

export type RelayProcess = {
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  readonly namespace: string;
  readonly batchFacts: number;
  readonly pageSize: number;
  readonly leaseMs?: number;
  readonly die?: Death;
};

const given = JSON.parse(process.argv[2] ?? '') as RelayProcess;
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const pool = createPool({ url: given.databaseUrl, max: 4 });
const relay = createRelay({
  log: postgresEventLog({ pool }),
  publisher: kafkaPublisher({
    kafka: { brokers: [...given.brokers], logLevel: logLevel.NOTHING, socketFactory: deadlySockets(given.die) },
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
