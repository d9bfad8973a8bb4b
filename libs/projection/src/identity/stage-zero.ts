import { type DayClosed, dayClosed, type FactRegistry, type Position } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { IdentityRules } from '@tsunagari/identity';
import type { Pool, PoolClient } from '@tsunagari/postgres';
import { moveCheckpoints } from '../checkpoints';
import type { Page } from '../pages';
import { IDENTITY, inTransaction, quoted } from '../schema';
import { emit, isEmitted } from '../signals/outbox';
import { rulesOfRow } from './identity-facts';
import { identitySignals } from './identity-signals';
import { type Derived, deriveIdentity, type IdentityRows, type SubjectRow } from './derive';

/** Stage 0: the first of all projections, one shard. It keeps who is whose customer for every position, and the days closed. */
export class StageZero {
  /** Where it stands; undefined while another process has it. */
  position: Position | undefined;
  private rules: IdentityRules | undefined;
  private readonly s: string;

  constructor(
    private readonly pool: Pool,
    private readonly journal: Journal,
    private readonly registry: FactRegistry,
    readonly schema: string,
    readonly worker: string,
  ) {
    this.s = quoted(schema);
  }

  own(position: Position): void {
    this.position = position;
    this.rules = undefined;
  }

  lose(): void {
    this.position = undefined;
  }

  /** Takes in the page that begins where this stands. Throws {@link LostLease} when another process has taken over. */
  async apply(page: Page): Promise<void> {
    this.rules ??= await this.rulesAt(page.after);
    const derived = await deriveIdentity(page.facts, page.upTo, this.rules, this.rows(), this.journal, this.registry);
    const days = page.facts.filter(({ type }) => type === dayClosed.type);
    const closed = days.map((fact) => fact.data as DayClosed);
    const write = async (client: PoolClient): Promise<void> => {
      const ranges = await moveCheckpoints(client, this.schema, this.worker, { reader: IDENTITY, generation: 1, shards: [0] }, page);
      await this.write(client, derived);
      if (days.length > 0)
        await client.query(
          `insert into ${this.s}.closed_days (pos, day, time_zone) select * from unnest($1::bigint[], $2::text[], $3::text[])`,
          [days.map(({ position }) => position), closed.map(({ date }) => date), closed.map(({ timeZone }) => timeZone)],
        );
      const range = ranges.get(0) ?? { after: null, until: null };
      await emit(
        client,
        this.schema,
        identitySignals(derived, page).filter(({ at }) => isEmitted(range, at)),
      );
    };
    await inTransaction(this.pool, write, { writer: this });
    this.rules = derived.rules.at(-1)?.rules ?? this.rules;
    this.position = page.upTo;
  }

  private async rulesAt(position: Position): Promise<IdentityRules> {
    const { rows } = await this.pool.query<{ rules: IdentityRules }>(
      `select rules from ${this.s}.identity_rules where pos <= $1 order by pos desc limit 1`,
      [position],
    );
    return rulesOfRow(rows[0]);
  }

  private async write(client: PoolClient, { subjects, changes, rules, refolded, held }: Derived): Promise<void> {
    const { s } = this;
    if (subjects.length > 0)
      await client.query(
        `insert into ${s}.identity_subjects (subject, component, customer) select * from unnest($1::uuid[], $2::uuid[], $3::uuid[])
         on conflict (subject) do update set component = excluded.component, customer = excluded.customer`,
        [subjects.map((row) => row.subject), subjects.map((row) => row.component), subjects.map((row) => row.customer)],
      );
    if (changes.length > 0)
      await client.query(
        `insert into ${s}.identity_history (subject, pos, previous, customer)
         select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[])`,
        [changes.map((c) => c.subject), changes.map((c) => c.position), changes.map((c) => c.previous), changes.map((c) => c.customer)],
      );
    if (rules.length > 0)
      await client.query(`insert into ${s}.identity_rules (pos, rules) select * from unnest($1::bigint[], $2::json[])`, [
        rules.map(({ position }) => position),
        rules.map((change) => JSON.stringify(change.rules)),
      ]);
    if (refolded.length > 0) await client.query(`delete from ${s}.identity_held where component = any($1::uuid[])`, [refolded]);
    if (held.length > 0)
      await client.query(
        `insert into ${s}.identity_held (component, pos, fact_id, one, other, reason)
         select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[])`,
        [
          held.map(({ component }) => component),
          held.map(({ link }) => link.position),
          held.map(({ link }) => link.factId),
          held.map(({ link }) => link.subjects[0]),
          held.map(({ link }) => link.subjects[1]),
          held.map(({ link }) => link.reason),
        ],
      );
  }

  private rows(): IdentityRows {
    const { pool, s } = this;
    return {
      rowsOf: async (subjects) =>
        (
          await pool.query<SubjectRow>(`select subject, component, customer from ${s}.identity_subjects where subject = any($1::uuid[])`, [
            subjects,
          ])
        ).rows,
      membersOf: async (components) =>
        components.length === 0
          ? []
          : (
              await pool.query<SubjectRow>(
                `select subject, component, customer from ${s}.identity_subjects where component = any($1::uuid[])`,
                [components],
              )
            ).rows,
      componentsAfter: async (component, limit) =>
        (
          await pool.query<{ component: string }>(
            `select distinct component from ${s}.identity_subjects where component > $1 order by component limit $2`,
            [component, limit],
          )
        ).rows.map((row) => row.component),
    };
  }
}
