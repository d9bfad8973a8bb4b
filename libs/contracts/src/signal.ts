import type { Position } from './position';

/**
 * What made a signal: new facts, the close of a day, a merge or split, or another definition of the projection (its first generation
 * says once what it sees otherwise than the one before).
 */
export type SignalCause = 'facts' | 'time' | 'identity' | 'definition';

/**
 * What a projection tells others: something derived (a segment entered, a risk raised, customers merged by a rule), or the newest
 * state of a customer. Never input of a rebuild. The same id is the same signal: hash of (projection, version, customer, at, kind).
 */
export type Signal = {
  readonly id: string;
  /** Its place among signals: where a reader's checkpoint stands. Not a position of the log. */
  readonly position: Position;
  readonly topic: 'signals' | 'state';
  readonly projection: string;
  readonly version: number;
  /** `MergedByRule`, `SegmentEntered` …; of a state the projection's name. */
  readonly kind: string;
  readonly customer: string;
  /** The position in the log at which it became true. */
  readonly at: Position;
  readonly cause: SignalCause;
  /** Ids of the facts that did it. */
  readonly evidence: readonly string[];
  /** JSON; personal fields stay sealed. Of a state: null when the customer is another one by now. */
  readonly data: unknown;
  readonly recorded: string;
};
