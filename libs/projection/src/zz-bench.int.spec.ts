import { dayClosed, facts as registry, identifierRegistered, orderPlaced, behaviourRecorded } from '@tsunagari/contracts';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import { ensureEventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import { testDatabase } from '@tsunagari/testing';
import { createProjectionRunner } from './runner';
import { purchasesProjection } from '../../understanding/src/purchases/purchases.projection';
import { profileProjection } from '../../understanding/src/profile/profile.projection';
import { newFact, uuid, moment, createWorld, behaviour } from './spec-world';

it('bench retail', async () => {
  const db = await testDatabase();
  await ensureEventsSchema(db.pool);
  const store = postgresEventStore({ pool: db.pool });
  const log = postgresEventLog({ pool: db.pool });
  const world = createWorld(store);
  const sub = Array.from({ length: 8000 }, (_, n) => uuid(`c${n}`));
  const facts = [];
  for (const s of sub)
    facts.push(
      newFact(identifierRegistered, s, { identifierType: 'user_id', value: 'sealed.1.x', verified: true, kind: 'person' }, moment(0)),
    );
  const lines = Array.from({ length: 20 }, (_, i) => ({
    sku: `8512${i}A`,
    description: 'WHITE HANGING HEART T-LIGHT HOLDER',
    quantity: 6,
    unitPrice: '2.55',
  }));
  for (let n = 0; n < 26000; n++) {
    const s = n < 8000 ? sub[n]! : sub[(n * 7919) % 4000]!;
    facts.push(
      newFact(
        orderPlaced,
        s,
        { orderId: `o${n}`, lines, total: { amountMinor: 1530, currency: 'GBP' }, sales: { amountMinor: 1530, currency: 'GBP' } },
        moment(Math.floor((n / 26000) * 370), n % 1440),
      ),
    );
  }
  for (let d = 0; d < 374; d++) facts.push(newFact(dayClosed, null, { date: moment(d).slice(0, 10), timeZone: 'UTC' }, moment(d + 1)));
  let t = performance.now();
  for (let i = 0; i < facts.length; i += 5000) await world.append(facts.slice(i, i + 5000));
  console.log('append', performance.now() - t);
  const runner = createProjectionRunner({
    pool: db.pool,
    log,
    journal: postgresJournal({ pool: db.pool }),
    registry,
    definitions: [purchasesProjection(), profileProjection],
    onError: (e) => console.log(e),
  });
  t = performance.now();
  await runner.start();
  await runner.catchUp();
  console.log(
    'catch up',
    performance.now() - t,
    JSON.stringify((await runner.status()).projections.map((p) => p.factsPerSecond)),
    process.memoryUsage().rss / 1e6,
  );
  for (let k = 0; k < 1; k++) {
    t = performance.now();
    await Promise.all([runner.rebuild('purchases'), runner.rebuild('profile')]);
    await runner.catchUp();
    console.log('rebuild', performance.now() - t, process.memoryUsage().rss / 1e6);
  }
  t = performance.now();
  console.log(await runner.audit('purchases'), performance.now() - t);
  const small = [];
  for (let n = 0; n < 40000; n++) small.push(behaviour(sub[n % 8000]!, moment(380, n % 1440), 'Product Viewed'));
  await runner.stop();
  for (let i = 0; i < small.length; i += 5000) await world.append(small.slice(i, i + 5000));
  await runner.start();
  t = performance.now();
  await runner.catchUp();
  console.log('100k small', performance.now() - t, process.memoryUsage().rss / 1e6);
  const cpu = process.cpuUsage();
  void cpu;
  await runner.stop();
  await log.close();
  await store.close();
  await db.drop();
}, 300000);
