import type { Position, Signal } from '@tsunagari/contracts';

export type SignalRead = {
  /** Exclusive: the last position already seen; `BEGINNING` for all. */
  readonly after: Position;
  /** Only these kinds; by default all. */
  readonly kinds?: readonly string[];
  /** Default `signals`. */
  readonly topic?: Signal['topic'];
  readonly limit: number;
};

/** `upTo` also advances over signals that the filter dropped, so it is the next `after`. */
export type SignalPage = { readonly signals: readonly Signal[]; readonly upTo: Position; readonly atEnd: boolean };

/** Signals by their ids. `positions`: where they were seen, for a topic that has no index by id; one that is elsewhere by now is not found. */
export interface SeenSignals {
  byIds(ids: readonly string[], positions: readonly Position[]): Promise<readonly Signal[]>;
}

/** Where signals are shared, in one order: the same shape as the event log. A reader keeps its own checkpoint. */
export interface SignalLog {
  read(read: SignalRead): Promise<SignalPage>;
  head(): Promise<Position>;
  /** A hint only: whoever listens also polls. Returns how to stop. */
  onAppended(listener: () => void): () => void;
  close(): Promise<void>;
}
