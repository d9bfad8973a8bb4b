import type { Fact, Position } from '@tsunagari/contracts';
import { comparePositions } from '@tsunagari/contracts';
import type { LogPage, LogRead } from '@tsunagari/event-log';

export type SharedTailOptions = {
  /** A page of the database, and where its facts end. */
  readonly readPage: (read: LogRead) => Promise<LogPage>;
  readonly head: () => Promise<Position>;
};

export type SharedTail = {
  readonly read: (read: LogRead) => Promise<LogPage>;
  readonly head: () => Promise<Position>;
  /** The database may be another one: nothing that was read counts any more. */
  readonly forget: () => void;
};

/** More than so many at once and nobody is at the end any more. */
const AT_ONCE = 500;
/** So many of the newest facts are kept for those who come a little later. */
const KEPT = 500;

/**
 * Lets all who are at the end of the log in one process share what is read there: a fact that was appended wakes them all, and would be
 * asked for by each of them, several statements each. Every answer holds what was visible when it was asked for: a question joins a
 * statement that has not begun, never one that is on its way. Whoever is further behind reads pages of its own.
 */
export function sharedTail({ readPage, head }: SharedTailOptions): SharedTail {
  let tail: { readonly facts: Fact[]; after: Position; head: Position } | undefined;
  let next: Promise<void> | undefined;
  let running: Promise<void> = Promise.resolve();

  const advance = async (): Promise<void> => {
    const known = tail;
    if (known === undefined) return;
    try {
      const page = await readPage({ after: known.head, limit: AT_ONCE });
      if (!page.atEnd) return forget();
      known.facts.push(...page.facts);
      known.head = page.upTo;
      const spare = known.facts.splice(0, known.facts.length > 2 * KEPT ? known.facts.length - KEPT : 0);
      known.after = spare.at(-1)?.position ?? known.after;
    } catch (error) {
      forget();
      throw error;
    }
  };
  /** Until everything that is visible now is known: all who ask in one turn wait for one statement. */
  const fresh = (): Promise<void> => {
    next ??= new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      await running.catch(() => undefined);
      next = undefined;
      running = advance();
      return running;
    });
    return next;
  };
  const forget = (): void => {
    tail = undefined;
  };
  const reaches = ({ after }: LogRead): boolean => tail !== undefined && comparePositions(after, tail.after) >= 0;

  return {
    async read(read) {
      if (reaches(read)) {
        await fresh();
        if (tail !== undefined && reaches(read)) return pageOf(tail.facts, tail.head, read);
      }
      const page = await readPage(read);
      if (page.atEnd && read.upTo === undefined) tail ??= { facts: [], after: page.upTo, head: page.upTo };
      return page;
    },
    async head() {
      if (tail !== undefined) await fresh();
      return tail?.head ?? head();
    },
    forget,
  };
}

function pageOf(facts: readonly Fact[], head: Position, { after, upTo, types, limit }: LogRead): LogPage {
  const end = upTo !== undefined && comparePositions(upTo, head) < 0 ? upTo : head;
  const of = types && new Set(types);
  const found: Fact[] = [];
  for (const fact of facts) {
    if (comparePositions(fact.position, after) <= 0 || comparePositions(fact.position, end) > 0 || (of && !of.has(fact.type))) continue;
    if (found.push(fact) === limit) return { facts: found, upTo: fact.position, atEnd: comparePositions(fact.position, end) >= 0 };
  }
  return { facts: found, upTo: comparePositions(end, after) < 0 ? after : end, atEnd: true };
}
