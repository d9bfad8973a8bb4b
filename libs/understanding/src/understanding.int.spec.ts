import type { Principal, Role } from '@tsunagari/access';
import { identifierRegistered, orderPlaced, orderRefunded, streamName, traitsUpdated } from '@tsunagari/contracts';
import type { Subgraph } from '@tsunagari/graphql';
import type { Pool } from '@tsunagari/postgres';
import { parse } from 'graphql';
import { specPlatform, type SpecPlatform } from '../test-programs/spec-platform';
import { dayNumberOf, dayOf } from './calendar';
import { closeDays, lastClosedDay } from './days/close-days';
import { jobById } from './jobs';
import { FIT_JOB, fitLifetimeValue } from './lifetime-value/fit-lifetime-value';
import { latestModel } from './lifetime-value/model';
import { customersPage, totals } from './purchases/purchases.query';
import { retention } from './retention/retention.query';
import { understandingSubgraph } from './understanding.subgraph';

const gbp = (amountMinor: number, currency = 'GBP') => ({ amountMinor, currency });

/** Somebody who bought without saying who she is. */
async function unidentified({ keyring, record }: SpecPlatform, invoice: string, day: string): Promise<string> {
  const [known] = await keyring.subjectsOf([{ type: 'invoice', value: invoice }], { create: true });
  if (known?.kind !== 'known') throw new Error('no subject');
  const data = { identifierType: 'invoice', value: invoice, verified: true, kind: 'unidentified' };
  await record(known.subject, identifierRegistered, data, day);
  return known.subject;
}

/** What was bought when, beside the platform: the oracle of retention. */
const bought: { subject: string; month: string }[] = [];

async function buys(
  { record }: SpecPlatform,
  subject: string,
  orderId: string,
  day: string,
  minor: number,
  currency = 'GBP',
): Promise<void> {
  bought.push({ subject, month: day.slice(0, 7) });
  const data = { orderId, lines: [], total: gbp(minor, currency), sales: gbp(minor, currency) };
  await record(subject, orderPlaced, data, day);
}

const staff = (...roles: Role[]): Principal => ({ kind: 'staff', roles, actor: 'user:test', subject: null });

async function ask(subgraph: Subgraph, query: string, principal: Principal, variables: Record<string, unknown> = {}) {
  return subgraph.execute({ document: parse(query), variables, context: { requestId: 'test', principal, atLeast: null } });
}

describe('understanding over PostgreSQL', () => {
  let on: SpecPlatform;
  let subgraph: Subgraph;
  let anna: string;
  let ben: string;
  let nobody: string;

  beforeAll(async () => {
    on = await specPlatform();
    subgraph = understandingSubgraph({ ...on, onError: () => undefined });
    anna = await on.customer('anna', '2011-01-03');
    ben = await on.customer('ben', '2011-01-20');
    const carla = await on.customer('carla', '2011-03-05');
    nobody = await unidentified(on, 'invoice-1', '2011-01-09');
    await buys(on, anna, 'a1', '2011-01-03', 10_000);
    await buys(on, anna, 'a2', '2011-02-03', 5_000);
    await buys(on, anna, 'a3', '2011-04-03', 2_500);
    await buys(on, ben, 'b1', '2011-01-20', 3_000);
    await buys(on, ben, 'b2', '2011-01-25', 1_000);
    await buys(on, carla, 'c1', '2011-03-05', 700);
    await buys(on, nobody, 'n1', '2011-01-09', 4_000);
    const refund = { refundId: 'C1', orderId: null, lines: [], refunded: gbp(500) };
    await on.record(anna, orderRefunded, refund, '2011-02-05');
    await on.record(anna, traitsUpdated, { traits: { email: 'anna@example.com', plan: 'gold' } }, '2011-02-06');
    for (let n = 0; n < 12; n += 1) {
      const subject = await on.customer(`regular${n}`, dayOf(dayNumberOf('2011-01-02') + n));
      for (let k = 0; k <= n % 5; k += 1)
        await buys(
          on,
          subject,
          `r${n}-${k}`,
          dayOf(dayNumberOf('2011-01-02') + n + 9 * k * (1 + (n % 3))),
          1000 + 37 * ((7 * n + 3 * k) % 11),
        );
    }
    expect(await closeDays({ ...on, upTo: '2011-05-31', timeZone: 'UTC' })).toMatchObject({ closed: 150, lastDay: '2011-05-31' });
    expect(await on.runner.catchUp()).toMatchObject({ kind: 'caught-up' });
  });
  afterAll(() => on.stop());

  it('closes each day once, whoever closes it', async () => {
    const both = await Promise.all([
      closeDays({ ...on, upTo: '2011-06-02', timeZone: 'UTC' }),
      closeDays({ ...on, upTo: '2011-06-02', timeZone: 'UTC' }),
    ]);
    expect(both.map(({ closed }) => closed).sort()).toEqual([0, 2]);
    expect(await closeDays({ ...on, upTo: '2011-06-01', timeZone: 'UTC' })).toMatchObject({ closed: 0, lastDay: '2011-06-02' });
    expect(await lastClosedDay(on.store)).toBe('2011-06-02');
    const stream = await on.store.readStream(streamName('calendar', 'days'));
    const dates = stream.kind === 'open' ? stream.facts.map(({ data }) => (data as { date: string }).date) : [];
    expect([dates.length, new Set(dates).size]).toEqual([152, 152]);
    await on.runner.catchUp();
  });

  it('knows from the closed days alone who is silent', async () => {
    const { rows } = await on.pool.query<{ key: string; silent_since: number }>('select key, silent_since from understanding.purchases');
    const silent = Object.fromEntries(rows.map((row) => [row.key, row.silent_since]));
    expect([silent[anna], silent[ben]]).toEqual([null, dayNumberOf('2011-04-25')]);
  });

  it('adds up what all bought, known or not', async () => {
    const all = await totals(on.pool);
    const { rows } = await on.pool.query<{ net: string }>('select sum(net_minor)::text as net from understanding.purchases');
    expect(all).toMatchObject({
      knownCustomers: 15,
      unidentifiedBuyers: 1,
      byCurrency: [{ currency: 'GBP', netMinor: rows[0]?.net, salesCustomers: 15 }],
    });
    const known = Number(all.byCurrency[0]?.salesMinor);
    expect(Number(all.byCurrency[0]?.netMinor)).toBe(known + 4_000 - 500);
  });

  it('counts who came back by month, once each, and marks what is not over [0.03]', async () => {
    const grid = await retention(on.pool, { method: 'ON', unit: 'MONTH', units: 5 }, '2011-05-15');
    const january = grid.rows[0]!;
    expect(january).toMatchObject({ cohort: '2011-01', size: 14 });
    const members = bought.filter(({ subject, month }) => month === '2011-01' && subject !== nobody).map(({ subject }) => subject);
    const back = (month: string): number =>
      new Set(bought.filter((each) => each.month === month && members.includes(each.subject)).map(({ subject }) => subject)).size;
    expect(january.cells.map(({ returned }) => returned)).toEqual(['2011-02', '2011-03', '2011-04', '2011-05'].map(back));
    expect(january.cells[0]?.returned).toBeGreaterThan(1);
    expect(january.cells.map(({ partial }) => partial)).toEqual([false, false, false, true]);
    expect(grid.rows[1]).toMatchObject({ cohort: '2011-02', size: 0, cells: [{ returned: null, rate: null }, {}, {}] });
    const after = await retention(on.pool, { method: 'ON_OR_AFTER', unit: 'MONTH', units: 3 }, '2011-05-15');
    const rates = after.rows[0]!.cells.map(({ rate }) => rate ?? 0);
    expect([...rates].sort((a, b) => b - a)).toEqual(rates);
  });

  it('pages through a sorted list by its keys, in order and without a gap', async () => {
    const seen: string[] = [];
    let after = null;
    for (;;) {
      const rows = await customersPage(on.pool, { orderBy: 'NET_REVENUE', currency: 'GBP', limit: 4, after });
      seen.push(...rows.slice(0, 4).map(({ key }) => key));
      if (rows.length <= 4) break;
      after = rows[3] ?? null;
    }
    expect([seen.length, new Set(seen).size]).toEqual([15, 15]);
    expect(seen[0]).toBe(anna);
  });

  it('a list by net revenue runs through its index: nobody is sorted, on the first page nor behind a row', async () => {
    const client = await on.pool.connect();
    const plan: string[] = [];
    const explained = {
      async query(text: string, values?: unknown[]) {
        if (values === undefined) return client.query(text);
        const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${text}`, values);
        plan.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
        return { rows: [] };
      },
    } as unknown as Pool;
    try {
      await client.query('begin; set local enable_seqscan = off; set local enable_bitmapscan = off');
      await client.query('set local enable_sort = off; set local enable_incremental_sort = off');
      for (const after of [null, { key: anna, sort: '100' }])
        await customersPage(explained, { orderBy: 'NET_REVENUE', currency: 'GBP', limit: 4, after });
      expect(plan).toHaveLength(2);
      for (const each of plan) expect(each).toMatch(/Index Scan Backward using "?purchases_g/);
      for (const each of plan) expect(each).not.toContain('Sort');
      expect(plan[1]).toMatch(/Index Cond: \(ROW\(/);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  it('fits once, records the model, scores everybody, and says the same when asked again', async () => {
    const stages: string[] = [];
    const position = (await on.runner.status()).projections[0]!.position;
    const fit = { ...on, position: () => Promise.resolve(position), asOfDay: '2011-06-02', actor: 'system:test' };
    const first = await fitLifetimeValue({ ...fit, onProgress: ({ stage }) => stages.push(stage) });
    expect(first).toMatchObject({
      kind: 'ended',
      result: { kind: 'succeeded', customers: 15, repeated: false, leftOut: { otherCurrency: 0, mixedCurrency: 0 } },
    });
    expect([...new Set(stages)]).toEqual(['reading', 'fitting', 'back-testing', 'recording', 'scoring']);
    const model = await latestModel(on.store);
    expect(model).toMatchObject({ asOfDay: '2011-06-02', currency: 'GBP', customers: 15 });
    const { rows } = await on.pool.query<{ n: number }>(
      'select count(*)::int as n from understanding.customer_scores where model_id = $1',
      [model?.modelId],
    );
    expect(rows[0]?.n).toBe(15);
    const again = await fitLifetimeValue(fit);
    expect(again).toMatchObject({ kind: 'ended', result: { repeated: true, modelId: model?.modelId } });
    const stream = await on.store.readStream(streamName('model', 'lifetime-value'));
    expect(stream.kind === 'open' && stream.facts).toHaveLength(1);
    await on.runner.catchUp();
  });

  it('leaves the last scores alone when a fit breaks off', async () => {
    const before = await on.pool.query('select * from understanding.customer_scores order by key');
    await expect(
      fitLifetimeValue({
        ...on,
        position: () => Promise.resolve('1'),
        asOfDay: '2011-06-01',
        actor: 'system:test',
        onProgress: ({ stage }) => {
          if (stage === 'scoring') throw new Error('the plug was pulled');
        },
      }),
    ).rejects.toThrow('the plug was pulled');
    expect((await on.pool.query('select * from understanding.customer_scores order by key')).rows).toEqual(before.rows);
    const { rows } = await on.pool.query<{ status: string; error: string }>(
      'select status, error from understanding.jobs order by started desc limit 1',
    );
    expect(rows[0]).toMatchObject({ status: 'failed', error: 'Error: the plug was pulled' });
  });

  it('marks a job whose process died, and runs the next one', async () => {
    const lost = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
    await on.pool.query(`insert into understanding.jobs (id, kind, status, stage) values ($1, $2, 'running', 'scoring')`, [lost, FIT_JOB]);
    const ended = await fitLifetimeValue({ ...on, position: () => Promise.resolve('2'), asOfDay: '2011-06-02', actor: 'system:test' });
    expect(ended.kind).toBe('ended');
    expect(await jobById(on.pool, lost)).toMatchObject({ status: 'interrupted', error: 'the process that ran it ended' });
  });

  it('answers for a page of customers in a fixed number of queries, with value, interval, explanation and freshness', async () => {
    const query = `query ($first: Int!) { customers(orderBy: LTV, first: $first) { currency pageInfo { hasNextPage endCursor } freshness { projection rebuilding } edges { node { id
      purchases { kind netRevenue { amountMinor currency } lastPurchase silentSince freshness { position } }
      ltv { value money { amountMinor } reasonNull interval { low high level } parts { name factor words } model { id kind dropoutIdentified backTest { bias } } freshness { lagMs } }
      purchaseProbability { probability risk } rfm { recencyScore frequencyScore monetaryScore recencyDays } } } } }`;
    // What the tests before this one recorded has arrived: two answers can be compared.
    await on.runner.catchUp();
    const counted = async (first: number) => {
      // A pool of its own to count on: the runner asks beside it all the time.
      const pool = Object.create(on.pool) as typeof on.pool;
      const queries = jest.spyOn(pool, 'query');
      const answer = await ask(understandingSubgraph({ ...on, pool }), query, staff('marketer'), { first });
      return { ...answer, queries: queries.mock.calls.length };
    };
    const { data, errors, queries: ofTen } = await counted(10);
    expect(errors).toBeUndefined();
    expect((await counted(2)).queries).toBe(ofTen);
    const customers = (data as { customers: { edges: { node: Record<string, never> }[] } }).customers;
    expect(customers).toMatchObject({ currency: 'GBP', pageInfo: { hasNextPage: true } });
    expect(customers.edges).toHaveLength(10);
    const values = customers.edges.map(
      ({ node }) =>
        node as unknown as {
          ltv: { value: string; money: { amountMinor: string }; interval: { low: string; high: string }; parts: { factor: string }[] };
        },
    );
    for (const { ltv } of values) {
      const product = ltv.parts.reduce((so, { factor }) => so * Number(factor), 1);
      expect(product / Number(ltv.value)).toBeCloseTo(1, 9);
      expect(Number(ltv.money.amountMinor)).toBe(Math.round(Number(ltv.value) * 100));
      expect(Number(ltv.interval.low)).toBeLessThanOrEqual(Number(ltv.interval.high));
    }
    const sorted = values.map(({ ltv }) => Number(ltv.money.amountMinor));
    expect(sorted).toEqual([...sorted].sort((a, b) => b - a));
    expect((await counted(10)).data).toEqual(data);
  });

  it('shows one timeline of a customer, opens personal fields for those who may, and shows everybody else that something is there [3.04]', async () => {
    const query = `query ($id: ID!) { events(filter: { customer: $id }, first: 2) { edges { node { type occurred data } } pageInfo { hasNextPage } } }`;
    const id = { id: `Customer:${anna}` };
    const asked = async (...roles: Role[]) => {
      const { data, errors } = await ask(subgraph, query, staff(...roles), id);
      expect(errors).toBeUndefined();
      return (data as { events: { edges: { node: { type: string; data: string } }[] } }).events.edges.map(({ node }) => node);
    };
    const [newest, second] = await asked('success');
    expect(newest?.type).toBe(orderPlaced.type);
    expect(second?.type).toBe(traitsUpdated.type);
    expect(JSON.parse(second?.data ?? '')).toEqual({ traits: { email: 'anna@example.com', plan: 'gold' } });
    expect(JSON.parse((await asked('data'))[1]?.data ?? '')).toEqual({ traits: { redacted: true, reason: 'NO_RIGHT' } });
    expect((await ask(subgraph, query, staff('frontend'), id)).errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
  });

  it('values a customer over the horizon that is asked for [3.01]', async () => {
    const query = `query ($id: ID!, $months: Int!) { _entities(representations: [{ __typename: "Customer", id: $id }]) { ... on Customer { ltv(horizonMonths: $months) { value horizonMonths } } } }`;
    const values = [];
    for (const months of [12, 24, 36]) {
      const { data } = await ask(subgraph, query, staff('success'), { id: `Customer:${anna}`, months });
      values.push(Number((data as { _entities: { ltv: { value: string } }[] })._entities[0]?.ltv.value));
    }
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(values[2]).toBeGreaterThan(values[0] ?? 0);
    const broken = await ask(subgraph, query, staff('success'), { id: `Customer:${anna}`, months: 601 });
    expect(broken.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'horizonMonths', rule: 'from 1 to 600' });
  });

  it('lets a customer reach herself and nobody else', async () => {
    const query = `query ($id: ID!) { _entities(representations: [{ __typename: "Customer", id: $id }]) { ... on Customer { purchases { netRevenue { amountMinor } } } } }`;
    const herself: Principal = { kind: 'customer', roles: ['customer'], actor: `customer:${anna}`, subject: anna };
    expect((await ask(subgraph, query, herself, { id: `Customer:${anna}` })).data).toEqual({
      _entities: [{ purchases: { netRevenue: { amountMinor: '17000' } } }],
    });
    expect((await ask(subgraph, query, herself, { id: `Customer:${ben}` })).errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
  });

  it('refuses a cursor of another model, and a question of retention that is none', async () => {
    const page = await ask(subgraph, '{ customers(orderBy: LTV, first: 1) { edges { cursor } } }', staff('ops'));
    const cursor = (page.data as { customers: { edges: { cursor: string }[] } }).customers.edges[0]?.cursor;
    const risk = await ask(
      subgraph,
      'query ($after: String) { customers(orderBy: RISK, first: 1, after: $after) { currency } }',
      staff('ops'),
      { after: cursor },
    );
    expect(risk.errors?.[0]?.extensions['code']).toBe('CURSOR_EXPIRED');
    const broken = await ask(subgraph, '{ retention(input: { method: BRACKET }) { asOfDay } }', staff('ops'));
    expect(broken.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.brackets' });
  });

  it('fits by command as a job that can be watched', async () => {
    const started = await ask(
      subgraph,
      'mutation { fitModel(input: { model: BG_NBD }) { ... on FitModelStarted { underWay job { id status } } ... on CommandRefused { code } } }',
      staff('data'),
    );
    expect(started.errors).toBeUndefined();
    const { job } = (started.data as { fitModel: { job: { id: string } } }).fitModel;
    for (;;) {
      const { data } = await ask(
        subgraph,
        'query ($id: ID!) { job(id: $id) { status stage done total result } model { kind verdict } }',
        staff('data'),
        { id: job.id },
      );
      const now = (data as { job: { status: string } }).job;
      if (now.status === 'RUNNING') continue;
      expect(now).toMatchObject({ status: 'SUCCEEDED', stage: 'done', done: 15, total: 15 });
      break;
    }
  });

  it('refuses sums over currencies and says so', async () => {
    const dora = await on.customer('dora', '2011-02-01');
    await buys(on, dora, 'd1', '2011-02-01', 100);
    await buys(on, dora, 'd2', '2011-02-02', 90, 'JPY');
    await on.runner.catchUp();
    const query = `query ($id: ID!) { totals { netRevenue { amountMinor } reasonNull byCurrency { currency salesCustomers netRevenue { amountMinor } } }
      _entities(representations: [{ __typename: "Customer", id: $id }]) { ... on Customer { purchases { reasonNull } ltv { value reasonNull } rfm { frequency } } } }`;
    expect((await ask(subgraph, query, staff('ops'), { id: `Customer:${dora}` })).data).toMatchObject({
      totals: {
        netRevenue: null,
        reasonNull: 'MIXED_CURRENCY',
        byCurrency: [{ currency: 'GBP' }, { currency: 'JPY', salesCustomers: 1, netRevenue: { amountMinor: '90' } }],
      },
      _entities: [{ purchases: { reasonNull: 'MIXED_CURRENCY' }, ltv: { value: null, reasonNull: 'MIXED_CURRENCY' }, rfm: null }],
    });
  });
});

it('closes the days of a long history, by two processes at once, each day once', async () => {
  const on = await specPlatform();
  try {
    const close = () => closeDays({ ...on, from: '1999-01-01', upTo: '2019-12-31', timeZone: 'UTC' });
    const both = await Promise.all([close(), close()]);
    expect(both.map(({ closed }) => closed).reduce((a, b) => a + b)).toBe(7670);
    expect(await lastClosedDay(on.store)).toBe('2019-12-31');
    const stream = await on.store.readStream(streamName('calendar', 'days'));
    expect(stream).toMatchObject({ kind: 'open', lastVersion: 7670 });
  } finally {
    await on.stop();
  }
});
