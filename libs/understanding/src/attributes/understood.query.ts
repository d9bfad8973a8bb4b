import type { Pool } from 'pg';
import { pagesByKey } from '../pages-by-key';
import { LIVE, type Tables } from '../read-models';
import type { Understood } from './attributes';

type Row = Omit<Understood, 'customer'> & { readonly key: string };

const select = ({ profile, purchases, holdings, experience }: Tables): string =>
  `select profile.key as key, purchases.state as purchases, profile.state as profile, holdings.state as holdings, experience.state as experience
  from ${profile} profile left join ${purchases} purchases using (key) left join ${holdings} holdings using (key) left join ${experience} experience using (key)`;

/** What is understood of these customers, by id. One query for a page. */
export async function understoodOf(pool: Pool, keys: readonly string[]): Promise<ReadonlyMap<string, Understood>> {
  const { rows } = await pool.query<Row>(`${select(LIVE)} where profile.key = any($1::uuid[])`, [keys]);
  return new Map(rows.map((row) => [row.key, understood(row)]));
}

const PAGE = 1000;

/** Every known customer behind an id, in pages by id: memory does not grow with the base. `tables` are by default the live ones. */
export async function* everyUnderstood(pool: Pool, behind: string | null = null, tables: Tables = LIVE): AsyncGenerator<Understood> {
  const text = `${select(tables)} where profile.kind <> 'unidentified' and profile.key > $1 order by profile.key limit $2`;
  for await (const rows of pagesByKey<Row>(pool, text, { size: PAGE, behind })) yield* rows.map(understood);
}

function understood({ key, ...state }: Row): Understood {
  return { customer: key, ...state };
}
