/**
 * A process that fills a journal from Kafka, one JSON object a line: its state once it leads, its errors. With `freezeAfter` it stops
 * itself (SIGSTOP) in the middle of the page after so many, with the transaction open and its facts written.
 */
import { kafkaEventLog } from '@tsunagari/event-log-kafka';
import { openJournal } from '@tsunagari/event-log-journal';
import { createPool } from '@tsunagari/postgres';
import { logLevel } from 'kafkajs';

export type JournalProcess = {
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  readonly namespace: string;
  readonly schema: string;
  readonly pageSize: number;
  readonly freezeAfter?: number;
};

const given = JSON.parse(process.argv[2] ?? '') as JournalProcess;
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const pool = createPool({ url: given.databaseUrl, max: 4 });
let commits = 0;
pool.on('connect', (client) => {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  Object.assign(client, {
    query(...args: unknown[]) {
      if (args[0] === 'commit' && commits++ === given.freezeAfter) {
        say({ frozen: commits });
        // Said before it stands still: what it says goes through a pipe that must have been written.
        return new Promise((resolve) => setTimeout(resolve, 50)).then(() => {
          process.kill(process.pid, 'SIGSTOP');
          return query(...args);
        });
      }
      return query(...args);
    },
  });
});
const log = kafkaEventLog({ kafka: { brokers: [...given.brokers], logLevel: logLevel.NOTHING }, namespace: given.namespace });
const filled = openJournal({
  pool,
  schema: given.schema,
  log,
  pageSize: given.pageSize,
  onError: (error) => say({ error: String(error) }),
});
void filled.start().then((started) => say({ started: process.pid, kind: started.kind }));
process.once('SIGTERM', () => void filled.stop().then(() => process.exit(0)));
