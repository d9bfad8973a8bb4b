import {
  type Asked,
  type Landmark,
  type Lifetime,
  type Metric,
  outcomeToRetention,
  type Relationship,
  type SampleRatio,
  survivalEffect,
} from '@tsunagari/metrics';
import type { Pool } from 'pg';
import type { HoldingsState } from '../holdings/holdings.projection';
import { pagesByKey } from '../pages-by-key';
import { type PurchasesState, saleDayNumbers } from '../purchases/purchases.state';
import { LIVE, type Tables } from '../read-models';
import type { Holdout } from './holdout-assignments.query';
import { firstAchieved, type OutcomesState } from './outcomes.projection';
import { firstRelationship, type RelationshipRule } from './relationship';

export type RetentionOfOutcomes = RelationshipRule & {
  /** Null: any purpose. */
  readonly purposeId: string | null;
  readonly landmarks: readonly number[];
  readonly horizonDays: number;
};

/** What a holdout says beside the association. */
export type HoldoutSurvival = {
  readonly holdoutId: string;
  readonly treated: number;
  readonly heldOut: number;
  readonly effect: Metric & { readonly sampleRatio: SampleRatio };
};

export type OutcomeRetention = { readonly landmarks: readonly Landmark[]; readonly holdouts: readonly HoldoutSurvival[] };

type Row = {
  readonly key: string;
  readonly by_currency: PurchasesState['byCurrency'] | null;
  readonly contracts: HoldingsState['contracts'] | null;
  readonly purposes: OutcomesState['purposes'] | null;
};

const PAGE = 2000;
const rowsOf = ({
  profile,
  purchases,
  holdings,
  outcomes,
}: Tables): string => `select p.key, u.state->'byCurrency' as by_currency, h.state->'contracts' as contracts, o.state->'purposes' as purposes
  from ${profile} p left join ${purchases} u using (key) left join ${holdings} h using (key) left join ${outcomes} o using (key)
  where p.kind <> 'unidentified' and (u.first_day is not null or h.key is not null) and p.key > $1 order by p.key limit $2`;

/**
 * Whether those who achieved stay longer (0.09): at several days L of a relationship, those who had achieved by L against those who had not,
 * among whoever was still there; beside it each holdout's own effect on staying, from the first decision about a customer whose relationship
 * was open then. One reading of the read models in pages; memory holds a few numbers a customer. `tables` are by default the live ones.
 */
export async function outcomeRetention(
  pool: Pool,
  { purposeId, landmarks, horizonDays, ...rule }: RetentionOfOutcomes,
  holdouts: readonly Holdout[],
  asked: Asked = {},
  tables: Tables = LIVE,
): Promise<OutcomeRetention> {
  const relationships: Relationship[] = [];
  const arms = holdouts.map(() => ({ treated: [] as Lifetime[], heldOut: [] as Lifetime[] }));
  for await (const rows of pagesByKey<Row>(pool, rowsOf(tables), { size: PAGE }))
    for (const { key, by_currency: byCurrency, contracts, purposes } of rows) {
      const saleDays = byCurrency === null ? [] : saleDayNumbers({ byCurrency });
      const span = firstRelationship({ contracts: contracts ?? [], saleDays }, rule);
      if (span === undefined) continue;
      const achieved = purposes === null ? null : firstAchieved({ purposes }, purposeId);
      const achievedDay = achieved === null ? null : achieved - span.start;
      relationships.push({ lastDay: span.end - span.start, left: span.left, achievedDay });
      for (const [n, { customers }] of holdouts.entries()) {
        const assigned = customers.get(key);
        if (assigned === undefined || assigned.day < span.start || assigned.day >= span.end) continue;
        arms[n]?.[assigned.held ? 'heldOut' : 'treated'].push({ duration: span.end - assigned.day, happened: span.left });
      }
    }
  return {
    landmarks: outcomeToRetention(asked, relationships, { landmarks, horizonDays }),
    holdouts: holdouts.map(({ holdoutId, share }, n) => {
      const { treated = [], heldOut = [] } = arms[n] ?? {};
      const effect = survivalEffect(asked, treated, heldOut, { horizonDays, weights: [1 - share, share] });
      return { holdoutId, treated: treated.length, heldOut: heldOut.length, effect };
    }),
  };
}
