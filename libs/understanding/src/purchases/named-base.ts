import type { Position } from '@tsunagari/contracts';
import { failure } from '@tsunagari/graphql';
import type { Freshness, UnderstandingPorts } from '../understanding.loaders';

/** A named generation of purchases: the whole base as of its moment. */
export type NamedBase = {
  /** Its table, quoted. */
  readonly table: string;
  /** The newest position that counts. */
  readonly position: Position;
  /** The last day closed by then, `yyyy-mm-dd`; null before the first. */
  readonly lastDay: string | null;
  readonly freshness: Freshness;
};

/** Finds the named base of a label. Refuses a label that nothing has (`NOT_FOUND`) and one that is not whole yet (`AS_OF_UNSUPPORTED`). */
export async function namedBase(projections: Pick<UnderstandingPorts['projections'], 'labelled'>, label: string): Promise<NamedBase> {
  const found = await projections.labelled('purchases', label);
  if (found === null)
    throw failure('NOT_FOUND', `No generation of purchases is called ${label}.`, {
      field: 'asOfLabel',
      rule: 'the label of a generation of purchases that was built as of a moment',
      remedy: 'Build it: startRebuild(input: { projection: "purchases", asOf: { label, position } }).',
    });
  if (!found.isReady)
    throw failure('AS_OF_UNSUPPORTED', `${label} is not built yet.`, {
      field: 'asOfLabel',
      rule: 'a generation that is built and verified',
      remedy: 'Follow it: projectionProgress(projection: "purchases").',
    });
  const { table, version, position, lastDay } = found;
  return {
    table,
    position,
    lastDay,
    freshness: { projection: 'purchases', version: String(version), position, lagMs: 0, rebuilding: false },
  };
}
