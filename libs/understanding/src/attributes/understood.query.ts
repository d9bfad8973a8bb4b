import type { Pool } from 'pg';
import type { Understood } from './attributes';

type Row = Omit<Understood, 'customer'> & { readonly customer: string };

const SELECT = `select profile.key as customer, purchases.state as purchases, profile.state as profile, holdings.state as holdings, experience.state as experience
  from understanding.profile left join understanding.purchases using (key) left join understanding.holdings using (key) left join understanding.experience using (key)`;

/** What is understood of these customers, by id. One query for a page. */
export async function understoodOf(pool: Pool, keys: readonly string[]): Promise<ReadonlyMap<string, Understood>> {
  const { rows } = await pool.query<Row>(`${SELECT} where profile.key = any($1::uuid[])`, [keys]);
  return new Map(rows.map((row) => [row.customer, row]));
}

const PAGE = 1000;

/** Every known customer behind an id, in pages by id: memory does not grow with the base. */
export async function* everyUnderstood(pool: Pool, behind: string | null = null): AsyncGenerator<Understood> {
  let after = behind ?? '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { rows } = await pool.query<Row>(
      `${SELECT} where profile.kind <> 'unidentified' and profile.key > $1 order by profile.key limit $2`,
      [after, PAGE],
    );
    yield* rows;
    after = rows.at(-1)?.customer ?? after;
    if (rows.length < PAGE) return;
  }
}
