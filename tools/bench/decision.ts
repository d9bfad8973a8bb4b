import { openAccess, openDeployment, openIntake, openServices, type Deployment } from '@tsunagari/deployment';
import { readConfiguration } from '@tsunagari/runtime';
import { type DocumentNode, parse } from 'graphql';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchmarkRow } from './benchmark';

const CUSTOMERS = path.join('data', 'cdnow', 'CDNOW_master.txt.gz');
const OFFERS = 200;
/** So many explanations are asked for at once. */
const TOGETHER = 10;
const RUNS = 3;

/**
 * Decisions as the service makes them: GraphQL into the subgraph of proposals, the command path, a durable PostgreSQL, sealed facts.
 * A real shop's 23,570 customers, 200 offers of which most have a rule, a reason to be excluded, or both.
 */
export async function decisionBenchmarks({ quick }: { readonly quick: boolean }): Promise<BenchmarkRow[]> {
  const home = mkdtempSync(path.join('dist', 'bench-decision-'));
  const deployment = await openDeployment({ ...readConfiguration({}), home, fixedClock: '1998-07-02T00:00:00.000Z' }, { role: 'own' });
  const services = openServices(deployment, {
    onRunError: (run, error) => fail(`${run}: ${String(error)}`),
    onResolverError: (error) => fail(String(error)),
  });
  try {
    const intake = await openIntake(deployment, await openAccess(deployment));
    const imported = await intake.importOrders({ input: { path: CUSTOMERS }, format: 'cdnow' });
    if (imported.kind !== 'completed') throw new Error(`the import ended as ${imported.kind}`);
    await services.closeDays('1998-06-30', '1997-01-01');
    await services.start();
    await services.runner.catchUp({ timeoutMs: 120_000 });
    const proposals = services.subgraphs.find(({ name }) => name === 'proposals');
    if (proposals === undefined) throw new Error('this process hosts no proposals');
    const documents = new Map<string, DocumentNode>();
    let asked = 0;
    const ask: Ask = async (text, variables, actor = 'marketer') => {
      const document = documents.get(text) ?? parse(text);
      documents.set(text, document);
      const { data, errors } = await proposals.execute({
        document,
        variables,
        context: {
          requestId: `bench-${++asked}`,
          principal: { kind: 'staff', roles: ['admin'], actor: `user:${actor}`, subject: null },
          atLeast: null,
        },
      });
      if (errors?.length) fail(errors.map(String).join('; '));
      return data as Answer;
    };
    await brand(ask);
    const customers = await keysOf(deployment);
    const single = await decideSingly(ask, customers, quick ? 100 : 500);
    const batch = await decideInBatches(ask, quick ? 2000 : 10_000);
    await services.caughtUp();
    const sizes = await sizesOf(deployment);
    const explained = await explainAll(ask, deployment, quick ? 500 : 10_000);
    return [
      {
        id: 'decision',
        workload: `decideProposals for one customer, ${OFFERS} offers in the slot, 25 pages a second, recorded`,
        unit: 'ms (p99)',
        runs: single.p99,
        target: '≤ 20 ms',
        note: `p50 ${single.p50.toFixed(1)} ms; runs of ${single.each} customers`,
      },
      {
        id: 'decision batch',
        workload: `runDecisions over ${batch.customers.toLocaleString('en-GB')} customers, ${OFFERS} offers in the slot, every decision recorded`,
        unit: 'decisions/s',
        runs: batch.speeds,
        target: '≥ 1,000 on one core',
        note: `${Math.round(batch.aCpuSecond).toLocaleString('en-GB')} a second of the service's own CPU time, read models and reactors that follow included; nothing recorded (dry run): ${Math.round(batch.dry).toLocaleString('en-GB')}/s`,
      },
      {
        id: 'decision size',
        workload: `a recorded decision of ${OFFERS} candidates as it is stored, data with its sealed part, the largest of ${sizes.n.toLocaleString('en-GB')}`,
        unit: 'bytes',
        runs: [sizes.largest],
        target: '≤ 4,096',
        note: `mean ${Math.round(sizes.mean)}`,
      },
      {
        id: 'decision replay',
        workload: `explainProposal of ${explained.n.toLocaleString('en-GB')} decisions: every one replays identical (asserted)`,
        unit: 'explanations/s',
        runs: [explained.speed],
        target: '10,000 identical',
      },
    ];
  } finally {
    await services.stop();
    await deployment.close();
    rmSync(home, { recursive: true, force: true });
  }
}

// An answer of the graph; a type for each would only repeat the query.
type Answer = any; // eslint-disable-line @typescript-eslint/no-explicit-any
type Ask = (text: string, variables: object & Record<string, unknown>, actor?: string) => Promise<Answer>;

function fail(message: string): never {
  throw new Error(message);
}

/** A brand with 200 offers of all sorts, a holdout, and a policy that explores. */
async function brand(ask: Ask): Promise<void> {
  const usd = (amountMinor: number): object => ({ amountMinor: String(amountMinor), currency: 'USD' });
  let keys = 0;
  const say = async (mutation: string, type: string, input: object, actor?: string): Promise<void> => {
    const answer = await ask(
      `mutation Say($input: ${type}!) { ${mutation}(input: $input) { __typename ... on CommandRefused { code field rule } } }`,
      { input: { idempotencyKey: `brand-${++keys}`, ...input } },
      actor,
    );
    if (answer[mutation].__typename === 'CommandRefused') fail(`${mutation}: ${JSON.stringify(answer[mutation])}`);
  };
  const kinds = ['HOW_TO', 'SELF_ASSESSMENT', 'COUPON', 'CROSS_SELL', 'ENCOURAGEMENT', 'PLAN_CHANGE', 'EVENT', 'RECOMMENDATION'];
  const slots = ['home', ...Array.from({ length: RUNS }, (_, n) => `batch_${n}`)];
  for (let n = 0; n < 6; n++)
    await say('setPurposeValue', 'SetPurposeValueInput', { purposeId: `purpose-${n}`, value: usd(1000 + 500 * n), reason: 'a year' });
  for (let n = 0; n < OFFERS; n++) {
    const turn = (n * 7919) % 101;
    const offerId = `offer-${String(n).padStart(3, '0')}`;
    const content = {
      kind: kinds[n % kinds.length],
      purposeIds: [`purpose-${n % 6}`],
      title: { ja: `提案${n}`, en: `Offer ${n}` },
      text: { ja: '本文', en: 'Text' },
      slots,
      priority: n % 10,
      margin: usd(n % 5 === 4 ? 900 : 0),
      cost: usd(n % 3 === 0 ? 7 : 0),
      perCustomerCap: 3,
      afterDeclineDays: 30,
      ...(n % 3 === 0 ? { channel: 'email', consentCategory: 'marketing' } : {}),
      ...(n % 2 === 0 ? { goalEffect: { value: turn / 1000, basis: n % 4 === 0 ? 'MEASURED' : 'ASSUMED' } } : {}),
      ...(n % 4 === 2 ? { saleEffect: { value: turn / 900, basis: 'MEASURED' } } : {}),
      ...(n % 4 === 3 ? {} : { eligibility: `frequency >= ${1 + (n % 4)} && recency_days < ${30 + (n % 40) * 12}` }),
    };
    await say('createOffer', 'OfferContentChange', { offerId, content });
    await say('publishOffer', 'PublishOfferInput', { offerId });
  }
  await say('defineHoldout', 'DefineHoldoutInput', { holdoutId: 'held', salt: 'bench', to: 0.05 });
  await say('registerPolicy', 'RegisterPolicyInput', {
    policyId: 'best',
    content: { kind: 'SOFTMAX', currency: 'USD', profiling: 'NOT_DENIED', exploration: 0.1, toBeEvaluated: true, shortList: 20 },
  });
  await say(
    'waivePolicyEvaluation',
    'WaivePolicyEvaluationInput',
    { policyId: 'best', policyVersion: 1, reason: 'no log yet', until: '1999-01-01T00:00:00Z' },
    'data',
  );
  await say('activatePolicy', 'ActivatePolicyInput', { policyId: 'best', policyVersion: 1, slots });
}

async function keysOf({ pool }: Deployment): Promise<readonly string[]> {
  const { rows } = await pool.query<{ key: string }>('select key from understanding.profile order by md5(key::text)');
  return rows.map(({ key }) => key);
}

const DECIDE = `mutation Decide($input: DecideProposalsInput!) { decideProposals(input: $input) {
  __typename ... on ProposalsDecided { proposals { id offer { offerId } } decision { id } } ... on CommandRefused { code field rule } } }`;

/** Pages ask so often while the platform folds, expires and counts beside them: a steady load, no race against itself. */
const ASKED_EACH_MS = 40;

/** One customer after another, as pages ask. */
async function decideSingly(ask: Ask, customers: readonly string[], each: number) {
  const times: number[][] = [];
  const warmUp = 200;
  for (let run = 0; run <= RUNS; run++) {
    const from = run === 0 ? 0 : warmUp + (run - 1) * each;
    const took: number[] = [];
    for (const customer of customers.slice(from, run === 0 ? warmUp : from + each)) {
      const input = { customerId: `Customer:${customer}`, slot: 'home', count: 3, idempotencyKey: `single-${customer}` };
      const began = performance.now();
      const { decideProposals } = await ask(DECIDE, { input });
      const each = performance.now() - began;
      took.push(each);
      await pause(Math.max(0, ASKED_EACH_MS - each));
      if (decideProposals.__typename !== 'ProposalsDecided') fail(JSON.stringify(decideProposals));
    }
    if (run > 0) times.push(took.sort((a, b) => a - b));
  }
  const at = (took: readonly number[], share: number): number => took[Math.ceil(took.length * share) - 1] ?? 0;
  return {
    each,
    p99: times.map((took) => at(took, 0.99)),
    p50: at(
      times.flat().sort((a, b) => a - b),
      0.5,
    ),
  };
}

const RUN = `mutation Run($input: RunDecisionsInput!) { runDecisions(input: $input) {
  __typename ... on DecisionsRan { decided heldOut nothing judged next refused { code customers } } ... on CommandRefused { code field rule } } }`;

/** A whole population at once; every run in a slot of its own, so that nobody has a decision that stands. */
async function decideInBatches(ask: Ask, customers: number) {
  const speeds: number[] = [];
  let cpu = 0;
  const run = async (slot: string, dryRun: boolean): Promise<number> => {
    const input = { slot, count: 3, dryRun, limit: customers, idempotencyKey: `run-${slot}-${dryRun}` };
    const began = performance.now();
    const used = process.cpuUsage();
    const { runDecisions: ran } = await ask(RUN, { input });
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(used);
    if (!dryRun) cpu += (user + system) / 1e6;
    if (ran.decided !== customers || ran.refused.length > 0) fail(JSON.stringify(ran));
    return customers / seconds;
  };
  const dry = await run('batch_0', true);
  for (let n = 0; n < RUNS; n++) speeds.push(await run(`batch_${n}`, false));
  return { customers, speeds, dry, aCpuSecond: (customers * RUNS) / cpu };
}

async function sizesOf({ pool }: Deployment) {
  const { rows } = await pool.query<{ n: number; largest: number; mean: number }>(
    `select count(*)::int as n, max(octet_length(data::text))::int as largest, avg(octet_length(data::text))::float8 as mean
     from events where type = 'retention.proposals.proposal-decided'`,
  );
  return rows[0] ?? fail('nothing was decided');
}

const EXPLAIN =
  'query Explain($id: ID!) { explainProposal(id: $id) { decisionId replay { kind at } candidates { offerId score } chosen { offerId } } }';

/** Explains decisions of single requests and of batches, several at once as people ask, and asserts that each replays. */
async function explainAll(ask: Ask, { pool }: Deployment, n: number) {
  const { rows } = await pool.query<{ id: string }>(
    `select subject || '.' || (data->>'slot') || '.' || (data->>'decision') as id
     from events where type = 'retention.proposals.proposal-decided' order by md5(id::text) limit $1`,
    [n],
  );
  if (rows.length !== n) fail(`${rows.length} decisions stand`);
  const began = performance.now();
  for (let from = 0; from < n; from += TOGETHER)
    await Promise.all(
      rows.slice(from, from + TOGETHER).map(async ({ id }) => {
        const { explainProposal } = await ask(EXPLAIN, { id: `Decision:${id}` });
        if (explainProposal?.replay.kind !== 'IDENTICAL') fail(`${id} replays as ${JSON.stringify(explainProposal?.replay)}`);
      }),
    );
  return { n, speed: n / ((performance.now() - began) / 1000) };
}
