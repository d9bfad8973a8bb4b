import { BEGINNING, type Position } from '@tsunagari/contracts';
import type { AnyReadModel } from './definition';
import type { ReadModelTable } from './table';

/** One read model in this process. */
export class Kept {
  /** Ours to fold: where it stands in memory and as written. Between the two lie facts that mean nothing to it. */
  at: Position | undefined;
  stored: Position = BEGINNING;
  waiting: Set<string> | undefined;
  readonly retries = new Set<string>();

  constructor(
    readonly definition: AnyReadModel,
    readonly table: ReadModelTable,
    public shown: boolean,
    /** Where the log stood at the start: a new version is shown when it has come so far. */
    public goal: Position,
  ) {}

  own(position: Position): void {
    this.at = position;
    this.stored = position;
    this.waiting = undefined;
  }
}
