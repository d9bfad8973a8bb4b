import type { Fact, Position } from '@tsunagari/contracts';

export type LogRead = {
  /** Exclusive: the last position already seen; `BEGINNING` for all. */
  readonly after: Position;
  /** Only these types (`retention.<context>.<name>`); by default all. */
  readonly types?: readonly string[];
  /** At most so many facts a page. */
  readonly limit: number;
  /** Never read beyond this position (inclusive). */
  readonly upTo?: Position;
};

/** `upTo` is how far this page has looked; it also advances over facts that the filter dropped, so it is the next `after`. */
export type LogPage<F = Fact> = { readonly facts: readonly F[]; readonly upTo: Position; readonly atEnd: boolean };

/** A fact to be passed on as it is: its data is the JSON text that was stored, which nobody on the way looks into. */
export type UnparsedFact = Omit<Fact, 'data'> & { readonly json: string };

/** Where facts are shared: one ordered log per deployment, read in position order by everyone but deciders. */
export interface EventLog {
  read(read: LogRead): Promise<LogPage>;
  /** The same page for whoever copies facts from one log to another: parsing and writing `data` again would be most of that work. */
  readUnparsed(read: LogRead): Promise<LogPage<UnparsedFact>>;
  /** The position of the newest fact that can be read; `BEGINNING` when there is none. */
  head(): Promise<Position>;
  /**
   * Calls back soon after something was appended. A hint only: it may come late, doubled or not at all, so whoever listens also
   * polls. Returns how to stop.
   */
  onAppended(listener: () => void): () => void;
  close(): Promise<void>;
}

export type JournalRead = {
  readonly subjects: readonly string[];
  readonly types?: readonly string[];
  /** Known by then: positions up to this one, inclusive. */
  readonly upTo?: Position;
  /** Happened by then: `occurred` up to this moment, inclusive, ISO 8601. */
  readonly occurredBy?: string;
};

/** A place in the order by (subject, position): that of a fact. */
export type SubjectPlace = { readonly subject: string; readonly position: Position };

export type SubjectOrderRead = Omit<JournalRead, 'subjects'> & {
  /** Exclusive; null for the very first fact. */
  readonly after: SubjectPlace | null;
  /** At most so many facts; fewer are answered only at the end. */
  readonly limit: number;
};

export type TimelinePage = { readonly facts: readonly Fact[]; readonly hasMore: boolean };

/** The facts by subject: timelines, evidence, as-of answers and re-folds. */
export interface Journal {
  /** All facts of the subjects, in position order. For folds: sort by (occurred, id). */
  bySubjects(read: JournalRead): Promise<readonly Fact[]>;
  /** Newest first by (occurred, id), for people. `before` is the (occurred, id) of the last fact seen. */
  timeline(
    read: JournalRead & { readonly first: number; readonly before?: { readonly occurred: string; readonly id: string } },
  ): Promise<TimelinePage>;
  byIds(ids: readonly string[]): Promise<readonly Fact[]>;
  /** All facts that have a subject, sorted by (subject, position): how a read model is built in customer order, page by page. */
  inSubjectOrder(read: SubjectOrderRead): Promise<readonly Fact[]>;
  /** The last position recorded by a moment (ISO 8601), inclusive; `BEGINNING` when nothing was. `recorded` never runs backwards. */
  positionAt(recordedBy: string): Promise<Position>;
}

/** Facts by their ids, for who goes on after what was seen: a {@link Journal}, or what has no index by id and finds them where they were. */
export type SeenFacts = { byIds(ids: readonly string[], positions: readonly Position[]): Promise<readonly Fact[]> };

/**
 * Age of the oldest fact after a position, in milliseconds, by the clock that `recorded` comes from (ISO 8601, by default the real time);
 * 0 when there is none. Where a deployment's clock stands still, nothing ages.
 */
export async function ageAfter(
  log: Pick<EventLog, 'read'>,
  position: Position,
  { types, now = () => new Date().toISOString() }: { readonly types?: readonly string[]; readonly now?: (() => string) | undefined } = {},
): Promise<number> {
  const [missing] = (await log.read({ after: position, limit: 1, ...(types ? { types } : {}) })).facts;
  return missing ? age(missing.recorded, now) : 0;
}

/** How long ago something was recorded, in milliseconds, by the same clock. */
export function age(recorded: string, now: () => string = () => new Date().toISOString()): number {
  return Math.max(0, Date.parse(now()) - Date.parse(recorded));
}
