import { type Asked, LapseCount, type LapseQuestion, type Lapses } from '@tsunagari/metrics';
import type { Pool } from 'pg';
import { pagesByKey } from '../pages-by-key';
import { type PurchasesState, saleDayNumbers } from './purchases.state';
import { PURCHASES } from './purchases.query';

type Row = { readonly key: string; readonly byCurrency: PurchasesState['byCurrency'] };

const PAGE = 2000;

/** Who lapsed and who was regained among known customers, in pages by id. `purchases` is the table, by default the live one. */
export async function lapses(pool: Pool, question: LapseQuestion, asked: Asked, purchases = PURCHASES): Promise<Lapses> {
  const count = new LapseCount(question);
  const text = `select key, state->'byCurrency' as "byCurrency" from ${purchases}
    where kind <> 'unidentified' and first_day is not null and key > $1 order by key limit $2`;
  for await (const rows of pagesByKey<Row>(pool, text, { size: PAGE })) for (const row of rows) count.add(saleDayNumbers(row));
  return count.result(asked);
}
