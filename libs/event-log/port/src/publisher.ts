import type { Position } from '@tsunagari/contracts';
import type { EventLog, UnparsedFact } from './event-log';

/** The newest fact that a copy of a log holds, and where the fact before it stands in the log. */
/** The newest entry that a copy of a log holds, and where the one before it stands in the log. */
export type Tail = {
  readonly position: Position;
  readonly id: string;
  /** `BEGINNING` when it is the first. */
  readonly previous: Position;
};

/**
 * Whether a copy that ends so is a copy of this log: the fact stands in it, right there. It does not when the log or the copy was
 * restored from an older backup, or belongs to another deployment.
 * @param types the filter by which the copy was made.
 */
export async function isCopyOf(log: EventLog, tail: Tail, types?: readonly string[]): Promise<boolean> {
  const { facts } = await log.read({ after: tail.previous, upTo: tail.position, limit: 1, ...(types ? { types } : {}) });
  return facts[0]?.id === tail.id && facts[0].position === tail.position;
}

/** Writes to a log of others' in the order of positions. */
export interface Publisher<R> {
  /**
   * Takes over from whoever published before: undoes what it left unfinished, and from now on refuses what it still sends. Answers
   * the newest one that stands there, after which publishing goes on; undefined when there is none.
   */
  takeOver(): Promise<Tail | undefined>;
  /**
   * Publishes what follows what was published before, several in one transaction. Throws when another publisher has taken
   * over or the log is away: how many of them stand there, the next `takeOver` tells. The next call may be made while this one is
   * under way, and is under way when this one is over; when this one throws, so does the next.
   */
  publish(items: readonly R[]): Promise<void>;
  close(): Promise<void>;
}

/** Writes facts to a log of others'. */
export type FactPublisher = Publisher<UnparsedFact>;
