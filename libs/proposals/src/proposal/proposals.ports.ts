import type { CommandPath } from '@tsunagari/command';
import type { ConsentQuestion, ConsentVerdict, Position, UnderstandingPort } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import type { Keyring } from '@tsunagari/privacy';
import type { IdentityReader } from '@tsunagari/projection';
import type { BookReader } from '../book/book';

/** What deciding stands on. */
export type DecisionPorts = {
  readonly path: CommandPath;
  readonly store: EventStore;
  readonly journal: Journal;
  readonly keyring: Keyring;
  readonly identity: IdentityReader;
  readonly book: BookReader;
  readonly understanding: UnderstandingPort;
  readonly mayContact: (questions: readonly ConsentQuestion[]) => Promise<readonly ConsentVerdict[]>;
  /** Proposals so far of these offers, over all customers. */
  readonly used: (offerIds: readonly string[]) => Promise<Readonly<Record<string, number>>>;
  /** Waits until identity has seen the position, at most 2 s. */
  readonly waitFor: (position: Position) => Promise<unknown>;
};
