import { facts as registry } from '@tsunagari/contracts';
import { postgresJournal } from '@tsunagari/event-log-postgres';
import { createIntake, intakeSchema } from '@tsunagari/intake';
import { createDataSource, migrate } from '@tsunagari/postgres';
import { keyringSchema, postgresKeyring } from '@tsunagari/privacy';
import { createProjectionRunner, type ProjectionRunner } from '@tsunagari/projection';
import { describeWith, testBroker } from '@tsunagari/testing';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { KafkaWorld } from '../../event-log/contract-tests/src/kafka-world';
import { kafkaWorld } from '../../event-log/contract-tests/src/kafka-world';
import { closeDays } from './days/close-days';
import { profileProjection } from './profile/profile.projection';
import { purchasesProjection } from './purchases/purchases.projection';
import { understandingSchema } from './schema';

const SHOP = join(__dirname, '../../../data/online-retail/online_retail.csv.gz');
/** A month and a half of the shop: enough for returns, late facts of a customer, and pages in every partition. */
const LINES = 60_000;

async function firstLines(folder: string): Promise<string> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(SHOP).pipe(createGunzip()) })) {
    lines.push(line);
    if (lines.length === LINES) break;
  }
  const file = join(folder, 'shop.csv');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/** Imports the shop into the store of a world and closes the days that it covers. */
async function importShop({ pool, store, source }: KafkaWorld, path: string): Promise<void> {
  await migrate(pool, keyringSchema, intakeSchema, understandingSchema);
  const secret = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
  const keyring = postgresKeyring({ pool, secrets: { masterKey: secret(1), lookupKey: secret(2), digestKey: secret(3) } });
  const intake = createIntake({
    store,
    keyring,
    pool,
    dataSource: await createDataSource(pool, intakeSchema),
    clock: () => '2011-12-10T00:00:00.000Z',
    sources: { sourceFor: () => Promise.resolve({ kind: 'unknown' }) },
  });
  const outcome = await intake.importOrders({ format: 'online-retail', input: { path } });
  if (outcome.kind !== 'completed') throw new Error(JSON.stringify(outcome));
  await closeDays({ store, log: source, keyring, upTo: '2011-02-01', from: '2010-12-01', timeZone: 'UTC' });
}

describeWith('broker', 'understanding over Kafka', () => {
  let given: KafkaWorld;
  const folder = mkdtempSync(join(tmpdir(), 'tsunagari-over-kafka-'));
  beforeAll(async () => (given = await kafkaWorld(await testBroker())));
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await given.close();
  });

  it('store → relay → Kafka → journal → projections gives the same state and figures as projections of the store', async () => {
    const { pool, source } = given;
    await importShop(given, await firstLines(folder));
    given.relay();
    const filled = given.journal();
    expect(await filled.start()).toEqual({ kind: 'started' });
    const definitions = [purchasesProjection('UTC'), profileProjection];
    const embedded = createProjectionRunner({
      pool,
      log: source,
      journal: postgresJournal({ pool }),
      definitions,
      registry,
      schema: 'embedded',
    });
    const overKafka = createProjectionRunner({
      pool,
      log: filled.log,
      journal: filled.journal,
      definitions,
      registry,
      schema: 'over_kafka',
    });
    const head = await source.head();
    expect(await filled.waitFor(head, { timeoutMs: 60_000 })).toMatchObject({ kind: 'caught-up', position: head });
    const stateOf = async (runner: ProjectionRunner, schema: string) => {
      expect(await runner.start()).toEqual({ kind: 'started' });
      expect(await runner.catchUp({ timeoutMs: 60_000 })).toMatchObject({ kind: 'caught-up' });
      const hashes = [await runner.stateHash('purchases'), await runner.stateHash('profile')];
      const { rows } = await pool.query(
        `select count(*) as customers, sum(net_minor) as net, sum(orders) as orders from ${schema}.purchases`,
      );
      await runner.stop();
      return { hashes, figures: rows };
    };
    const expected = await stateOf(embedded, 'embedded');
    expect(expected.figures).toEqual([
      {
        customers: expect.stringMatching(/^[1-9]\d{2,}$/) as string,
        net: expect.any(String) as string,
        orders: expect.any(String) as string,
      },
    ]);
    expect(await stateOf(overKafka, 'over_kafka')).toEqual(expected);
    await given.expectPublished();
    expect(given.errors).toEqual([]);
  }, 180_000);
});
