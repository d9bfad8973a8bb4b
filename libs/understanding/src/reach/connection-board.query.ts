import type { EventLog } from '@tsunagari/event-log';
import { alwaysConnectedRate, type Asked, type Metric, share } from '@tsunagari/metrics';
import type { Pool } from 'pg';
import type { DayNumber } from '../calendar';
import { type FactBound, factsOfTypes } from '../definitions/metrics-of-facts.query';
import { LIVE, type Tables } from '../read-models';
import { SILENT_AFTER_DAYS } from '../purchases/purchases.state';
import { TOUCHPOINT_TYPES, waysBack } from './ways-back';

export type ConnectionBoard = {
  readonly alwaysConnected: Metric;
  readonly returnPath: Metric;
  readonly outbound: Metric;
  /** Used, not only reachable. */
  readonly inUse: Metric;
  readonly inUseOfConnected: Metric;
  readonly touchpoints: readonly string[];
};

type Counts = Readonly<Record<'open' | 'back' | 'outbound' | 'both' | 'used' | 'both_used', number>>;

const counts = ({
  profile,
  purchases,
  holdings,
  experience,
  reach,
}: Tables): string => `select count(*)::int as open, count(*) filter (where back)::int as back, count(*) filter (where outbound)::int as outbound,
    count(*) filter (where back and outbound)::int as both, count(*) filter (where used)::int as used,
    count(*) filter (where back and outbound and used)::int as both_used
  from (
    select coalesce(string_to_array(r.touchpoints, ' ') && $1::text[], false) as back, coalesce(r.outbound, false) as outbound,
      coalesce(greatest(e.last_use, r.last_interaction) > $2::int - $3::int, false) as used
    from ${profile} p left join ${purchases} u using (key) left join ${holdings} h using (key)
      left join ${experience} e using (key) left join ${reach} r using (key)
    where p.kind <> 'unidentified' and not coalesce(r.erased, false) and (h.running > 0 or u.last_day > $2::int - $4::int)
  ) customers`;

const OPEN = `open: a running contract, or a purchase in the last ${SILENT_AFTER_DAYS} days`;

/**
 * Whether customers can be reached and can answer, over all open relationships, as of a day: one query over columns. A relationship is open
 * while a contract runs (trial and pause included) or the last purchase is younger than the lapse rule.
 */
export async function connectionBoard(
  { pool, log }: { readonly pool: Pool; readonly log: Pick<EventLog, 'read'> },
  day: DayNumber,
  usedWithinDays: number,
  asked: Asked = {},
  { tables = LIVE, bound = {} }: { readonly tables?: Tables; readonly bound?: FactBound } = {},
): Promise<ConnectionBoard> {
  const touchpoints = waysBack(await factsOfTypes(log, TOUCHPOINT_TYPES, bound));
  const { rows } = await pool.query<Counts>(counts(tables), [touchpoints, day, usedWithinDays, SILENT_AFTER_DAYS]);
  const { open = 0, back = 0, outbound = 0, both = 0, used = 0, both_used: bothUsed = 0 } = rows[0] ?? {};
  const of = (count: number, base: number, method: string, note = OPEN): Metric =>
    share(asked, count, base, { class: 'PROCESS', method, notes: [note] });
  const use = `a use or a contact within ${usedWithinDays} days`;
  const rate = alwaysConnectedRate(asked, { reachable: both, open });
  return {
    alwaysConnected: { ...rate, notes: [OPEN, `in use within ${usedWithinDays} days: ${used} of ${open}`] },
    returnPath: of(back, open, 'connected at an open touchpoint with a way back ÷ open relationships'),
    outbound: of(outbound, open, 'consented live outbound address ÷ open relationships'),
    inUse: of(used, open, `${use} ÷ open relationships: use, not reach`),
    inUseOfConnected: of(bothUsed, both, `${use} ÷ always connected`),
    touchpoints,
  };
}
