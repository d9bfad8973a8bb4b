import type { Asked } from '@tsunagari/command';
import {
  BEGINNING,
  comparePositions,
  type Fact,
  type FactRegistry,
  type Position,
  reactionRefused,
  type Refusal,
  streamName,
} from '@tsunagari/contracts';
import type { EventLog, SeenFacts } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import { type Pool, type PoolClient, schemaSql } from '@tsunagari/postgres';
import { commandFactId, type Keyring } from '@tsunagari/privacy';
import {
  type AnyReadModel,
  Bell,
  createReadModelRunner,
  type FoldedFact,
  type ParkedRow,
  quoted,
  type ReadModelRunner,
  type StartOutcome,
} from '@tsunagari/projection';
import { agendaSql, claim, type Entry, note, postpone, strike, type StuckEntry, stuckEntries } from './agenda';
import type { AnyReactor, Reaction } from './definition';
import type { CommandHandler } from './handlers';

export type ReactorRunnerOptions = {
  readonly pool: Pool;
  /** The log to react to: that of facts, or `signalsAsFacts(…)` with its journal and registry, in a schema of its own. */
  readonly log: Pick<EventLog, 'read' | 'head' | 'onAppended'>;
  readonly journal: SeenFacts;
  readonly registry: FactRegistry;
  /** The context's schema; shared with its read models. */
  readonly schema: string;
  readonly reactors: readonly AnyReactor[];
  /** Who carries out the commands. One that nobody here carries out waits for a process that does. */
  readonly handlers: readonly CommandHandler[];
  /** Where refused reactions are recorded. */
  readonly store: EventStore;
  readonly keyring: Keyring;
  /** The deployment's clock, ISO 8601: timers are compared with it. */
  readonly now: () => string;
  readonly onError?: (error: ReactorError) => void;
  /** The safety net beside the bell, and how exact timers are, milliseconds. Default 1,000. */
  readonly pollMs?: number;
  readonly leaseMs?: number;
  /** How long a claimed command may take before another process tries it, milliseconds. Default 30,000. */
  readonly claimMs?: number;
  /** First pause after a failure, milliseconds; doubles each time. Default 500. */
  readonly retryMs?: number;
};

export type ReactorError = {
  readonly reactor: string;
  readonly kind: 'outage' | 'parked' | 'log-differs' | 'failed' | 'refused';
  readonly message: string;
  readonly cause?: unknown;
};

/** Runs the reactors and timers of one context, in this process and beside others. */
export interface ReactorRunner {
  start(): Promise<StartOutcome>;
  /** Finishes the commands at hand. */
  stop(): Promise<void>;
  /**
   * Until every fact that the log holds has been reacted to and nothing is due by the clock any more, what followed from that
   * included. @throws after `timeoutMs`, default 20,000.
   */
  settle(options?: { readonly timeoutMs?: number }): Promise<void>;
  lagMs(): Promise<number>;
  /** Commands that failed (not: were refused) and will be tried again. */
  stuck(): Promise<readonly StuckEntry[]>;
  /** Keys at which a reactor threw; their facts wait. */
  parked(): Promise<readonly ParkedRow[]>;
  /** Folds a reactor's state again from the first fact. Nothing follows a second time. */
  rebuild(reactor: string): Promise<void>;
}

const BATCH = 100;
/** Commands carried out at the same time: each needs a connection. */
const AT_ONCE = 4;

export function createReactorRunner(options: ReactorRunnerOptions): ReactorRunner {
  return new Runner(options);
}

class Runner implements ReactorRunner {
  private readonly s: string;
  private readonly states: ReadModelRunner;
  private readonly handlers: ReadonlyMap<string, CommandHandler>;
  private readonly goLive = new Map<string, Position>();
  private readonly due = new Bell();
  private stopped = true;
  private loop: Promise<void> = Promise.resolve();
  private working: Promise<number> = Promise.resolve(0);

  constructor(private readonly options: ReactorRunnerOptions) {
    const { pool, log, journal, registry, schema, reactors, handlers, onError, pollMs, leaseMs } = options;
    this.s = quoted(schema);
    this.handlers = new Map(handlers.map((handler) => [handler.command.name, handler]));
    this.states = createReadModelRunner({
      pool,
      log,
      journal,
      registry,
      schema,
      now: options.now,
      definitions: reactors.map(stateOf),
      onFolded: (client, definition, folded) => this.noteReactions(client, definition, folded),
      onTaken: () => this.due.ring(),
      ...(onError === undefined
        ? {}
        : { onError: ({ readModel, kind, message, cause }) => onError({ reactor: readModel.replace(PREFIX, ''), kind, message, cause }) }),
      ...(pollMs === undefined ? {} : { pollMs }),
      ...(leaseMs === undefined ? {} : { leaseMs }),
    });
  }

  async start(): Promise<StartOutcome> {
    await this.ensureAgenda();
    for (const { name, version } of this.options.reactors) this.goLive.set(name, await this.startOf(name, version));
    const started = await this.states.start();
    if (started.kind !== 'started') return started;
    this.stopped = false;
    this.loop = this.run();
    return started;
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    await this.states.stop();
    this.due.ring();
    await this.loop;
  }

  async settle({ timeoutMs = 20_000 } = {}): Promise<void> {
    const until = performance.now() + timeoutMs;
    do {
      const caughtUp = await this.states.catchUp({ timeoutMs: Math.max(1, until - performance.now()) });
      if (caughtUp.kind !== 'caught-up') throw new Error(`reactors stand at ${caughtUp.position}, wanted ${caughtUp.wanted}`);
      const before = await this.options.log.head();
      while ((await this.sendDue()) > 0);
      if ((await this.options.log.head()) === before && !(await this.isDue())) return;
    } while (performance.now() < until);
    throw new Error(`something is still due after ${timeoutMs} ms: ${JSON.stringify(await this.stuck())}`);
  }

  lagMs(): Promise<number> {
    return this.states.lagMs();
  }

  stuck(): Promise<readonly StuckEntry[]> {
    return stuckEntries(this.options.pool, this.s);
  }

  parked(): Promise<readonly ParkedRow[]> {
    return this.states.parked();
  }

  async rebuild(reactor: string): Promise<void> {
    const { version } = this.options.reactors.find(({ name }) => name === reactor) ?? { version: 0 };
    const { rows } = await this.options.pool.query<{ pos: Position }>(
      `select pos from ${this.s}.checkpoints where reader = $1 and version = $2`,
      [PREFIX + reactor, version],
    );
    const reacted = rows[0]?.pos;
    if (reacted === undefined) throw new RangeError(`no reactor is called ${reactor}, or the runner was not started`);
    await this.options.pool.query(`update ${this.s}.reactors set go_live = greatest(go_live, $3) where name = $1 and version = $2`, [
      reactor,
      version,
      reacted,
    ]);
    this.goLive.set(reactor, reacted);
    await this.states.rebuild(PREFIX + reactor);
  }

  private async ensureAgenda(): Promise<void> {
    const client = await this.options.pool.connect();
    try {
      await client.query('begin');
      await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`tsunagari.agenda:${this.options.schema}`]);
      await client.query(schemaSql(this.options.schema) + agendaSql(this.s));
      await client.query('commit');
    } finally {
      client.release();
    }
  }

  /** A reactor goes live where the log stands when it first comes; a new version goes on where the one before it stood. */
  private async startOf(name: string, version: number): Promise<Position> {
    const { pool, log } = this.options;
    const known = `select go_live as pos from ${this.s}.reactors where name = $1 and version = $2`;
    const { rows: exists } = await pool.query<{ missing: boolean }>(`select to_regclass($1) is null as missing`, [`${this.s}.checkpoints`]);
    const before = exists[0]?.missing
      ? undefined
      : (
          await pool.query<{ pos: Position | null }>(
            `select max(pos) as pos from ${this.s}.checkpoints where reader = $1 and version <> $2`,
            [PREFIX + name, version],
          )
        ).rows[0]?.pos;
    await pool.query(`insert into ${this.s}.reactors values ($1, $2, $3) on conflict do nothing`, [
      name,
      version,
      before ?? (await log.head()),
    ]);
    const { rows } = await pool.query<{ pos: Position }>(known, [name, version]);
    return rows[0]?.pos ?? BEGINNING;
  }

  private async noteReactions(client: PoolClient, definition: AnyReadModel, folded: readonly FoldedFact[]): Promise<void> {
    const reactor = definition.name.replace(PREFIX, '');
    const from = this.goLive.get(reactor) ?? BEGINNING;
    const reactions = folded
      .filter(({ fact }) => comparePositions(fact.position, from) > 0)
      .flatMap(({ key, fact, follows }) =>
        (follows as readonly Reaction[]).map((reaction, n) => ({
          of: { reactor, key, eventId: fact.id, correlationId: fact.meta.correlationId },
          n,
          reaction,
        })),
      );
    await note(client, this.s, this.options.now(), reactions);
  }

  private async run(): Promise<void> {
    const { pollMs = 1000 } = this.options;
    while (!this.stopped) {
      const heard = this.due.count;
      try {
        if ((await this.sendDue()) > 0) continue;
      } catch (cause) {
        this.say('*', 'outage', cause);
      }
      if (!this.stopped) await this.due.wait(heard, pollMs);
    }
  }

  /** Carries out what is due. One at a time in a process: `settle` and the loop do not get in each other's way. */
  private sendDue(): Promise<number> {
    const turn = this.working.catch(() => 0).then(() => this.sendBatch());
    this.working = turn;
    return turn;
  }

  private async sendBatch(): Promise<number> {
    const { pool, now, claimMs = 30_000 } = this.options;
    const entries = await claim(pool, this.s, now(), [...this.handlers.keys()], { limit: BATCH, claimMs });
    const lanes = new Map<string, Entry[]>();
    for (const entry of entries) {
      const lane = `${entry.reactor}\u0000${entry.key}`;
      lanes.set(lane, [...(lanes.get(lane) ?? []), entry]);
    }
    const waiting = [...lanes.values()];
    const decided: string[] = [];
    const worker = async (): Promise<void> => {
      for (let lane = waiting.shift(); lane; lane = waiting.shift())
        for (const entry of lane) if (await this.carryOut(entry)) decided.push(entry.id);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await strike(pool, this.s, decided);
    return decided.length;
  }

  /** Whether the command was decided, one way or the other. */
  private async carryOut(entry: Entry): Promise<boolean> {
    const { pool, now, retryMs = 500 } = this.options;
    try {
      const handler = this.handlers.get(entry.command);
      if (!handler) return false;
      const asked: Asked = {
        idempotencyKey: `reaction:${entry.id}`,
        by: `system:reactor:${entry.reactor}`,
        requestId: entry.correlationId,
        causationId: entry.eventId,
        // A timer's command is decided as of the moment it was set for: how late the process came does not change what is decided.
        at: entry.timer === null ? now() : entry.dueAt,
      };
      const result = await handler.run(entry.input, asked);
      if (result.kind === 'accepted') return true;
      if (result.refusal.code === 'OVERLOADED') throw new Error(result.refusal.message);
      await this.recordRefusal(entry, result.refusal);
      return true;
    } catch (cause) {
      this.say(entry.reactor, 'failed', cause);
      await postpone(pool, this.s, entry.id, cause instanceof Error ? cause.message : String(cause), retryMs);
      return false;
    }
  }

  private async recordRefusal(entry: Entry, { code, field, rule }: Refusal): Promise<void> {
    const { store, keyring, now } = this.options;
    const [sealed] = await keyring.seal([
      {
        id: commandFactId(`reaction-refused:${entry.id}`, 0),
        definition: reactionRefused,
        subject: null,
        data: { reactor: entry.reactor, eventId: entry.eventId, command: entry.command, code, field, rule: rule.slice(0, 2000) },
        meta: {
          actor: `system:reactor:${entry.reactor}`,
          source: 'operations',
          correlationId: entry.correlationId,
          causationId: entry.eventId,
        },
        occurred: now(),
      },
    ]);
    if (sealed?.kind !== 'sealed') throw new Error(`a refusal could not be recorded: ${sealed?.refusal.rule}`);
    const outcome = await store.append({ stream: streamName('reaction', entry.id), expected: 'none', facts: [sealed.fact] });
    // A conflict: somebody recorded it before he died. It stands.
    if (outcome.kind === 'overloaded') throw new Error('the event store has more work than it can queue');
    this.say(entry.reactor, 'refused', new Error(`${entry.command}: ${code}: ${rule}`));
  }

  /** Whether something that we could carry out is due, ours or claimed by another process. */
  private async isDue(): Promise<boolean> {
    const { rows } = await this.options.pool.query<{ due: boolean }>(
      `select exists (select from ${this.s}.agenda where due_at <= $1 and command = any($2::text[])) as due`,
      [this.options.now(), [...this.handlers.keys()]],
    );
    return rows[0]?.due ?? false;
  }

  private say(reactor: string, kind: ReactorError['kind'], cause: unknown): void {
    this.options.onError?.({ reactor, kind, message: cause instanceof Error ? cause.message : String(cause), cause });
  }
}

const PREFIX = 'reactor_';

/** A reactor's state is a read model of its own; what follows from a fact is written down in the transaction that folds it. */
function stateOf(reactor: AnyReactor): AnyReadModel {
  return {
    name: PREFIX + reactor.name,
    version: reactor.version,
    types: reactor.types,
    key: reactor.key,
    initial: reactor.initial,
    evolve: (state: unknown, fact: Fact, key: string) => reactor.evolve(state, fact, key),
    follows: (fact: Fact, state: unknown, key: string) => reactor.react(fact, state, key),
    columns: [],
  };
}
