import { createHash, randomBytes } from 'node:crypto';
import type { Pool } from '@tsunagari/postgres';

/**
 * What a source may do. `browser`: its key is public, so it proves nothing: links are unverified, consent may be granted for its own
 * anonymous id only. `server`: its word is verified. `import`: as `server`, and facts may be of any age.
 */
export type SourceKind = 'browser' | 'server' | 'import';

export type Source = { readonly name: string; readonly kind: SourceKind };

/** `disabled` and `unknown` are both no sign-in; told apart for those who run the platform. */
export type SourceOutcome =
  | { readonly kind: 'source'; readonly source: Source }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'disabled'; readonly name: string };

export type Sources = {
  /** The source of a write key. Asks the database at most once in 30 s a key, so a disabled or rotated key dies within that time. */
  sourceFor(writeKey: string): Promise<SourceOutcome>;
  /**
   * Registers a source and answers its write key, which is shown this once: only its hash is kept. With `writeKey` given (a key
   * generated with the deployment's secrets) repeating the call changes nothing. Throws when the name is taken otherwise, or is
   * not 1–100 of `a-z 0-9 . _ -`, or a given key is shorter than 20 characters.
   */
  registerSource(source: Source & { readonly writeKey?: string }): Promise<string>;
  /** A new write key; the old one works for `graceSeconds` more (default a day), so that clients can follow. Undefined: no such source. */
  rotateWriteKey(name: string, graceSeconds?: number): Promise<string | undefined>;
  /** False: no such source. */
  disableSource(name: string): Promise<boolean>;
};

const REMEMBERED_MS = 30_000;
const REMEMBERED = 10_000;

/** Whether the word of such a source is proof: links and consent that it reports are verified. */
export function isVerifiedSource(kind: SourceKind): boolean {
  return kind !== 'browser';
}

/** Sources in PostgreSQL; `accessSchema` must stand. `elapsed` = milliseconds that never run backwards. */
export function sources(pool: Pool, elapsed: () => number = () => performance.now()): Sources {
  const remembered = new Map<string, { readonly outcome: SourceOutcome; readonly until: number }>();

  return {
    async sourceFor(writeKey) {
      const hash = hashOf(writeKey);
      const id = hash.toString('base64');
      const known = remembered.get(id);
      if (known && known.until > elapsed()) return known.outcome;
      const outcome = await find(pool, hash);
      // Wrong keys are remembered as well, or guessing would cost a query each; the oldest makes room.
      remembered.delete(id);
      const [oldest] = remembered.keys();
      if (remembered.size >= REMEMBERED && oldest !== undefined) remembered.delete(oldest);
      remembered.set(id, { outcome, until: elapsed() + REMEMBERED_MS });
      return outcome;
    },

    async registerSource({ name, kind, writeKey = newWriteKey() }) {
      if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(name)) throw new RangeError(`not a source's name: ${JSON.stringify(name)}`);
      if (writeKey.length < 20) throw new RangeError('a write key has at least 20 characters');
      const { rowCount } = await pool.query(
        `insert into access.sources (name, kind, key_hash) values ($1, $2, $3)
         on conflict (name) do update set name = excluded.name
         where sources.kind = excluded.kind and excluded.key_hash in (sources.key_hash, sources.previous_hash)`,
        [name, kind, hashOf(writeKey)],
      );
      if (rowCount !== 1) throw new Error(`there is a source ${name} already, with another kind or key`);
      remembered.clear();
      return writeKey;
    },

    async rotateWriteKey(name, graceSeconds = 86_400) {
      const writeKey = newWriteKey();
      const { rowCount } = await pool.query(
        `update access.sources set previous_hash = key_hash, previous_until = now() + make_interval(secs => $3), key_hash = $2 where name = $1`,
        [name, hashOf(writeKey), graceSeconds],
      );
      remembered.clear();
      return rowCount === 1 ? writeKey : undefined;
    },

    async disableSource(name) {
      const { rowCount } = await pool.query(`update access.sources set disabled_at = coalesce(disabled_at, now()) where name = $1`, [name]);
      remembered.clear();
      return rowCount === 1;
    },
  };
}

async function find(pool: Pool, hash: Buffer): Promise<SourceOutcome> {
  const { rows } = await pool.query<Source & { readonly disabled: boolean }>(
    `select name, kind, disabled_at is not null as disabled from access.sources
     where key_hash = $1 or (previous_hash = $1 and previous_until > now())`,
    [hash],
  );
  const [row] = rows;
  if (!row) return { kind: 'unknown' };
  return row.disabled ? { kind: 'disabled', name: row.name } : { kind: 'source', source: { name: row.name, kind: row.kind } };
}

/** Write keys are random, so a plain hash cannot be tried out, and one lookup by index finds it. */
function hashOf(writeKey: string): Buffer {
  return createHash('sha256').update(writeKey).digest();
}

function newWriteKey(): string {
  return `wk_${randomBytes(24).toString('base64url')}`;
}
