import type { Moment } from '@tsunagari/projection';
import type { DayNumber } from '../calendar';
import { orFailure } from '../days/unanswered';
import type { ScoringModel } from '../lifetime-value/model';
import { LIVE, type ReadModelName, type Tables } from '../read-models';
import type { Freshness, UnderstandingLoaders, UnderstandingPorts } from '../understanding.loaders';
import { boundOf, freshnessAsOf, momentOfLabel, tablesAsOf } from './metric-moment';
import type { FactBound } from './metrics-of-facts.query';

/** What a board over the whole base looks at: the live rows and every fact, or those of a named moment and nothing beyond it. */
export type BoardMoment = {
  readonly tables: Tables;
  readonly bound: FactBound;
  /** Null for the present. */
  readonly moment: Moment | null;
  /** The last day closed by then; null before the first. */
  readonly lastDay: () => Promise<DayNumber | null>;
  /** The lifetime-value model that was known by then. */
  readonly model: () => Promise<ScoringModel | null>;
  readonly freshness: () => Promise<Freshness>;
};

/**
 * What a board that stands on these read models is answered from, by the label of their generations; without one for now. Throws `NOT_FOUND` for a label
 * that nothing has, and `AS_OF_UNSUPPORTED` where a generation is missing, not built yet or of another moment, with what has to be built.
 */
export async function boardMoment(
  { projections }: { readonly projections: Pick<UnderstandingPorts['projections'], 'labelled'> },
  loaders: Pick<UnderstandingLoaders, 'lastDay' | 'model' | 'modelAsOf' | 'freshness'>,
  reads: readonly [ReadModelName, ...ReadModelName[]],
  label: string | null | undefined,
): Promise<BoardMoment> {
  if (label == null)
    return {
      tables: LIVE,
      bound: boundOf(null),
      moment: null,
      lastDay: loaders.lastDay,
      model: loaders.model,
      freshness: () => loaders.freshness(...reads),
    };
  const moment = orFailure(await momentOfLabel(projections, label, reads));
  const { position, occurredBy, lastDay } = moment;
  return {
    tables: orFailure(tablesAsOf(reads, moment)),
    bound: boundOf(moment),
    moment: { position, occurredBy },
    lastDay: () => Promise.resolve(lastDay),
    model: () => loaders.modelAsOf(moment),
    freshness: () => Promise.resolve(freshnessAsOf(reads, moment)),
  };
}
