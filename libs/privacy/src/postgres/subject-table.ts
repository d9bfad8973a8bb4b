import { createSecretKey, randomUUID, type KeyObject } from 'node:crypto';
import type { Pool } from '@tsunagari/postgres';
import { ExpiringMap } from '../expiring-map';
import type { Erasure, SubjectOf } from '../keyring';
import type { MasterKeys, Wrapped } from './master-keys';

/** A subject's data key, or that it was destroyed. */
export type SubjectKey = KeyObject | 'erased';

/** Rows of one statement. */
const CHUNK = 10_000;
/** Entries of each cache: some 200 bytes each. */
const CACHED = 50_000;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

type Row = { readonly subject: string; readonly lookup: string; readonly erased: boolean; readonly registered: boolean };

/** The table of subjects and a cache of it. Every method takes many and asks in a few statements. */
export class SubjectTable {
  private readonly keys: ExpiringMap<SubjectKey>;
  /** Lookup → subject, of registered subjects that were not erased when read. */
  private readonly known: ExpiringMap<string>;

  constructor(
    private readonly pool: Pool,
    private readonly masters: MasterKeys,
    cache: { readonly ttlMs: number; readonly now: () => number },
  ) {
    this.keys = new ExpiringMap(CACHED, cache.ttlMs, cache.now);
    this.known = new ExpiringMap(CACHED, cache.ttlMs, cache.now);
  }

  /** Subjects by lookup (hex). With `create`, those unknown get one. */
  async byLookup(lookups: Iterable<string>, create: boolean): Promise<ReadonlyMap<string, SubjectOf>> {
    const found = new Map<string, SubjectOf>();
    const unknown = new Set<string>();
    for (const lookup of lookups) {
      const subject = this.known.get(lookup);
      if (subject === undefined) unknown.add(lookup);
      else found.set(lookup, { kind: 'known', subject, isNew: false });
    }
    await this.find(unknown, found);
    if (!create) return found;
    // Whoever loses the race for an identifier finds the winner's row; a row may vanish in between when an erasure forgets its lookup.
    for (let attempt = 0; unknown.size > 0; attempt++) {
      if (attempt === 5) throw new Error(`${unknown.size} identifiers could not be given a subject`);
      await this.create(unknown, found);
      await this.find(unknown, found);
    }
    return found;
  }

  private async find(unknown: Set<string>, found: Map<string, SubjectOf>): Promise<void> {
    for (const part of chunks([...unknown])) {
      const { rows } = await this.pool.query<Row>({
        name: `keyring.find.keyring.subjects`,
        text: `select subject, encode(lookup, 'hex') as lookup, erased_at is not null as erased, registered_at is not null as registered
               from keyring.subjects where lookup = any($1::bytea[])`,
        values: [part.map(bytes)],
      });
      for (const { subject, lookup, erased, registered } of rows) {
        unknown.delete(lookup);
        found.set(lookup, erased ? { kind: 'erased', subject } : { kind: 'known', subject, isNew: !registered });
        if (registered && !erased) this.known.set(lookup, subject);
      }
    }
  }

  private async create(unknown: Set<string>, found: Map<string, SubjectOf>): Promise<void> {
    // Sorted: two processes that insert the same identifiers in different order would wait for each other for ever.
    for (const part of chunks([...unknown].sort())) {
      const made = new Map(part.map((lookup) => [lookup, randomUUID() as string]));
      const keys = new Map([...made.values()].map((subject) => [subject, this.masters.newKey(subject)]));
      const { rows } = await this.pool.query<{ subject: string; lookup: string }>(
        `insert into keyring.subjects (subject, lookup, wrapped, kek)
         select subject, lookup, wrapped, $4 from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as new(subject, lookup, wrapped)
         on conflict (lookup) do nothing returning subject, encode(lookup, 'hex') as lookup`,
        [[...made.values()], part.map(bytes), [...keys.values()].map(({ wrapped }) => wrapped), this.masters.current],
      );
      for (const { subject, lookup } of rows) {
        unknown.delete(lookup);
        found.set(lookup, { kind: 'known', subject, isNew: true });
        const key = keys.get(subject)?.key;
        if (key) this.keys.set(subject, key);
      }
    }
  }

  async registered(subjects: readonly string[]): Promise<void> {
    for (const part of chunks(ordered(subjects)))
      await this.pool.query(
        `with due as (select subject from keyring.subjects where subject = any($1::uuid[]) and registered_at is null order by subject for update)
         update keyring.subjects as s set registered_at = now() from due where s.subject = due.subject`,
        [part],
      );
  }

  /** The keys of the subjects; those that were never given are missing. */
  async keysOf(subjects: Iterable<string>): Promise<ReadonlyMap<string, SubjectKey>> {
    const keys = new Map<string, SubjectKey>();
    const unknown = new Set<string>();
    for (const subject of subjects) {
      if (keys.has(subject) || unknown.has(subject)) continue;
      const key = this.keys.get(subject);
      if (key !== undefined) keys.set(subject, key);
      else if (uuid.test(subject)) unknown.add(subject);
    }
    for (const part of chunks([...unknown])) {
      const { rows } = await this.pool.query<{ subject: string; wrapped: Buffer | null; kek: string | null }>({
        name: `keyring.keys.keyring.subjects`,
        text: `select subject, wrapped, kek from keyring.subjects where subject = any($1::uuid[])`,
        values: [part],
      });
      for (const { subject, wrapped, kek } of rows) {
        const key = wrapped === null || kek === null ? 'erased' : createSecretKey(this.masters.unwrap({ wrapped, kek }, subject));
        keys.set(subject, key);
        this.keys.set(subject, key);
      }
    }
    return keys;
  }

  async erased(subjects: readonly string[]): Promise<ReadonlySet<string>> {
    const gone = new Set<string>();
    for (const part of chunks(ordered(subjects))) {
      const { rows } = await this.pool.query<{ subject: string }>(
        `select subject from keyring.subjects where subject = any($1::uuid[]) and erased_at is not null`,
        [part],
      );
      for (const { subject } of rows) gone.add(subject);
    }
    return gone;
  }

  /** Destroys keys. Subjects of which there is no row (a keyring older than the log) get one that says so. Returns the keys destroyed. */
  async forget(subjects: readonly string[], scope: Erasure['scope']): Promise<number> {
    const all = ordered(subjects);
    let destroyed = 0;
    for (const part of chunks(all)) {
      const { rows } = await this.pool.query<{ destroyed: number }>(
        `with alive as (select subject from keyring.subjects where subject = any($1::uuid[]) and wrapped is not null order by subject for update),
              gone as (
                insert into keyring.subjects as s (subject, erased_at) select subject, now() from unnest($1::uuid[]) as named(subject)
                on conflict (subject) do update set wrapped = null, kek = null, erased_at = coalesce(s.erased_at, excluded.erased_at),
                  lookup = case when $2 then null else s.lookup end
                where s.wrapped is not null or ($2 and s.lookup is not null))
         select count(*)::int as destroyed from alive`,
        [part, scope === 'forget-suppression'],
      );
      destroyed += rows[0]?.destroyed ?? 0;
    }
    const forgotten = new Set(all);
    for (const subject of forgotten) this.keys.delete(subject);
    this.known.deleteWhere((subject) => forgotten.has(subject));
    return destroyed;
  }

  /** Wraps up to `limit` keys under the current master key. Returns how many it found under a retired one. */
  async rewrap(limit: number): Promise<number> {
    const { rows } = await this.pool.query<Wrapped & { subject: string }>(
      `select subject, wrapped, kek from keyring.subjects where wrapped is not null and kek <> $1 order by subject limit $2`,
      [this.masters.current, limit],
    );
    const again = rows.map((row) => this.masters.wrap(this.masters.unwrap(row, row.subject), row.subject).wrapped);
    await this.pool.query(
      `update keyring.subjects as s set wrapped = new.wrapped, kek = $3 from unnest($1::uuid[], $2::bytea[]) as new(subject, wrapped)
       where s.subject = new.subject and s.wrapped is not null`,
      [rows.map(({ subject }) => subject), again, this.masters.current],
    );
    return rows.length;
  }
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

/** Each once, in one order everywhere, so that two statements never wait for each other's rows. */
function ordered(subjects: readonly string[]): string[] {
  return [...new Set(subjects)].filter((subject) => uuid.test(subject)).sort();
}

function chunks<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / CHUNK) }, (_, i) => all.slice(i * CHUNK, (i + 1) * CHUNK));
}
