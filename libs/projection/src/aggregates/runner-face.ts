import type { FactRegistry, Position } from '@tsunagari/contracts';
import type { EventLog, SeenFacts } from '@tsunagari/event-log';
import type { Pool, PoolClient } from '@tsunagari/postgres';
import type { CaughtUp, ReplayOutcome, StartOutcome } from '../runner-face';
import type { TableAudit, TableHash } from './audit';
import type { AnyReadModel, ReadModelDefinition } from './definition';
import type { FoldedFact } from './page-fold';
import type { ReadModelReader } from './reader';

export type ReadModelRunnerOptions = {
  readonly pool: Pool;
  readonly log: Pick<EventLog, 'read' | 'head' | 'onAppended'>;
  readonly journal: SeenFacts;
  readonly registry: FactRegistry;
  /** The context's schema; created when missing. One runner a schema and process. */
  readonly schema: string;
  readonly definitions: readonly AnyReadModel[];
  /** Called for every page that meant something to a read model, in the transaction that writes it. What it throws keeps the page from being taken. */
  readonly onFolded?: (client: PoolClient, definition: AnyReadModel, folded: readonly FoldedFact[]) => Promise<void>;
  /** Told of what goes wrong and is dealt with; by default nothing is said. */
  readonly onError?: (error: ReadModelError) => void;
  /** A page was taken in; what `onFolded` wrote stands. */
  readonly onTaken?: () => void;
  /** The clock that `recorded` comes from, ISO 8601: how far behind is counted by it. By default the real time. */
  readonly now?: () => string;
  /** At most so many facts a page. Default 1,000. */
  readonly pageSize?: number;
  /** The safety net beside the log's hint, milliseconds. Default 1,000. */
  readonly pollMs?: number;
  /** How long a process that says nothing keeps its read models, milliseconds. Default 3,000. */
  readonly leaseMs?: number;
  /** First pause before a poisonous key is folded again, milliseconds; doubles each time. Default 1,000. */
  readonly retryMs?: number;
  /** Attempts after which a poisonous key waits for a person. Default 4. */
  readonly attempts?: number;
};

export type ReadModelError = {
  readonly readModel: string;
  readonly kind: 'outage' | 'parked' | 'log-differs';
  readonly message: string;
  readonly key?: string;
  readonly cause?: unknown;
};

export type ReadModelStatus = {
  readonly name: string;
  readonly version: number;
  readonly position: Position;
  readonly head: Position;
  readonly parked: number;
  /** A version that is built beside the one that readers see. */
  readonly rebuilding: boolean;
};

export type ParkedRow = {
  readonly readModel: string;
  readonly key: string;
  readonly error: string;
  readonly attempts: number;
  /** ISO 8601; null when it waits for a person. */
  readonly retryAt: string | null;
};

/** Keeps the read models of one context, one active reader each over all processes. */
export interface ReadModelRunner {
  reader<S>(definition: ReadModelDefinition<S>): ReadModelReader<S>;
  /** Creates what is missing, checks that the log is the one that was folded, begins to read. */
  start(): Promise<StartOutcome>;
  stop(): Promise<void>;
  /** Until all read models have seen the position (`atLeast` of a query), or the time is over. Default 2,000 ms. */
  waitFor(position: Position, options?: { readonly timeoutMs?: number }): Promise<CaughtUp>;
  /** Every fact up to here is in all read models. */
  position(): Promise<Position>;
  /** Calls back when a read model of this process has moved. A hint only. Returns how to stop. */
  onMoved(listener: () => void): () => void;
  /** Until all read models have seen what the log holds now. */
  catchUp(options?: { readonly timeoutMs?: number }): Promise<CaughtUp>;
  status(): Promise<readonly ReadModelStatus[]>;
  /** Age of the oldest fact that a read model may lack, milliseconds; 0 when there is none. */
  lagMs(): Promise<number>;
  /** The sum of the hashes of all rows, as projections have it. */
  stateHash(name: string): Promise<TableHash>;
  /** Folds the log again up to where the read model stands and compares. Holds the folded states in memory. */
  audit(name: string): Promise<TableAudit>;
  /** Empties a read model and folds it again from the first fact. What follows from facts does not follow again. */
  rebuild(name: string): Promise<void>;
  parked(): Promise<readonly ParkedRow[]>;
  /** After a fix: folds a parked key's facts. */
  replay(name: string, key: string): Promise<ReplayOutcome>;
}
