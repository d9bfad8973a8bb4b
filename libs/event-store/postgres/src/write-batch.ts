import { setTimeout as pause } from 'node:timers/promises';
import { StoreUnavailable } from '@tsunagari/event-store';
import type { AppendOutcome } from '@tsunagari/event-store';
import type { Pool } from '@tsunagari/postgres';
import type { BatchParameters } from './batch-parameters';
import type { EncodedAppend } from './encode';
import { classifyFailure, outcomeUnknown } from './outage';

/** The result of one command of a batch: an outcome, or the error to throw to its caller. */
export type Settled = AppendOutcome | { readonly kind: 'failed'; readonly error: unknown };

export type Writer = {
  readonly pool: Pool;
  readonly now: () => Date;
  /** How long a batch whose outcome is unknown is tried again before its callers are told. */
  readonly retryForMs: number;
};

const appendStatement = {
  name: 'tsunagari-append-1',
  text: 'select append_events($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14) as answer',
};
const oneStatement = {
  name: 'tsunagari-append-one-1',
  text: 'select append_one($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14) as answer',
};
const answerWithin = 30_000;

/** Writes a batch in one round trip. One bad command fails alone; an outage fails the whole batch with {@link StoreUnavailable}. */
export async function writeBatch(
  writer: Writer,
  batch: readonly EncodedAppend[],
  parameters: BatchParameters,
): Promise<readonly Settled[]> {
  try {
    const values = parameters.of(batch);
    return readAnswer(await askAgainOnOutage(writer, () => sendBatch(writer, batch.length, values)));
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    if (batch.length === 1) return [{ kind: 'failed', error }];
  }
  // Something in it raised and took the whole batch with it: find the one that does.
  const settled: Settled[] = [];
  for (const append of batch) settled.push(...(await writeBatch(writer, [append], parameters)));
  return settled;
}

/**
 * Runs a statement again after a lost connection or a deadlock, until the time is up. Safe only for statements that find what
 * they did before by its ids: an append whose answer was lost comes back as a duplicate at the same positions.
 */
export async function askAgainOnOutage(writer: Writer, ask: () => Promise<string>): Promise<string> {
  const started = performance.now();
  let unknown = false;
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      const failure = classifyFailure(error);
      if (failure.kind === 'other') throw error;
      const lost = failure.kind === 'outage' && failure.reason === 'connection';
      unknown ||= lost && outcomeUnknown(error);
      if ((failure.kind === 'outage' && !lost) || performance.now() - started >= writer.retryForMs)
        throw new StoreUnavailable(
          failure.kind === 'outage' ? failure.reason : 'connection',
          explain(failure.kind === 'outage' ? failure.reason : 'connection', error),
          {
            outcomeUnknown: unknown,
            cause: error,
          },
        );
      await pause(Math.min(500, 20 * 2 ** attempt));
    }
  }
}

/** `a12:345,c3:0,…` → outcomes. See append_events. */
export function readAnswer(answer: string): AppendOutcome[] {
  return answer.split(',').map(readOutcome);
}

function readOutcome(text: string): AppendOutcome {
  const colon = text.indexOf(':');
  const version = Number(text.slice(1, colon));
  const rest = text.slice(colon + 1);
  switch (text[0]) {
    case 'a':
      return { kind: 'appended', version, position: rest, duplicate: false };
    case 'd':
      return { kind: 'appended', version, position: rest, duplicate: true };
    case 'c':
      return { kind: 'conflict', actual: version };
    case 'm':
      return { kind: 'mismatch', ids: rest.split(' ') };
    case 'x':
      return { kind: 'closed' };
    default:
      throw new Error(`append_events answered ${JSON.stringify(text)}`);
  }
}

async function sendBatch(writer: Writer, commands: number, values: readonly Buffer[]): Promise<string> {
  const result = await writer.pool.query<{ answer: string }>({
    ...(commands === 1 ? oneStatement : appendStatement),
    values: [writer.now().toISOString(), ...values],
    query_timeout: answerWithin,
  } as Parameters<Pool['query']>[0] & object);
  return result.rows[0]?.answer ?? '';
}

function explain(reason: StoreUnavailable['reason'], error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  if (reason === 'full')
    return `The event store cannot write: the database server is out of space (${said}). Nothing was written; free some space and append again.`;
  if (reason === 'read-only') return `The event store cannot write: the database server is read-only (${said}).`;
  return `The event store's database cannot be reached (${said}). Append again with the same ids once it is back.`;
}
