import { type DataSource, MoreThan } from 'typeorm';
import { quarantineEntity } from './quarantine.entity';

/** The part of a `pg` pool that the quarantine needs. */
export type Queryable = {
  query<R extends Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<{ rows: R[]; rowCount: number | null }>;
};

export type QuarantineEntry = {
  readonly id: string;
  readonly source: string;
  readonly messageId: string | null;
  readonly code: string;
  readonly field: string | null;
  readonly rule: string;
  readonly line: number | null;
  /** Sealed under a key that expires; null when nothing may be kept. */
  readonly body: string | null;
  readonly status: 'held' | 'released' | 'discarded';
  readonly received: string;
  readonly decided: string | null;
  readonly decidedBy: string | null;
};

export type QuarantinePage = { readonly entries: readonly QuarantineEntry[]; readonly cursor: string | null };

const COLUMNS =
  'id, source, message_id as "messageId", code, field, rule, line, body, status, received, decided, decided_by as "decidedBy"';

export class QuarantineTable {
  constructor(
    private readonly pool: Queryable,
    private readonly dataSource: DataSource,
  ) {}

  /** One statement for any number; an entry that is there already stays as it is. */
  async insert(entries: readonly QuarantineEntry[]): Promise<void> {
    await this.pool.query(
      `insert into intake.quarantine (id, source, message_id, code, field, rule, line, body, status, received)
       select id, source, "messageId", code, field, rule, line, body, status, received
       from json_to_recordset($1) as e (id uuid, source text, "messageId" text, code text, field text, rule text, line int, body text, status text, received timestamptz)
       on conflict (id) do nothing`,
      [JSON.stringify(entries)],
    );
  }

  async find(id: string): Promise<QuarantineEntry | null> {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) return null;
    const { rows } = await this.pool.query<QuarantineEntry>(`select ${COLUMNS} from intake.quarantine where id = $1`, [id]);
    return rows[0] ?? null;
  }

  async list(options: {
    readonly limit?: number;
    readonly after?: string;
    readonly status?: QuarantineEntry['status'];
    readonly source?: string;
  }): Promise<QuarantinePage> {
    const limit = Math.min(Math.max(options.limit ?? 50, 1), 500);
    const rows = await this.dataSource.getRepository(quarantineEntity).find({
      where: {
        status: options.status ?? 'held',
        seq: MoreThan(options.after ?? '0'),
        ...(options.source ? { source: options.source } : {}),
      },
      order: { seq: 'asc' },
      take: limit + 1,
    });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      entries: page.map(({ seq: _seq, ...entry }) => entry),
      cursor: rows.length > limit && last ? last.seq : null,
    };
  }

  async decide(id: string, status: 'released' | 'discarded', by: string, at: string): Promise<void> {
    await this.pool.query(`update intake.quarantine set status = $2, decided_by = $3, decided = $4 where id = $1 and status = 'held'`, [
      id,
      status,
      by,
      at,
    ]);
  }
}
