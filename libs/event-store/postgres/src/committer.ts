import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreUnavailable } from '@tsunagari/event-store';
import type { Append, AppendOutcome } from '@tsunagari/event-store';
import { BatchParameters } from './batch-parameters';
import type { EncodedAppend, StoreLimits } from './encode';
import { encodeAppend, isRefused } from './encode';
import type { Writer } from './write-batch';
import { writeBatch } from './write-batch';

export type BatchLimits = { readonly commands: number; readonly bytes: number; readonly facts: number };

type Waiting = {
  readonly append: Append;
  encoded: EncodedAppend | undefined;
  readonly settle: (outcome: AppendOutcome) => void;
  readonly fail: (error: unknown) => void;
};

/** After so many commands that must wait for their stream, the rest of the queue is left for the next batch. */
const patience = 4_096;

/**
 * Group commit: takes what queued while the last batch ran, no timer, one batch in flight. So a lone caller waits for nothing but
 * its own commit, and under load hundreds share one flush of the disk.
 */
export class Committer {
  private readonly parameters = new BatchParameters();
  private queue: Waiting[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly writer: Writer,
    private readonly batch: BatchLimits,
    private readonly limits: StoreLimits,
  ) {}

  /** How many appends wait for a batch. */
  get waiting(): number {
    return this.queue.length;
  }

  add(append: Append): Promise<AppendOutcome> {
    return new Promise((settle, fail) => {
      this.queue.push({ append, encoded: undefined, settle, fail });
      this.running ??= this.run();
    });
  }

  async drain(): Promise<void> {
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    // Whoever calls in the same turn of the event loop shares the first batch, too.
    await nextTurn();
    let batch = this.take();
    while (batch.length > 0 || this.queue.length > 0) {
      if (batch.length > 0) {
        const written = this.write(batch);
        this.encodeAhead();
        await written;
        // Callers that go on appending get their next command into the next batch.
        await nextTurn();
      }
      batch = this.take();
    }
    this.running = undefined;
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await writeBatch(
        this.writer,
        batch.map((waiting) => waiting.encoded as EncodedAppend),
        this.parameters,
      );
      for (const [index, waiting] of batch.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined) waiting.fail(new Error('append_events left a command without an answer'));
        else if (outcome.kind === 'failed') waiting.fail(outcome.error);
        else waiting.settle(outcome);
      }
    } catch (error) {
      for (const waiting of batch) waiting.fail(error);
      // Those behind would wait as long for the same answer; nothing of theirs was sent.
      if (error instanceof StoreUnavailable && error.reason === 'connection')
        for (const waiting of this.queue.splice(0)) waiting.fail(new StoreUnavailable(error.reason, error.message, { cause: error.cause }));
    }
  }

  /**
   * The next batch, in the order of arrival. Commands that expect a version stand alone on their stream, and an id stands once;
   * who has to wait for that keeps its place before all later commands of its stream.
   */
  private take(): Waiting[] {
    const taken: Waiting[] = [];
    const kept: Waiting[] = [];
    const streams = new Map<string, 'shared' | 'closed'>();
    const ids = new Set<string>();
    let bytes = 0;
    let facts = 0;
    let next = 0;
    for (; next < this.queue.length && taken.length < this.batch.commands && kept.length < patience; next++) {
      const waiting = this.queue[next] as Waiting;
      const encoded = this.encode(waiting);
      if (!encoded) continue;
      if (taken.length > 0 && (bytes + encoded.bytes > this.batch.bytes || facts + encoded.facts.length > this.batch.facts)) break;
      const state = streams.get(encoded.stream);
      const alone = encoded.expected !== -1;
      if (state === 'closed' || (alone && state === 'shared') || encoded.facts.some((fact) => ids.has(fact.id))) {
        streams.set(encoded.stream, 'closed');
        kept.push(waiting);
        continue;
      }
      streams.set(encoded.stream, alone ? 'closed' : 'shared');
      for (const fact of encoded.facts) ids.add(fact.id);
      bytes += encoded.bytes;
      facts += encoded.facts.length;
      taken.push(waiting);
    }
    this.queue = kept.length === 0 ? this.queue.slice(next) : [...kept, ...this.queue.slice(next)];
    return taken;
  }

  /** Uses the time while the server works. */
  private encodeAhead(): void {
    let bytes = 0;
    for (let next = 0; next < this.queue.length && next < this.batch.commands && bytes < this.batch.bytes; next++) {
      const waiting = this.queue[next] as Waiting;
      bytes += this.encode(waiting)?.bytes ?? 0;
    }
  }

  /** Undefined when the append was refused; its caller has been told. */
  private encode(waiting: Waiting): EncodedAppend | undefined {
    if (waiting.encoded) return waiting.encoded;
    try {
      const encoded = encodeAppend(waiting.append, this.limits);
      if (!isRefused(encoded)) return (waiting.encoded = encoded);
      waiting.settle(encoded);
    } catch (error) {
      waiting.fail(error);
    }
    return undefined;
  }
}
