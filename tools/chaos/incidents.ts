import type { Cluster, ManagedProcess } from '@tsunagari/cluster';
import type { Position } from '@tsunagari/contracts';
import { comparePositions } from '@tsunagari/contracts';
import { hostedContexts, type HostName, schemaOf } from '@tsunagari/deployment';
import type { EventLog } from '@tsunagari/event-log';
import type { Pool } from '@tsunagari/postgres';
import { setTimeout as pause } from 'node:timers/promises';

/** One thing that was done to the cluster, and how long it took until the work went on. Milliseconds. */
export type Recovery = {
  readonly what: string;
  /** A process ended by kill −9. */
  readonly kill: boolean;
  /** From the moment it was done. */
  readonly fromIncident: number;
  /** From the replacement's readiness, or from the standby's takeover: what B13 asks for. Null where nothing was replaced. */
  readonly fromReady: number | null;
};

export type World = { readonly cluster: Cluster; readonly pool: Pool; readonly log: EventLog };

const EVERY_MS = 10;
/** Seldom enough not to be a load: each answer asks the log how far behind the process is. */
const READY_EVERY_MS = 200;
const WITHIN_MS = 180_000;
/** Longer than a worker's lease of 1.5 s. */
const FROZEN_MS = 3_000;

/** Asks until there is an answer. */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  let answer: { readonly value: T } | undefined;
  await once('an answer', async () => (answer = { value: await ask() }) !== undefined);
  if (!answer) throw new Error('unreachable');
  return answer.value;
}

/** How far identity and the read models that readers see have come in a schema. */
const SEEN = (schema: string): string => `select min(c.pos) from ${schema}.checkpoints c
  where c.shard >= 0 and (c.reader = 'identity' or exists (
    select from ${schema}.projections p where p.live and (p.name, p.generation) = (c.reader, c.generation)))`;

/** Until it holds; answers when, by `performance.now()`. An answer that fails counts as not yet. */
async function once(what: string, holds: () => Promise<boolean>, instead?: () => Promise<string>, everyMs = EVERY_MS): Promise<number> {
  for (const end = performance.now() + WITHIN_MS; ; await pause(everyMs)) {
    if (await holds().catch(() => false)) return performance.now();
    if (performance.now() > end)
      throw new Error(`after ${WITHIN_MS / 1000} s still not: ${what}. ${(await instead?.().catch(String)) ?? ''}`);
  }
}

/** How far a process' own work is: it must move on after every incident. */
export function progressOf(name: string, { cluster, pool, log }: World): () => Promise<Position | number> {
  const kind = name.replace(/-\d+$/, '') as HostName | 'relay';
  if (kind === 'relay') return () => log.head();
  if (kind === 'gateway') {
    let answers = 0;
    return async () => {
      const response = await fetch(`${cluster.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{ __typename }"}',
        signal: AbortSignal.timeout(1_000),
      });
      return response.ok ? ++answers : answers;
    };
  }
  // A process that hosts no context yet has no place in the log.
  if (hostedContexts(kind).length === 0) return async () => performance.now();
  return async () => {
    const { rows } = await pool.query<{ pos: Position }>(
      `select least((select pos from ${schemaOf(kind)}.journal), (${SEEN(schemaOf(kind))})) as pos`,
    );
    return rows[0]?.pos ?? '0';
  };
}

const further = (now: Position | number, before: Position | number): boolean =>
  typeof now === 'number' ? now > Number(before) : comparePositions(now, String(before)) > 0;

/** How far everything is, for whoever reads of a run that got stuck. */
async function places(world: World, of: ManagedProcess): Promise<string> {
  const { rows } = await world.pool.query<Record<string, string>>(
    `select (select max(pos) from public.events) as store, (select pos from understanding.journal) as journal,
            (${SEEN('understanding')}) as understood`,
  );
  const said = await fetch(`${of.url}/health/ready`, { signal: AbortSignal.timeout(5_000) }).then((answer) => answer.text(), String);
  return `${JSON.stringify(rows[0])}, Kafka ${await world.log.head()}. ${of.name} says ${said}`;
}

/** kill −9; the supervisor starts it again. */
export async function killProcess(world: World, target: ManagedProcess): Promise<Recovery> {
  const progress = progressOf(target.name, world);
  const starts = target.starts();
  const at = performance.now();
  target.signal('SIGKILL');
  await once(`${target.name} is started again`, async () => target.starts() > starts && target.pid() !== undefined);
  const ready = await once(
    `${target.name} is ready`,
    async () => (await fetch(`${target.url}/health/ready`)).ok,
    () => places(world, target),
    READY_EVERY_MS,
  );
  const before = await asked(progress);
  const moved = await once(`${target.name} works`, async () => further(await progress(), before));
  return { what: target.name, kill: true, fromIncident: moved - at, fromReady: moved - ready };
}

/** kill −9 of every process at the same moment: none of them needs another one to start. */
export async function killAll(world: World): Promise<Recovery> {
  const at = performance.now();
  const before = world.cluster.processes.map((each) => ({ each, starts: each.starts() }));
  for (const { each } of before) each.signal('SIGKILL');
  for (const { each, starts } of before) await once(`${each.name} is started again`, async () => each.starts() > starts);
  return understood(world, at, 'every process killed at once');
}

/** kill −9 of the relay that leads; another one takes over. */
export async function killLeader(world: World): Promise<Recovery> {
  const relays = world.cluster.processes.filter(({ name }) => name.startsWith('relay'));
  let leader: ManagedProcess | undefined;
  await once('a relay leads', async () => {
    for (const relay of relays) if (await leads(relay).catch(() => false)) leader = relay;
    return leader !== undefined;
  });
  const killed = leader?.name;
  const at = performance.now();
  const before = await asked(() => world.log.head());
  leader?.signal('SIGKILL');
  let taken: number | undefined;
  const takeover = once('another relay leads', async () => {
    for (const relay of relays) if (await leads(relay).catch(() => false)) return (taken ??= performance.now()) > 0;
    return false;
  });
  // What the dead one had in flight may still come: a position that was not even recorded at the kill is new for certain.
  const recorded = await asked(() => newest(world.pool));
  const moved = await once('facts reach Kafka', async () => further(await world.log.head(), further(recorded, before) ? recorded : before));
  await takeover;
  await once(`${killed} is back`, async () => (await fetch(`${leader?.url}/health/ready`)).ok, undefined, READY_EVERY_MS);
  return { what: 'relay', kill: true, fromIncident: moved - at, fromReady: Math.max(0, moved - (taken ?? moved)) };
}

async function leads(relay: ManagedProcess): Promise<boolean> {
  const response = await fetch(`${relay.url}/metrics`, { signal: AbortSignal.timeout(1_000) });
  return /^tsunagari_relay_state\{state="leading"\} 1$/m.test(await response.text());
}

async function newest(pool: Pool): Promise<Position> {
  const { rows } = await pool.query<{ pos: Position | null }>('select max(pos) as pos from public.events');
  return rows[0]?.pos ?? '0';
}

/** Everything that was recorded when the incident was over has been understood. */
async function understood(world: World, at: number, what: string): Promise<Recovery> {
  const wanted = await asked(() => newest(world.pool));
  const progress = progressOf('understanding', world);
  const moved = await once(`understanding has seen ${wanted}`, async () => comparePositions(String(await progress()), wanted) >= 0);
  return { what, kill: false, fromIncident: moved - at, fromReady: null };
}

/** The broker is killed and, after a pause, started on its data (failure modes 16, 20). */
export async function restartBroker(world: World): Promise<Recovery> {
  await world.cluster.broker.kill();
  await pause(1_000);
  await world.cluster.broker.start();
  return understood(world, performance.now(), 'broker killed and started');
}

/** Every connection to the database is cut, LISTEN included (failure mode 16). */
export async function cutConnections(world: World): Promise<Recovery> {
  const at = performance.now();
  await asked(() =>
    world.pool.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    ),
  );
  return understood(world, at, 'database connections cut');
}

/** The database itself is killed; its supervisor starts it again (failure mode 22). */
export async function killDatabase(world: World): Promise<Recovery> {
  const at = performance.now();
  process.kill(world.cluster.database.pid(), 'SIGKILL');
  return understood(world, at, 'database killed');
}

/** A consumer sleeps past its lease in the middle of its work, another one takes over, and it wakes up (failure modes 9, 10). */
export function freeze(name: 'understanding' | 'relay') {
  return async (world: World): Promise<Recovery> => {
    const targets = world.cluster.processes.filter((each) => each.name.startsWith(name));
    const target = name === 'relay' ? await leader(targets) : targets[0];
    const at = performance.now();
    target?.signal('SIGSTOP');
    const progress = progressOf(name, world);
    const before = await asked(progress);
    const moved = await once(`another ${name} took over`, async () => further(await progress(), before));
    await pause(Math.max(0, FROZEN_MS - (performance.now() - at)));
    target?.signal('SIGCONT');
    await understood(world, at, '');
    return { what: `${name} frozen past its lease`, kill: false, fromIncident: moved - at, fromReady: null };
  };
}

async function leader(relays: readonly ManagedProcess[]): Promise<ManagedProcess | undefined> {
  for (const relay of relays) if (await leads(relay).catch(() => false)) return relay;
  return relays[0];
}

/** The place in the log is set back to its beginning: everything is delivered again, and has no effect (failure mode 11). */
export async function resetOffset(world: World): Promise<Recovery> {
  const at = performance.now();
  await asked(() => world.pool.query('update understanding.journal set pos = 0, id = null, id_pos = null, previous = null'));
  const wanted = await asked(() => newest(world.pool));
  const again = await once('the journal has been filled again', async () => {
    const { rows } = await world.pool.query<{ pos: Position }>('select pos from understanding.journal');
    return comparePositions(rows[0]?.pos ?? '0', wanted) >= 0;
  });
  return { what: 'offset reset to 0', kill: false, fromIncident: again - at, fromReady: null };
}
