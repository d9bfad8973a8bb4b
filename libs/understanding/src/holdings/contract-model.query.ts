import { type ContractFit, fitContract, type Refusal } from '@tsunagari/clv';
import type { Pool } from 'pg';
import type { DayNumber } from '../calendar';

/** A contract model with what it was fitted to, or why there is none. */
export type ContractModel =
  | { readonly kind: 'fitted'; readonly fit: ContractFit; readonly contracts: number; readonly renewals: number }
  | { readonly kind: 'none'; readonly reason: 'NO_CONTRACTS' | Refusal['code'] };

const MONTH_DAYS = 365.25 / 12;

/** Fewer contracts that are old enough say too little about a renewal more. */
const LEAST_CONTRACTS = 100;
const MOST_RENEWALS = 24;

/**
 * Fits sBG or BdW to how long contracts are renewed: to those that are old enough to have met the last renewal looked at, so that
 * nobody is censored. As many renewals as {@link LEAST_CONTRACTS} contracts have met. Renewals are taken for months.
 */
export async function contractModel(pool: Pool, asOf: DayNumber): Promise<ContractModel> {
  const { rows } = await pool.query<{ age: number; renewals: number; ended: boolean; contracts: number }>(
    `select least(floor(($1 - (contract->>'since')::int) / ${MONTH_DAYS})::int, ${MOST_RENEWALS}) as age, (contract->>'renewals')::int as renewals,
       contract->>'ended' is not null as ended, count(*)::int as contracts
     from understanding.holdings, lateral json_array_elements(state->'contracts') contract
     where contract->>'since' is not null and (contract->>'since')::int <= $1 group by 1, 2, 3`,
    [asOf],
  );
  if (rows.length === 0) return { kind: 'none', reason: 'NO_CONTRACTS' };
  const oldEnough = (months: number): number => rows.reduce((sum, { age, contracts }) => sum + (age >= months ? contracts : 0), 0);
  let renewals = 2;
  while (renewals < MOST_RENEWALS && oldEnough(renewals + 1) >= LEAST_CONTRACTS) renewals += 1;
  const cohort = rows.filter(({ age }) => age >= renewals);
  const contracts = cohort.reduce((sum, row) => sum + row.contracts, 0);
  if (contracts === 0) return { kind: 'none', reason: 'NO_CONTRACTS' };
  // Whoever still runs has been renewed each time, whatever a paused or late booking says.
  const survivors = Array.from({ length: renewals + 1 }, (_, t) =>
    cohort.reduce((sum, row) => sum + (!row.ended || row.renewals >= t ? row.contracts : 0), 0),
  );
  const fit = fitContract(survivors);
  return fit.outcome === 'refused' ? { kind: 'none', reason: fit.refusal.code } : { kind: 'fitted', fit, contracts, renewals };
}
