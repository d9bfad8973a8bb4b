import { createSecretKey, type KeyObject } from 'node:crypto';
import { isRedacted, type Redacted } from '@tsunagari/contracts';
import type { Pool } from '@tsunagari/postgres';
import { decrypt, encrypt } from '../cipher';
import type { ExpiringKeyring } from '../keyring';
import type { MasterKeys } from './master-keys';

const DAY_MS = 86_400_000;
const unreadable: Redacted = { redacted: true, reason: 'UNREADABLE' };
const format = /^expiring\.1\.(\d{4}-\d\d-\d\d)\.([A-Za-z0-9_-]+)$/;

/** One key a day (UTC) on which it expires; from that day on nothing sealed under it opens, whether or not the row is gone yet. */
export class ExpiringKeys implements ExpiringKeyring {
  constructor(
    private readonly pool: Pool,
    private readonly masters: MasterKeys,
    private readonly today: () => Date,
  ) {}

  async sealExpiring(bodies: readonly (string | Uint8Array)[], ttlDays: number): Promise<readonly string[]> {
    if (!Number.isInteger(ttlDays) || ttlDays < 1 || ttlDays > 3650)
      throw new RangeError(`ttlDays is a whole number from 1 to 3650, not ${ttlDays}`);
    if (bodies.length === 0) return [];
    const day = dayOf(new Date(this.today().getTime() + (ttlDays + 1) * DAY_MS));
    const { wrapped, kek } = this.masters.newKey(day);
    await this.pool.query(`insert into keyring.expiring (expires_on, wrapped, kek) values ($1, $2, $3) on conflict do nothing`, [
      day,
      wrapped,
      kek,
    ]);
    const key = (await this.keysOf([day])).get(day);
    if (!key) throw new Error(`the key that expires on ${day} is gone before its day`);
    return bodies.map((body) => `expiring.1.${day}.${encrypt(key, body, day).toString('base64url')}`);
  }

  async openExpiring(sealed: readonly string[]): Promise<readonly (Uint8Array | Redacted)[]> {
    const today = dayOf(this.today());
    const parts = sealed.map((text) => {
      const [, day, body] = format.exec(text) ?? [];
      return day === undefined || body === undefined || day <= today ? unreadable : { day, body };
    });
    const keys = await this.keysOf(new Set(parts.flatMap((part) => (isRedacted(part) ? [] : [part.day]))));
    return parts.map((part) => {
      if (isRedacted(part)) return part;
      const key = keys.get(part.day);
      return (key && decrypt(key, Buffer.from(part.body, 'base64url'), part.day)) ?? unreadable;
    });
  }

  async expireKeys(now: Date): Promise<number> {
    const { rowCount } = await this.pool.query(`delete from keyring.expiring where expires_on <= $1`, [dayOf(now)]);
    return rowCount ?? 0;
  }

  private async keysOf(days: Iterable<string>): Promise<ReadonlyMap<string, KeyObject>> {
    const { rows } = await this.pool.query<{ day: string; wrapped: Buffer; kek: string }>(
      `select to_char(expires_on, 'YYYY-MM-DD') as day, wrapped, kek from keyring.expiring where expires_on = any($1::date[])`,
      [[...days]],
    );
    return new Map(rows.map(({ day, ...wrapped }) => [day, createSecretKey(this.masters.unwrap(wrapped, day))]));
  }
}

function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}
