import {
  definitionRetired,
  type Fact,
  healthModelActivated,
  lifecycleDefined,
  needDeclined,
  needDefined,
  needPrioritised,
  segmentDefined,
} from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import { type AnyProjection, type GenerationStatus, type ProjectionRunner, quoted } from '@tsunagari/projection';
import type { Pool } from 'pg';
import { DEFINITIONS_STREAM, EMPTY_BOOK, foldDefinition } from '../definitions/definition-book';
import { revisionOf, STANDING, standingProjection, standingVersion } from './standing.projection';

/** Definitions that decide where a customer stands. A metric does not: it is computed when it is asked for. */
const DECIDING: ReadonlySet<string> = new Set([
  segmentDefined.type,
  lifecycleDefined.type,
  needDefined.type,
  needPrioritised.type,
  needDeclined.type,
  healthModelActivated.type,
  definitionRetired.type,
]);

type Sources = {
  readonly store: Pick<EventStore, 'readStream'>;
  readonly timeZone: string;
};

async function definitionFacts({ store }: Pick<Sources, 'store'>): Promise<readonly Fact[]> {
  const stream = await store.readStream(DEFINITIONS_STREAM);
  return stream.kind === 'open' ? stream.facts : [];
}

/** The projection under the definitions up to a revision: the version in their stream of the newest one that it knows. */
function projectionAt(facts: readonly Fact[], revision: number, timeZone: string): AnyProjection {
  const book = facts.filter(({ version }) => version <= revision).reduce(foldDefinition, EMPTY_BOOK);
  return standingProjection({ timeZone, book, revision });
}

function newestRevision(facts: readonly Fact[]): number {
  return facts.findLast(({ type }) => DECIDING.has(type))?.version ?? 0;
}

/**
 * The standing of customers under the definitions as they stand, and under those of the generations that are kept: a process that starts
 * folds on what is live until the newest is built. `pool` and `schema` are those of the read models.
 */
export async function standingProjections({
  pool,
  schema,
  ...sources
}: Sources & { readonly pool: Pool; readonly schema: string }): Promise<readonly AnyProjection[]> {
  const facts = await definitionFacts(sources);
  const { rows } = await pool.query<{ version: number }>(`select distinct version from ${quoted(schema)}.projections where name = $1`, [
    STANDING,
  ]);
  const newest = newestRevision(facts);
  const kept = rows.flatMap(({ version }) => revisionOf(version) ?? []);
  return [...new Set([...kept, newest])]
    .filter((revision) => revision <= newest)
    .map((revision) => projectionAt(facts, revision, sources.timeZone));
}

const BUILDING: ReadonlySet<GenerationStatus['phase']> = new Set(['building', 'catching-up', 'verifying']);

const SAFETY_MS = 30_000;

export type DefinitionsFollower = {
  readonly start: () => void;
  readonly stop: () => Promise<void>;
  /** Until a generation of the newest definitions is live. @throws after `timeoutMs`, default 20,000. */
  readonly settled: (options?: { readonly timeoutMs?: number }) => Promise<void>;
};

/**
 * Builds a generation of the standing of customers whenever a definition that decides it was changed: beside the live one, one at a time,
 * the newest definitions only. Every process that folds it must follow: each looks for itself, at most once in `pollMs` (default 1,000).
 */
export function followDefinitions({
  log,
  projections,
  onError = () => undefined,
  pollMs = 1000,
  ...sources
}: Sources & {
  readonly log: Pick<EventLog, 'onAppended'>;
  readonly projections: Pick<ProjectionRunner, 'define' | 'generations'>;
  readonly onError?: (error: unknown) => void;
  readonly pollMs?: number;
}): DefinitionsFollower {
  let timer: NodeJS.Timeout | undefined;
  let safetyNet: NodeJS.Timeout | undefined;
  let stopListening = (): void => undefined;
  let stopped = true;
  /** The newest version that this process was told of here. */
  let taught = 0;
  let looking: Promise<boolean> = Promise.resolve(true);

  /** Whether the newest definitions are live, or a process of newer code has gone beyond them. */
  async function look(): Promise<boolean> {
    const facts = await definitionFacts(sources);
    const revision = newestRevision(facts);
    const all = (await projections.generations()).filter(({ projection, label }) => projection === STANDING && label === null);
    const [live, wanted] = [all.find((each) => each.live), standingVersion(revision)];
    if (live === undefined || live.version > wanted) return live !== undefined;
    const known = all.find(({ version }) => version === wanted);
    // Another process may have begun it: this one must know its definition to fold it too. Else one is built at a time.
    if (taught !== wanted && (known !== undefined || !all.some(({ phase }) => BUILDING.has(phase)))) {
      await projections.define(projectionAt(facts, revision, sources.timeZone));
      taught = wanted;
    }
    // One that failed, or differs from its second fold, waits for a person; so does one that a person rolled back.
    return known !== undefined && !BUILDING.has(known.phase) && (known.live || !known.promotes || known.phase !== 'ready');
  }
  function again(): Promise<boolean> {
    const turn = looking.catch(() => false).then(look);
    looking = turn;
    return turn;
  }
  function soon(): void {
    if (stopped || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      again().then(
        (isSettled) => {
          if (!isSettled) soon();
        },
        (error: unknown) => {
          onError(error);
          soon();
        },
      );
    }, pollMs);
  }

  return {
    start() {
      stopped = false;
      stopListening = log.onAppended(soon);
      // A hint may be lost.
      safetyNet = setInterval(soon, SAFETY_MS);
      soon();
    },
    async stop() {
      stopped = true;
      stopListening();
      clearInterval(safetyNet);
      clearTimeout(timer);
      timer = undefined;
      await looking.catch(() => undefined);
    },
    async settled({ timeoutMs = 20_000 } = {}) {
      for (const until = performance.now() + timeoutMs; !(await again());) {
        if (performance.now() > until) throw new Error('the newest definitions are not live yet');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}
