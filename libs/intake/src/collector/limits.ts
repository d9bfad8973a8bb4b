/** What the collector takes at most. Bytes are of the unpacked body. */
export type IntakeLimits = {
  readonly eventBytes: number;
  readonly batchBytes: number;
  readonly batchEvents: number;
  /** Requests at once; the next one is told to come again. */
  readonly inFlight: number;
  /** How far ahead of our clock a corrected event time may lie. */
  readonly futureSkewMs: number;
  /** Levels of objects and lists in an event. */
  readonly depth: number;
};

/** Segment's own: 32 KB an event, 500 KB a batch. */
export const DEFAULT_LIMITS: IntakeLimits = {
  eventBytes: 32 * 1024,
  batchBytes: 500 * 1024,
  batchEvents: 5000,
  inFlight: 64,
  futureSkewMs: 5 * 60_000,
  depth: 32,
};
