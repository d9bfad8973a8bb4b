import { DeadlineExceededError, NotLeaderError, TimeoutError, UnknownError } from '@eventstore/db-client';
import { StoreUnavailable } from '@tsunagari/event-store';

/** `not-sent`: the server did nothing. `unknown`: it may have. `bug`: no outage at all. */
export type Failure = 'not-sent' | 'unknown' | 'bug';

/** The server was given its time and did not answer. The client itself sets no limit to batch appends and reads. */
export class NoAnswer extends Error {
  constructor(ms: number) {
    super(`EventStoreDB did not answer within ${ms} ms.`);
    this.name = 'NoAnswer';
  }
}

/** How gRPC says that there was nobody to send to. */
const neverSent = /No connection established|ECONNREFUSED|ENOTFOUND|Name resolution failed/i;
/** Plain errors of gRPC and of the client's discovery, before anything is sent. */
const channelGone = /channel (has been|is) (closed|shut ?down)|failed to discover/i;
/** gRPC's CANCELLED, DEADLINE_EXCEEDED, ABORTED, INTERNAL, UNAVAILABLE and DATA_LOSS: how a broken connection may look. */
const broken = new Set<unknown>([1, 4, 10, 13, 14, 15]);

export function classifyFailure(error: unknown): Failure {
  if (error instanceof NotLeaderError) return 'not-sent';
  if (error instanceof NoAnswer || error instanceof TimeoutError || error instanceof DeadlineExceededError) return 'unknown';
  // A batch stream answers "unknown" without a code; a call alone that fails with one of ours is a bug.
  if (error instanceof UnknownError && error.code === undefined) return 'unknown';
  if (!(error instanceof Error)) return 'bug';
  // By code, because what the client asks before its first append fails with gRPC's own error, not with one of the client's.
  if ('code' in error && broken.has(error.code)) return neverSent.test(error.message) ? 'not-sent' : 'unknown';
  return channelGone.test(error.message) ? 'not-sent' : 'bug';
}

/** Waits for an answer, at most `ms`. */
export async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([answer, new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new NoAnswer(ms)), ms)))]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks twice, then again while the server is away until the moment `until`, then throws `StoreUnavailable`. A call that is not
 * `repeatable` is asked again only where it certainly did nothing.
 */
export async function askAgain<T>(until: number, repeatable: boolean, ask: () => Promise<T>): Promise<T> {
  let outcomeUnknown = false;
  for (let tries = 1, pause = 10; ; tries++, pause = Math.min(250, pause * 2)) {
    try {
      return await ask();
    } catch (error) {
      const failure = classifyFailure(error);
      if (failure === 'bug') throw error;
      outcomeUnknown ||= failure === 'unknown';
      if ((failure === 'unknown' && !repeatable) || (tries > 1 && Date.now() >= until))
        throw new StoreUnavailable(
          'connection',
          `EventStoreDB cannot be reached: ${error instanceof Error ? error.message : String(error)}`,
          {
            outcomeUnknown,
            cause: error,
          },
        );
    }
    await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())));
  }
}
