import { BEGINNING, comparePositions, dayClosed, type Fact, type Position } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import type { Pool } from '@tsunagari/postgres';
import type { Day } from './definition';
import type { Days } from './fold';
import type { IdentityReader } from './identity/identity-reader';
import { GRAPH_TYPES, RULES_TYPE } from './identity/identity-facts';
import { quoted, SHARDS, shardOf } from './schema';

const STAGE_ZERO_TYPES: readonly string[] = [...GRAPH_TYPES, RULES_TYPE, dayClosed.type];

/** Facts of the log with `after` < position ≤ `upTo`, as all readers of this process share them. */
export type Page = {
  readonly after: Position;
  readonly upTo: Position;
  readonly facts: readonly Fact[];
  readonly last: Pick<Fact, 'id' | 'position'> | undefined;
};

export type IdentityChange = { readonly subject: string; readonly previous: string; readonly customer: string; readonly pos: Position };

/** What stage 0 knows of a page: read once, shared by all projections. */
export type PageContext = {
  /** The facts of the page's customers, as they are known at its end, by shard: each customer's in the order of the log. */
  readonly byShard: readonly ReadonlyMap<string, readonly Fact[]>[];
  /** Whose customer changed within the page. */
  readonly changes: readonly IdentityChange[];
  readonly daysBefore: Days;
  readonly days: Days;
};

/** Readers within so many pages of each other share what was read; one that lags reads on its own. */
const KEPT = 4;

/** So many facts while nobody knows how large they are. */
const UNKNOWN = 2000;
/** Characters of data a page, about: several pages are in memory at once, and parsed they are several times as large. */
const PAGE_CHARACTERS = 16 * 2 ** 20;
const SAMPLES = 32;

/** The limit, or half of it again and again until facts like these fit: by halves, so that what was read ahead is mostly what is asked for. */
function fittingPage(facts: readonly Fact[], limit: number): number {
  const every = Math.ceil(facts.length / SAMPLES);
  let characters = 0;
  for (let index = 0; index < facts.length; index += every) characters += JSON.stringify(facts[index]?.data).length;
  const mean = facts.length === 0 ? 0 : characters / Math.ceil(facts.length / every);
  let fitting = limit;
  while (fitting > 1 && fitting * mean > PAGE_CHARACTERS) fitting = Math.ceil(fitting / 2);
  return fitting;
}

/** One reader of the log per process. */
export class Pages {
  /** How far stage 0 has come, here or in another process: no projection passes it. */
  frontier: Position = BEGINNING;
  /** Facts read from the log. */
  read = 0;
  private readonly kept = new Map<Position, Promise<Page>>();
  private readonly contexts = new WeakMap<Page, Promise<PageContext>>();
  private readonly parts = new WeakMap<Page, Map<string, Page>>();
  /** So many facts the next page, as large as those of the last one are. */
  private fitting: number;

  constructor(
    private readonly log: EventLog,
    private readonly pool: Pool,
    private readonly identity: IdentityReader,
    private readonly schema: string,
    private readonly limit: number,
  ) {
    this.fitting = Math.min(limit, UNKNOWN);
  }

  /** The page that stage 0 takes in next; undefined at the log's end. It is kept for the projections that follow. */
  async beyondFrontier(after: Position): Promise<Page | undefined> {
    const page = await this.fetch(after);
    if (comparePositions(page.upTo, after) <= 0) return undefined;
    this.keep(after, Promise.resolve(page));
    return page;
  }

  /** What identity rests on, without all the rest: how stage 0 gets over history that nobody folds by position. */
  async ofIdentity(after: Position, upTo: Position): Promise<Page | undefined> {
    const { facts, upTo: reached } = await this.log.read({ after, upTo, types: STAGE_ZERO_TYPES, limit: this.limit });
    return comparePositions(reached, after) <= 0 ? undefined : { after, upTo: reached, facts, last: facts.at(-1) };
  }

  /** The page after a position that stage 0 has passed; undefined where it has not. */
  async within(after: Position): Promise<Page | undefined> {
    if (comparePositions(after, this.frontier) >= 0) return undefined;
    for (const [from, reading] of [...this.kept]) {
      if (comparePositions(from, after) > 0) continue;
      const page = await reading;
      if (comparePositions(after, page.upTo) < 0 && comparePositions(page.upTo, this.frontier) <= 0)
        return this.part(page, after, page.upTo);
    }
    const reading = this.fetch(after, this.frontier);
    this.keep(after, reading);
    return reading;
  }

  /** The beginning of a page: at most so many facts, and nothing beyond `upTo`. */
  beginningOf(page: Page, { most, upTo = page.upTo }: { readonly most?: number; readonly upTo?: Position | undefined }): Page {
    const last = most === undefined ? undefined : page.facts[most - 1]?.position;
    const ends = [page.upTo, upTo, ...(last === undefined ? [] : [last])];
    return this.part(
      page,
      page.after,
      ends.reduce((a, b) => (comparePositions(b, a) < 0 ? b : a)),
    );
  }

  /** Whoever cuts a page at the same places gets the same part, and with it the same context. */
  private part(page: Page, after: Position, upTo: Position): Page {
    if (after === page.after && upTo === page.upTo) return page;
    const parts = this.parts.get(page) ?? new Map<string, Page>();
    this.parts.set(page, parts);
    const known = parts.get(`${after}-${upTo}`);
    if (known) return known;
    const facts = page.facts.filter(({ position }) => comparePositions(after, position) < 0 && comparePositions(position, upTo) <= 0);
    const part = { after, upTo, facts, last: facts.at(-1) };
    parts.set(`${after}-${upTo}`, part);
    return part;
  }

  context(page: Page): Promise<PageContext> {
    const known = this.contexts.get(page);
    if (known) return known;
    const reading = this.readContext(page);
    this.contexts.set(page, reading);
    reading.catch(() => this.contexts.delete(page));
    return reading;
  }

  /** Whether a page waits here for all who are to fold it. */
  isAheadOf(fastest: Position): boolean {
    return [...this.kept.keys()].some((after) => comparePositions(after, fastest) >= 0);
  }

  forget(): void {
    this.kept.clear();
  }

  /** Everybody here is past this position: what is kept of the log before it only costs the garbage collector. */
  async forgetBefore(position: Position): Promise<void> {
    for (const [after, reading] of [...this.kept]) {
      if (comparePositions(after, position) >= 0) continue;
      const page = await reading.catch(() => undefined);
      if (page && comparePositions(page.upTo, position) <= 0) this.kept.delete(after);
    }
  }

  private keep(after: Position, page: Promise<Page>): void {
    this.kept.delete(after);
    this.kept.set(after, page);
    page.catch(() => this.kept.delete(after));
    const [oldest] = this.kept.keys();
    if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
  }

  private async fetch(after: Position, upTo?: Position): Promise<Page> {
    // All types: hardly any is of no interest here, and so a page is one query and ends at a fact, whose id the checkpoint keeps.
    const { facts, upTo: reached } = await this.log.read({ after, limit: this.fitting, ...(upTo === undefined ? {} : { upTo }) });
    this.fitting = fittingPage(facts, this.limit);
    this.read += facts.length;
    return { after, upTo: reached, facts, last: facts.at(-1) };
  }

  private async readContext(page: Page): Promise<PageContext> {
    const subjects = new Set<string>();
    for (const { subject } of page.facts) if (subject !== null) subjects.add(subject);
    const [customers, changes, days] = await Promise.all([
      this.identity.customersOf([...subjects], page.upTo),
      this.changesIn(page),
      this.daysAt(page.upTo),
    ]);
    const daysBefore = page.facts.some(({ type }) => type === dayClosed.type) ? await this.daysAt(page.after) : days;
    return { byShard: byShardAndCustomer(page.facts, customers), changes, daysBefore, days };
  }

  private async changesIn({ after, upTo }: Page): Promise<readonly IdentityChange[]> {
    const { rows } = await this.pool.query<IdentityChange>({
      name: `${this.schema}.changes-in`,
      text: `select subject, previous, customer, pos from ${quoted(this.schema)}.identity_history where pos > $1 and pos <= $2`,
      values: [after, upTo],
    });
    return rows;
  }

  daysAt(position: Position): Promise<Days> {
    return readDays(this.pool, this.schema, position);
  }
}

function byShardAndCustomer(facts: readonly Fact[], customers: ReadonlyMap<string, string>): PageContext['byShard'] {
  const byShard = Array.from({ length: SHARDS }, () => new Map<string, Fact[]>());
  for (const fact of facts) {
    if (fact.subject === null) continue;
    const customer = customers.get(fact.subject) ?? fact.subject;
    const shard = byShard[shardOf(customer)];
    const hers = shard?.get(customer);
    if (hers) hers.push(fact);
    else shard?.set(customer, [fact]);
  }
  return byShard;
}

/** How far time had come at a position. UTC until the first day was closed. */
export async function readDays(pool: Pool, schema: string, position: Position): Promise<Days> {
  const { rows } = await pool.query<{ day: Day | null; time_zone: string | null }>({
    name: `${schema}.days-at`,
    text: `select (select max(day) from ${quoted(schema)}.closed_days where pos <= $1) as day,
      (select time_zone from ${quoted(schema)}.closed_days where pos <= $1 order by pos desc limit 1) as time_zone`,
    values: [position],
  });
  return { lastClosed: rows[0]?.day ?? undefined, timeZone: rows[0]?.time_zone ?? 'UTC' };
}
