import type { Position } from '@tsunagari/contracts';
import type { Day } from '@tsunagari/projection';
import type { Pool } from 'pg';

/** What the last fit's scores rest on. */
export type CurrentScores = {
  readonly modelId: string;
  readonly asOfDay: Day;
  readonly currency: string;
  readonly position: Position;
  readonly customers: number;
};

/** Null before the first fit. */
export async function currentScores(pool: Pool): Promise<CurrentScores | null> {
  const { rows } = await pool.query<CurrentScores>(
    `select model_id as "modelId", (date '1970-01-01' + as_of_day)::text as "asOfDay", currency, position::text, customers
     from understanding.current_scores where purpose = 'lifetime-value'`,
  );
  return rows[0] ?? null;
}
