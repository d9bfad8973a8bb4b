import { comparePositions, type Fact, type Position } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import { failure } from '../failures';
import type { SubscriptionEvent } from '../subgraph-subscription';
import { Backlog } from './backlog';

export type LiveFeedOptions<Page> = {
  readonly log: Pick<EventLog, 'read' | 'head' | 'onAppended'>;
  /** Facts that mean something to a subscriber; by default all. */
  readonly types?: readonly string[];
  /** How far read models have come: what lies beyond is told when it can be read. */
  readonly taken: () => Promise<Position>;
  /** Calls back when {@link taken} may have moved; a hint. */
  readonly onMoved: (listener: () => void) => () => void;
  /** What subscribers need to know of a page of facts, worked out once for all of them; `followed` are the subjects that they follow. */
  readonly prepare: (facts: readonly Fact[], followed: readonly string[]) => Promise<Page>;
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Events that may wait for one subscriber. Default 1,000. */
  readonly backlog?: number;
};

export type Follow<Page, Event extends SubscriptionEvent> = {
  /** Where the subscriber stands; null: from now on. */
  readonly after: Position | null;
  /** Whom the subscriber follows; null or absent: everybody. */
  readonly subject?: string | null;
  /** Of the request: when it is aborted nobody listens any more. */
  readonly signal: AbortSignal | undefined;
  /** The events of a page, in the order of their positions, each position as far as the log was seen. Pure: it runs for every subscriber. */
  readonly pick: (page: Page, upTo: Position) => readonly Event[];
  /** What came after `after` up to where the feed stands, where there is a shorter way than reading the log again. */
  readonly since?: (after: Position, upTo: Position) => AsyncIterable<Event>;
};

/** Facts as they reach the read models of a process, handed to all who subscribed: one reader however many they are. */
export type LiveFeed<Page> = {
  /** The subscriber's events: what she missed first, then what comes. Throws CURSOR_EXPIRED when `after` lies too far back to be caught up. */
  readonly follow: <Event extends SubscriptionEvent>(wanted: Follow<Page, Event>) => AsyncGenerator<Event>;
};

const PAGE = 500;
/** Pages that a subscriber is caught up by; whoever was away for longer asks the lists. */
const CATCH_UP_PAGES = 40;
/** The safety net beside hints, and how soon read models are asked again that another process keeps. */
const POLL_MS = 1_000;
const BEHIND_MS = 50;
const OUTAGE_PAUSE_MS = 250;

type Follower<Page> = { readonly subject: string | null; readonly take: (page: Page, upTo: Position) => void };

/** See {@link LiveFeed}. Reads nothing while nobody follows. */
export function liveFeed<Page>(options: LiveFeedOptions<Page>): LiveFeed<Page> {
  return new Feed(options);
}

class Feed<Page> implements LiveFeed<Page> {
  private readonly followers = new Set<Follower<Page>>();
  private at: Position | undefined;
  private starting: Promise<Position> | undefined;
  private wake: () => void = () => undefined;
  private rings = 0;

  constructor(private readonly options: LiveFeedOptions<Page>) {}

  async *follow<Event extends SubscriptionEvent>({
    after,
    subject = null,
    signal,
    pick,
    since,
  }: Follow<Page, Event>): AsyncGenerator<Event> {
    const backlog = new Backlog<Event>(this.options.backlog ?? 1_000, signal);
    const isNew = ({ position }: Event): boolean => after === null || comparePositions(position, after) > 0;
    const follower: Follower<Page> = { subject, take: (page, upTo) => backlog.push(pick(page, upTo).filter(isNew)) };
    const from = await this.join(follower);
    try {
      if (after !== null && comparePositions(after, from) < 0) yield* since ? since(after, from) : this.again(after, from, pick);
      yield* backlog;
    } finally {
      this.followers.delete(follower);
      this.ring();
    }
  }

  /** Adds a follower; answers from where on it is handed everything. */
  private async join(follower: Follower<Page>): Promise<Position> {
    if (this.at === undefined) {
      this.starting ??= this.options.taken().finally(() => (this.starting = undefined));
      const start = await this.starting;
      if (this.at === undefined) {
        this.at = start;
        void this.run();
      }
    }
    this.followers.add(follower);
    return this.at;
  }

  /** The log again, for one subscriber. */
  private async *again<Event>(
    after: Position,
    upTo: Position,
    pick: (page: Page, upTo: Position) => readonly Event[],
  ): AsyncGenerator<Event> {
    let from = after;
    for (let pages = 0; comparePositions(from, upTo) < 0; pages++) {
      if (pages === CATCH_UP_PAGES)
        throw failure('CURSOR_EXPIRED', 'Too much has happened since.', {
          field: 'after',
          rule: 'a position of the last minutes',
          remedy: 'Ask by a query, and subscribe without after.',
        });
      const page = await this.read(from, upTo);
      yield* pick(page.prepared, page.upTo);
      from = page.upTo;
    }
  }

  private async read(after: Position, upTo: Position): Promise<{ readonly prepared: Page; readonly upTo: Position }> {
    const { log, types, prepare } = this.options;
    const page = await log.read({ after, upTo, limit: PAGE, ...(types ? { types } : {}) });
    // A page that reached the end has seen everything up to the bound, whatever the filter dropped.
    const followed = [...new Set([...this.followers].flatMap(({ subject }) => subject ?? []))];
    return { prepared: await prepare(page.facts, followed), upTo: page.atEnd ? upTo : page.upTo };
  }

  private async run(): Promise<void> {
    const { log, taken, onMoved, onError } = this.options;
    const stop = [log.onAppended(this.ring), onMoved(this.ring)];
    try {
      // The first follower joins right after this begins.
      await Promise.resolve();
      while (this.at !== undefined && this.followers.size > 0) {
        const heard = this.rings;
        try {
          const upTo = await taken();
          if (comparePositions(upTo, this.at) > 0) {
            const page = await this.read(this.at, upTo);
            this.at = page.upTo;
            for (const { take } of this.followers) take(page.prepared, page.upTo);
            continue;
          }
          await this.wait(heard, comparePositions(await log.head(), this.at) > 0 ? BEHIND_MS : POLL_MS);
        } catch (error) {
          // A process that stops has no followers left, and no database.
          if (this.followers.size > 0) onError?.(error);
          await this.wait(this.rings, OUTAGE_PAUSE_MS);
        }
      }
    } finally {
      for (const end of stop) end();
      this.at = undefined;
    }
  }

  private readonly ring = (): void => {
    this.rings++;
    this.wake();
  };

  private wait(heard: number, timeoutMs: number): Promise<void> {
    if (this.rings !== heard) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
