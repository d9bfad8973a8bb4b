import { createRandom } from '@tsunagari/clv';
import { facts as registry } from '@tsunagari/contracts';
import { identityCommands } from '@tsunagari/customers';
import { openAccess, openDeployment, openIntake, projectionsOf, type Deployment } from '@tsunagari/deployment';
import { createProjectionRunner, type ProjectionRunner } from '@tsunagari/projection';
import { closeDays } from '@tsunagari/understanding';
import { readConfiguration } from '@tsunagari/runtime';
import { testDatabase, type TestDatabase } from '@tsunagari/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { staffDecisions } from './staff';
import { carryOut } from './staff-at-work';
import { DEFAULT_TRUTH, type Truth } from './truth';
import { arrivalsOf, type FactLine, simulateWorld } from './world';

const SEED = 5;
const CUSTOMERS = 30;
const STEPS = 100;
const TRUTH: Truth = { ...DEFAULT_TRUTH, staff: { secondAccount: 0.2, mistaken: 0.8, mendedWithinDays: 60 } };
const NOW = '2026-06-25T00:00:00.000Z';

let database: TestDatabase;
let deployment: Deployment;
let runner: ProjectionRunner;
let staff: ReturnType<typeof identityCommands>;
let names: readonly string[];
const home = mkdtempSync(path.join(tmpdir(), 'tsunagari-merges-'));
const errors: unknown[] = [];
const lines = arrivalsOf(simulateWorld(TRUTH, SEED, CUSTOMERS));

async function imported(some: readonly FactLine[]): Promise<void> {
  async function* bytes() {
    yield Buffer.from(some.map((line) => JSON.stringify(line)).join('\n'));
  }
  const intake = openIntake(deployment, await openAccess(deployment));
  const outcome = await intake.importOrders({ format: 'facts', input: { stream: bytes() } });
  expect(outcome).toMatchObject({ kind: 'completed', summary: { quarantined: 0, lines: some.length } });
}

beforeAll(async () => {
  database = await testDatabase();
  deployment = await openDeployment(readConfiguration({ DATABASE_URL: database.url, TSUNAGARI_HOME: home, TSUNAGARI_CLOCK: NOW }), {
    role: 'own',
  });
  const { pool, store, log, journal, keyring, path: commandPath } = deployment;
  // What comes late comes in the middle of the walk.
  await imported(lines.slice(0, Math.floor(lines.length * 0.8)));
  await closeDays({ store, log, keyring, upTo: '2026-06-20', timeZone: 'UTC', from: TRUTH.start });
  const definitions = projectionsOf(deployment);
  names = definitions.map(({ name }) => name);
  runner = createProjectionRunner({ pool, log, journal, definitions, registry, onError: (error) => errors.push(error) });
  expect(await runner.start()).toEqual({ kind: 'started' });
  expect(await runner.catchUp({ timeoutMs: 60_000 })).toMatchObject({ kind: 'caught-up' });
  const { identity } = runner;
  const waitFor = (position: string) => runner.waitFor('identity', position, { timeoutMs: 30_000 });
  staff = identityCommands({ identity, journal, keyring, path: commandPath, waitFor });
}, 120_000);

afterAll(async () => {
  await runner.stop();
  await deployment.close();
  await database.drop();
  rmSync(home, { recursive: true, force: true });
});

type States = ReadonlyMap<string, string>;

/** What is understood of some customers by every projection, as text. */
async function statesOf(customers: readonly string[]): Promise<States> {
  const states = new Map<string, string>();
  for (const name of names) {
    const { rows } = await deployment.pool.query<{ key: string; state: string }>(
      `select key, state::text as state from understanding.${name} where key = any($1::uuid[])`,
      [customers],
    );
    for (const { key, state } of rows) states.set(`${name} ${key}`, state);
  }
  return new Map([...states].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Says which refusal it was, if it was one. */
function accepted(result: Awaited<ReturnType<typeof staff.splitCustomer>>): void {
  expect(result.kind === 'refused' ? result.refusal : result.kind).toBe('accepted');
}

async function hashesOf(from: ProjectionRunner): Promise<unknown> {
  expect(await from.catchUp({ timeoutMs: 60_000 })).toMatchObject({ kind: 'caught-up' });
  return Promise.all(names.map((name) => from.stateHash(name)));
}

/** Everything anew from the first fact, identity too, in tables of its own. */
async function fromScratch(): Promise<unknown> {
  const { pool, log, journal } = deployment;
  const again = createProjectionRunner({ pool, log, journal, definitions: projectionsOf(deployment), registry, schema: 'scratch' });
  try {
    expect(await again.start()).toEqual({ kind: 'started' });
    return await hashesOf(again);
  } finally {
    await again.stop();
    await pool.query('drop schema scratch cascade');
  }
}

it('[2.21] what staff decide in the simulated business leaves every customer as the truth has her; whoever was split is as she was before', async () => {
  const decisions = staffDecisions(TRUTH, SEED, CUSTOMERS);
  const ports = { commands: staff, keyring: deployment.keyring, identity: runner.identity };
  const subjectsOf = async ([one, other]: (typeof decisions)[number]['identifiers']): Promise<[string, string]> => {
    const found = await deployment.keyring.subjectsOf([one, other], { create: false });
    const [a, b] = found.map((each) => (each.kind === 'known' ? each.subject : ''));
    return [a ?? '', b ?? ''];
  };
  const everybody = async (): Promise<States> => {
    await runner.catchUp();
    const { rows } = await deployment.pool.query<{ key: string }>('select key from understanding.profile');
    return statesOf(rows.map(({ key }) => key));
  };
  const mistakes = decisions.filter(({ kind, samePerson }) => kind === 'merge' && !samePerson);
  const mended = decisions.filter(({ kind }) => kind === 'split');
  expect(mended.length).toBeGreaterThan(2);
  const before = await everybody();
  const done = [];
  for await (const outcome of carryOut(decisions, ports, TRUTH)) done.push(outcome);
  const carried = done.filter(({ result }) => result.kind === 'accepted');
  expect(done.filter(({ result }) => result.kind === 'refused')).toEqual([]);
  expect(carried.length).toBeGreaterThan(decisions.length / 2);
  const after = await everybody();

  const isMended = (identifiers: object): boolean => mended.some((split) => split.identifiers === identifiers);
  for (const { decision } of carried.filter(({ decision: { kind } }) => kind === 'merge')) {
    const subjects = await subjectsOf(decision.identifiers);
    const customers = new Set((await runner.identity.customersOf(subjects)).values());
    expect([decision.identifiers, customers.size]).toEqual([
      decision.identifiers,
      decision.samePerson || !isMended(decision.identifiers) ? 1 : 2,
    ]);
  }
  for (const { decision } of carried.filter(({ decision: { kind } }) => kind === 'split'))
    for (const customer of new Set((await runner.identity.customersOf(await subjectsOf(decision.identifiers))).values()))
      for (const name of names) expect(after.get(`${name} ${customer}`)).toBe(before.get(`${name} ${customer}`));
  expect(mistakes.length).toBeGreaterThanOrEqual(mended.length);
  expect(await hashesOf(runner)).toEqual(await fromScratch());

  // The same decisions once more are the same facts.
  const head = await deployment.log.head();
  for await (const { result } of carryOut(decisions, ports, TRUTH)) if (result.kind === 'accepted') expect(result.repeated).toBe(true);
  expect(await deployment.log.head()).toBe(head);
}, 240_000);

it(`[2.21] after each of ${STEPS} random merges and splits, late facts among them, the state of every projection is that of a rebuild from scratch`, async () => {
  const random = createRandom(20_260_101);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.uniform() * from.length)]!;
  const { identity } = runner;
  /** What is understood of whoever is made of exactly these subjects: it can be nothing else, however she came to be made of them. */
  const known = new Map<string, States>();
  const counted = { merges: 0, splits: 0, restored: 0 };
  for (let step = 0; step < STEPS; step++) {
    if (step === STEPS / 2) {
      await imported(lines.slice(Math.floor(lines.length * 0.8)));
      known.clear();
    }
    await runner.catchUp();
    const { rows } = await deployment.pool.query<{ key: string }>('select key from understanding.profile order by key');
    const customers = rows.map(({ key }) => key);
    const members = await identity.subjectsOf(customers);
    const several = customers.filter((customer) => (members.get(customer)?.length ?? 0) > 1);
    const asked = { idempotencyKey: `step-${step}`, by: 'user:spec', requestId: `step-${step}`, at: NOW };
    const involved: string[] = [];
    // Splits may have left nobody to be split.
    if ((several.length === 0 || random.uniform() < 0.5) && customers.length > 2) {
      const [one, other] = [pick(customers), pick(customers)];
      if (one === other) continue;
      involved.push(one, other);
      for (const customer of involved) known.set(setOf(members.get(customer)), await statesOf([customer]));
      accepted(await staff.mergeCustomers({ customers: [one, other], reason: 'spec' }, asked));
      counted.merges++;
    } else {
      const customer = pick(several);
      const subjects = members.get(customer) ?? [];
      known.set(setOf(subjects), await statesOf([customer]));
      const apart = subjects.filter(() => random.uniform() < 0.5);
      if (apart.length === 0 || apart.length === subjects.length) apart.splice(0, apart.length, pick(subjects));
      involved.push(...subjects);
      accepted(await staff.splitCustomer({ customer, subjects: apart, reason: 'spec' }, asked));
      counted.splits++;
    }
    expect(await hashesOf(runner)).toEqual(await fromScratch());
    const now = [...new Set((await identity.customersOf(involved)).values())];
    for (const [customer, subjects] of await identity.subjectsOf(now)) {
      const [was, is] = [known.get(setOf(subjects)), await statesOf([customer])];
      if (was) expect(is).toEqual(was);
      if (was) counted.restored++;
      known.set(setOf(subjects), is);
    }
  }
  expect(counted.merges).toBeGreaterThan(25);
  expect(counted.splits).toBeGreaterThan(25);
  expect(counted.restored).toBeGreaterThan(10);
  expect(errors).toEqual([]);
}, 580_000);

function setOf(subjects: readonly string[] = []): string {
  return [...subjects].sort().join(' ');
}
