import type { Principal, Role } from '@tsunagari/access';
import { commandPath } from '@tsunagari/command';
import { facts as registry } from '@tsunagari/contracts';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import { createIntake, intakeSchema } from '@tsunagari/intake';
import { toGlobalId } from '@tsunagari/graphql';
import { createDataSource, migrate } from '@tsunagari/postgres';
import { keyringSchema, postgresKeyring } from '@tsunagari/privacy';
import { createProjectionRunner } from '@tsunagari/projection';
import { testDatabase } from '@tsunagari/testing';
import { parse } from 'graphql';
import { DEFAULT_TRUTH } from '../../../tools/simulate/truth';
import { arrivalsOf, type FactLine, simulateWorld } from '../../../tools/simulate/world';
import { closeDays } from './days/close-days';
import { definitionCommands } from './definitions/definitions.commands';
import { backTestHealth } from './health/back-test-health';
import { fitLifetimeValue } from './lifetime-value/fit-lifetime-value';
import { understandingProjections } from './projections';
import { knownOrder } from './purchases/kept-order';
import type { PurchasesState } from './purchases/purchases.state';
import { understandingSchema } from './schema';
import { understandingSubgraph } from './understanding.subgraph';

const LAST_DAY = '2026-06-24';
const NOW = '2026-06-25T00:00:00.000Z';
const CUSTOMERS = 700;

/** A simulated business by the importer's path: store, log, runner, subgraph. */
async function business(lines: readonly FactLine[]) {
  const database = await testDatabase();
  const { pool } = database;
  await migrate(pool, eventsSchema, keyringSchema, intakeSchema, understandingSchema);
  const store = postgresEventStore({ pool });
  const log = postgresEventLog({ pool });
  const journal = postgresJournal({ pool });
  const secret = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
  const keyring = postgresKeyring({ pool, secrets: { masterKey: secret(1), lookupKey: secret(2), digestKey: secret(3) } });
  const intake = createIntake({
    store,
    keyring,
    pool,
    dataSource: await createDataSource(pool, intakeSchema),
    clock: () => NOW,
    sources: { sourceFor: () => Promise.resolve({ kind: 'unknown' }) },
  });
  async function* bytes() {
    yield Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n'));
  }
  const outcome = await intake.importOrders({ format: 'facts', input: { stream: bytes() } });
  expect(outcome).toMatchObject({ kind: 'completed', summary: { quarantined: 0, lines: lines.length } });
  await closeDays({ store, log, keyring, upTo: LAST_DAY, timeZone: 'UTC', from: DEFAULT_TRUTH.start });
  const definitions = understandingProjections();
  const runner = createProjectionRunner({ pool, log, journal, definitions, registry });
  expect(await runner.start()).toEqual({ kind: 'started' });
  expect(await runner.catchUp({ timeoutMs: 60_000 })).toMatchObject({ kind: 'caught-up' });
  const path = commandPath({ store, keyring });
  const ports = {
    pool,
    store,
    log,
    journal,
    keyring,
    projections: runner,
    path,
    definitions: definitionCommands({ path }),
    timeZone: 'UTC',
    now: () => NOW,
  };
  const subgraph = understandingSubgraph({ ...ports, onError: () => undefined });
  const stop = async (): Promise<void> => {
    await runner.stop();
    await store.close();
    await log.close();
    await database.drop();
  };
  const position = async (): Promise<string> =>
    (await runner.status()).projections.find(({ name }) => name === 'purchases')?.position ?? '0';
  const asked = { by: 'user:test', requestId: 'test', at: NOW };
  const test = (modelId: string) =>
    backTestHealth({ pool, store, journal, path, identity: runner.identity, timeZone: 'UTC', modelId, asOfDay: LAST_DAY, position, asked });
  return { ...ports, runner, subgraph, stop, position, test };
}

const staff: Principal = { kind: 'staff', roles: ['admin', 'data'] satisfies Role[], actor: 'user:test', subject: null };

type Business = Awaited<ReturnType<typeof business>>;
async function ask({ subgraph }: Business, query: string) {
  const { data, errors } = await subgraph.execute({
    document: parse(query),
    variables: {},
    context: { requestId: 'test', principal: staff, atLeast: null },
  });
  expect(errors).toBeUndefined();
  return data as Record<string, unknown>;
}

const lines = arrivalsOf(simulateWorld(DEFAULT_TRUTH, 11, CUSTOMERS));
let shop: Business;
beforeAll(async () => {
  shop = await business(lines);
}, 240_000);
afterAll(() => shop.stop());

const name = '{ ja: "名", en: "Name" }';
let keys = 0;
const key = (): string => `idempotencyKey: "k-${(keys += 1)}"`;
const RESULT =
  '{ __typename ... on DefinitionsChanged { repeated position definitions { segments { segmentId version } healthModels { modelId version activated backTests { auc aucRecency brier leaking } } } } ... on RuleNotValid { code field line column found expected } ... on CommandRefused { code field } }';

it('the store holds what the simulator sent, each message once', async () => {
  const { rows } = await shop.pool.query<{ facts: number }>(
    `select count(*)::int as facts from events where meta->>'source' = 'import:facts' and subject is not null and type not in ('retention.customers.identifier-registered', 'retention.customers.identifier-linked')`,
  );
  expect(rows[0]?.facts).toBe(new Set(lines.map(({ id }) => id)).size);
});

it('[1.13] a segment is defined by a rule, dry-run first, with an error that an editor can show', async () => {
  const broken = await ask(
    shop,
    `mutation { defineSegment(input: { segmentId: "quiet", name: ${name}, rule: "days_since_purchase > \\"90\\"", ${key()} }) ${RESULT} }`,
  );
  expect(broken['defineSegment']).toMatchObject({
    __typename: 'RuleNotValid',
    code: 'RULE_NOT_VALID',
    field: 'rule',
    line: 1,
    column: 1,
    found: '`int > string`',
  });
  const { dryRunRule: tried } = (await ask(
    shop,
    '{ dryRunRule(rule: "days_since_purchase > 90 && subscriber") { __typename ... on RuleDryRun { judged holds fails unknown reads examples { id } freshness { position } } } }',
  )) as { dryRunRule: Record<string, number> };
  expect(tried).toMatchObject({ __typename: 'RuleDryRun', reads: ['days_since_purchase', 'subscriber'] });
  expect(tried['judged']).toBeGreaterThan(CUSTOMERS * 0.9);
  expect(tried['holds']).toBeGreaterThan(10);
  expect(tried['judged']).toBe((tried['holds'] ?? 0) + (tried['fails'] ?? 0) + (tried['unknown'] ?? 0));
  const defined = await ask(
    shop,
    `mutation { defineSegment(input: { segmentId: "quiet", name: ${name}, rule: "days_since_purchase > 90 && subscriber", ${key()} }) ${RESULT} }`,
  );
  expect(defined['defineSegment']).toMatchObject({
    __typename: 'DefinitionsChanged',
    definitions: { segments: [{ segmentId: 'quiet', version: 1 }] },
  });
});

it('the members of a segment come in pages, and are those whom the dry run counted', async () => {
  const found: string[] = [];
  for (let after = ''; ;) {
    const { segmentMembers: page } = (await ask(
      shop,
      `{ segmentMembers(segmentId: "quiet", first: 7${after === '' ? '' : `, after: "${after}"`}) { edges { node { id } } pageInfo { hasNextPage endCursor } } }`,
    )) as {
      segmentMembers: { edges: { node: { id: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    };
    found.push(...page.edges.map(({ node }) => node.id));
    if (!page.pageInfo.hasNextPage) break;
    after = page.pageInfo.endCursor;
  }
  const { dryRunRule: tried } = (await ask(
    shop,
    '{ dryRunRule(rule: "days_since_purchase > 90 && subscriber") { ... on RuleDryRun { holds } } }',
  )) as { dryRunRule: { holds: number } };
  expect(new Set(found).size).toBe(tried.holds);
  expect(await ask(shop, '{ segmentMembers(segmentId: "nobody") { edges { cursor } } }')).toEqual({ segmentMembers: null });
});

it('a metric of a brand has its base, its interval, and cannot lose its segment', async () => {
  const metric = `metricId: "silent", name: ${name}, kind: "share", class: RESULT, rule: "uses_30d == 0", base: "subscriber", segmentId: "quiet"`;
  const undefinedBase = await ask(shop, `mutation { defineMetric(input: { ${metric}, partialPeriods: MARKED, ${key()} }) ${RESULT} }`);
  expect(undefinedBase['defineMetric']).toMatchObject({ code: 'ZERO_DENOMINATOR_UNDEFINED' });
  await ask(
    shop,
    `mutation { defineMetric(input: { ${metric}, zeroDenominator: NULL_WITH_REASON, partialPeriods: MARKED, ${key()} }) ${RESULT} }`,
  );
  const { metric: value } = (await ask(
    shop,
    '{ metric(metricId: "silent") { value numerator denominator n ci { low high } class definitionVersion asOfDay freshness { version position } } }',
  )) as { metric: Record<string, number> };
  expect(value).toMatchObject({ class: 'RESULT', definitionVersion: 1, asOfDay: LAST_DAY });
  expect(Number(value['value'])).toBeCloseTo(Number(value['numerator']) / Number(value['denominator']), 10);
  const retired = await ask(
    shop,
    `mutation { retireDefinition(input: { kind: SEGMENT, definitionId: "quiet", reason: "old", ${key()} }) ${RESULT} }`,
  );
  expect(retired['retireDefinition']).toMatchObject({ __typename: 'CommandRefused', code: 'DEFINITION_IN_USE' });
});

it('health is activated only with a back-test; then it is calibrated, and its drivers add up', async () => {
  const features =
    '["days_since_purchase", "purchases", "purchases_90d", "days_between_purchases", "uses_30d", "nps_score", "unanswered_surveys"]';
  const define = (outcome: string) =>
    `mutation { defineHealthModel(input: { modelId: "${outcome.toLowerCase()}", name: ${name}, outcome: ${outcome}, horizonDays: 90, features: ${features}, ${key()} }) ${RESULT} }`;
  await ask(shop, define('PURCHASE'));
  const activate = () => ask(shop, `mutation { activateHealthModel(input: { modelId: "purchase", ${key()} }) ${RESULT} }`);
  expect((await activate())['activateHealthModel']).toMatchObject({ code: 'NO_BACK_TEST' });
  const tested = await shop.test('purchase');
  if (tested.kind !== 'ended' || tested.result.kind !== 'succeeded') throw new Error(JSON.stringify(tested));
  const { report } = tested.result;
  expect(report.customers).toBeGreaterThan(500);
  expect(report.auc).toBeGreaterThan(0.65);
  expect(report.aucRecency).toBeGreaterThan(0.5);
  expect(report.brier).toBeLessThan(report.brierBase);
  expect(Math.abs(report.bias)).toBeLessThan(0.12);
  expect(tested.result.leaking).toEqual([]);
  // The same facts again: the same fact.
  expect(await shop.test('purchase')).toMatchObject({
    result: { kind: 'succeeded', backtestId: tested.result.backtestId, repeated: true },
  });
  expect((await activate())['activateHealthModel']).toMatchObject({ __typename: 'DefinitionsChanged' });
  const page = await ask(
    shop,
    '{ customers(orderBy: NET_REVENUE, first: 100) { edges { node { id health { probability intercept logOdds drivers { feature value adds } modelVersion backTest { auc } evidence freshness { version position } } churnRisk { probability method reasons { code detail evidence } } } } } }',
  );
  const cards = (
    page as {
      customers: {
        edges: {
          node: {
            health: { probability: string; intercept: string; logOdds: string; drivers: { adds: string; value: string | null }[] };
            churnRisk: { probability: string; method: string };
          };
        }[];
      };
    }
  ).customers.edges;
  expect(cards).toHaveLength(100);
  for (const {
    node: { health, churnRisk },
  } of cards) {
    const sum = health.drivers.reduce((so, { adds }) => so + Number(adds), Number(health.intercept));
    expect(sum).toBeCloseTo(Number(health.logOdds), 9);
    expect(1 / (1 + Math.exp(-sum))).toBeCloseTo(Number(health.probability), 9);
    expect(churnRisk.method).toBe('health');
    expect(Number(churnRisk.probability)).toBeCloseTo(1 - Number(health.probability), 9);
  }
  // Missing is a feature: somebody never answered, and it counts.
  expect(cards.some(({ node: { health } }) => health.drivers.some(({ value, adds }) => value === null && Number(adds) !== 0))).toBe(true);
});

it('[1.17] [2.05] a customer is seen whole: holdings, usage, satisfaction, stage, segments, needs, risk with reasons', async () => {
  await fitLifetimeValue({
    pool: shop.pool,
    store: shop.store,
    keyring: shop.keyring,
    position: shop.position,
    asOfDay: LAST_DAY,
    actor: 'user:test',
  });
  await ask(
    shop,
    `mutation { defineLifecycle(input: { stages: [{ stageId: "left", name: ${name}, rule: "!subscriber && days_since_purchase > 180" }, { stageId: "with-us", name: ${name}, rule: "true" }], ${key()} }) ${RESULT} }`,
  );
  await ask(shop, `mutation { defineNeed(input: { needId: "talk", name: ${name}, rule: "nps_score <= 6", ${key()} }) ${RESULT} }`);
  const FIELDS = `attributes { name value from } holdings { contracts { status monthlyRevenue { amountMinor } since renewals evidence } monthlyRevenue { amountMinor } contractValue { value { amountMinor } low { amountMinor } high { amountMinor } nextRenewal method reasonNull } silentSubscriber freshness { projection version position rebuilding } }
    usage { uses90Days lastUse byName { name count } evidence } satisfaction { nps { value n ci { low high } reasonNull } csat { value reasonNull } unansweredSurveys evidence } connection { reciprocity { value reasonNull } }
    stage { stageId definitionVersion because { text verdict read } } segments { segmentId because { text } } needs { needId evidence } churnRisk { probability reasons { code evidence } }`;
  const { customers } = (await ask(
    shop,
    `{ customers(orderBy: NET_REVENUE, first: 100) { edges { node { id ${FIELDS} } } } }`,
  )) as unknown as { customers: { edges: { node: Seen }[] } };
  const subscribers = customers.edges.map(({ node }) => node).filter(({ holdings }) => holdings.monthlyRevenue !== null);
  expect(subscribers.length).toBeGreaterThan(10);
  for (const { holdings, stage, satisfaction, needs } of subscribers) {
    expect(holdings.freshness).toMatchObject({ projection: 'holdings', version: '1', rebuilding: false });
    const { value, low, high } = holdings.contractValue;
    if (value === null) expect(holdings.contractValue.reasonNull).toBe('NO_BASE');
    else expect(Number(low?.amountMinor) <= Number(value.amountMinor) && Number(value.amountMinor) <= Number(high?.amountMinor)).toBe(true);
    expect(holdings.contracts.every(({ evidence }) => evidence.length === 1)).toBe(true);
    expect(stage).toMatchObject({ stageId: 'with-us', definitionVersion: 1 });
    if (satisfaction.nps.n === 0) expect(satisfaction.nps.reasonNull).toBe('NO_BASE');
    for (const need of needs) expect(need.evidence.length).toBeGreaterThan(0);
  }
  expect(subscribers.some(({ holdings }) => holdings.silentSubscriber === true)).toBe(true);
  expect(subscribers.some(({ holdings }) => holdings.silentSubscriber === false)).toBe(true);
  const evidence = [...new Set(subscribers.flatMap(({ satisfaction }) => satisfaction.evidence))];
  expect(await shop.journal.byIds(evidence.slice(0, 50))).toHaveLength(Math.min(50, evidence.length));
});

type Seen = {
  holdings: {
    contracts: { evidence: string[] }[];
    monthlyRevenue: object | null;
    contractValue: {
      value: { amountMinor: string } | null;
      low: { amountMinor: string } | null;
      high: { amountMinor: string } | null;
      reasonNull: string | null;
    };
    silentSubscriber: boolean | null;
    freshness: object;
  };
  stage: object;
  satisfaction: { nps: { n: number; reasonNull: string | null }; evidence: string[] };
  needs: { evidence: string[] }[];
};

it('what is concluded of a customer is for staff, what she holds is hers', async () => {
  const { rows } = await shop.pool.query<{ key: string }>(
    `select h.key from understanding.holdings h join understanding.profile p using (key) where running > 0 and json_array_length(p.state->'identifiers') = 1 order by key limit 1`,
  );
  const customer = rows[0]?.key ?? '';
  const herself: Principal = { kind: 'customer', roles: ['customer'], actor: `customer:${customer}`, subject: customer };
  const { data, errors } = await shop.subgraph.execute({
    document: parse(
      'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Customer { holdings { contracts { status } } churnRisk { probability } } } }',
    ),
    variables: { of: [{ __typename: 'Customer', id: toGlobalId('Customer', customer) }] },
    context: { requestId: 'test', principal: herself, atLeast: null },
  });
  expect(data).toMatchObject({ _entities: [{ holdings: { contracts: [{}] }, churnRisk: null }] });
  expect(errors?.map(({ extensions }) => extensions['code'])).toEqual(['FORBIDDEN']);
});

it('is the same understanding under shuffled arrival, doubled events and another page size', async () => {
  const shuffled = [...lines, ...lines.slice(0, 500)]
    .map((line, i) => ({ line, at: (i * 7919) % 100_003 }))
    .sort((a, b) => a.at - b.at)
    .map(({ line }) => line);
  const other = await business(shuffled);
  try {
    // Customers have other ids there: what is compared is what is understood of whom, by the order ids that they hold.
    const of = async ({ pool }: Business) => {
      const { rows } = await pool.query<{ purchases: PurchasesState; holdings: unknown; experience: unknown }>(
        `select p.state as purchases, h.state as holdings, e.state as experience from understanding.purchases p left join understanding.holdings h using (key) left join understanding.experience e using (key) where p.orders > 0`,
      );
      return new Map(
        rows.map((row) => [
          row.purchases.orders
            .map((order) => knownOrder(order).id)
            .sort()
            .join(' '),
          row,
        ]),
      );
    };
    const [one, two] = await Promise.all([of(shop), of(other)]);
    expect(two.size).toBe(one.size);
    for (const [orders, row] of one) expect(two.get(orders)).toEqual(row);
  } finally {
    await other.stop();
  }
}, 240_000);

it('[1.16] [4.02] boards of a period add up, with their intervals, and an open period is partial', async () => {
  const { mrrWaterfall: board } = (await ask(
    shop,
    `{ mrrWaterfall(period: { from: "2026-01-01", to: "2026-03-31" }) { currency start { amountMinor } new { amountMinor } expansion { amountMinor } reactivation { amountMinor } contraction { amountMinor } churn { amountMinor } end { amountMinor }
      nrr { value n class } grr { value } logoRetention { value ci { low high } } quickRatio { value } arpa { value currency } customerChurn { value notes } voluntary involuntary paused partial freshness { position } } }`,
  )) as {
    mrrWaterfall: Record<string, { amountMinor: string; value: string }> & { voluntary: number; involuntary: number; partial: boolean };
  };
  const worth = (part: string): number => Number(board[part]?.amountMinor);
  expect(worth('start') + worth('new') + worth('expansion') + worth('reactivation') - worth('contraction') - worth('churn')).toBe(
    worth('end'),
  );
  expect(worth('start')).toBeGreaterThan(0);
  expect(Number(board['grr']?.value)).toBeLessThanOrEqual(Math.min(1, Number(board['nrr']?.value)));
  expect(board.partial).toBe(false);
  expect(board.voluntary).toBeGreaterThan(0);
  await ask(
    shop,
    `mutation { defineMetric(input: { metricId: "kept", name: ${name}, kind: "nrr", class: RESULT, zeroDenominator: NULL_WITH_REASON, partialPeriods: MARKED, ${key()} }) ${RESULT} }`,
  );
  const asked = await ask(
    shop,
    `{ metric(metricId: "kept", period: { from: "2026-01-01", to: "2026-03-31" }) { value n method definitionVersion } lastMonth: metric(metricId: "kept") { asOfDay partial } }`,
  );
  expect(asked).toMatchObject({
    metric: { value: board['nrr']?.value, definitionVersion: 1 },
    lastMonth: { asOfDay: '2026-05-31', partial: false },
  });
  const { satisfactionBoard: said } = (await ask(
    shop,
    `{ satisfactionBoard(period: { from: "2026-06-01", to: "2026-06-30" }) { nps { value n partial ci { low high } notes class } csat { value reasonNull } partial } }`,
  )) as { satisfactionBoard: Record<string, object> };
  expect(said).toMatchObject({
    partial: true,
    nps: { partial: true, class: 'EXPERIENCE', notes: [expect.stringMatching(/^\d+ of \d+ invited answered$/)] },
    csat: { value: null, reasonNull: 'NO_BASE' },
  });
});
