import { Bell } from './bell';
import { LostLease } from './checkpoints';
import { Gate } from './gate';
import type { LogDiffers } from './runner-face';

/** One thing that is done over and over. */
export type Loop = {
  /** Does a piece of it; false when there is nothing to do. */
  readonly step: () => Promise<boolean>;
  /** Rings when there may be something to do again. */
  readonly bell: Bell;
  /** Nothing is left to do, for ever. */
  readonly isOver?: () => boolean;
  /** How long it waits for the bell at most, ms; the poll of all loops unless given. */
  readonly waitMs?: () => number;
  /** The bell did not ring for so long. */
  readonly onQuiet?: () => Promise<void>;
};

export type LoopsOptions = {
  readonly pollMs: number;
  readonly leaseMs: number;
  /** Says that this process lives, which keeps its leases, and learns what there is to do. */
  readonly beat: () => Promise<void>;
  /** After a lost lease: what is still ours. */
  readonly resync: () => Promise<void>;
  /** How the log differs from what was folded of it: after an outage the database may be an older copy. */
  readonly logDiffers: () => Promise<LogDiffers | undefined>;
  readonly onOutage?: () => void;
  readonly say: (kind: 'outage' | 'log-differs', cause: unknown, projection?: string) => void;
};

const OUTAGE_PAUSE_MS = 250;

/** What a runner does while it runs: loops that outages pause and nothing ends but `stop`, and the beat that keeps its leases. */
export class Loops {
  /** Set when the log is not the one that was folded: nothing is done any more. */
  halted: LogDiffers | undefined;
  isStopped = true;
  private suspicious = false;
  private running: Promise<void>[] = [];
  private readonly bells = new Set<Bell>();
  private readonly ending = new Bell();
  private readonly beats = new Gate();

  constructor(private readonly options: LoopsOptions) {}

  begin(): void {
    this.isStopped = false;
    this.running = [];
    this.bells.clear();
  }

  add(loop: Loop): void {
    this.bells.add(loop.bell);
    this.running.push(this.run(loop));
  }

  /** Beats often enough that no lease is lost by it. */
  keepAlive(): void {
    this.running.push(this.beatOn());
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    for (const bell of [this.ending, ...this.bells]) bell.ring();
    await Promise.all(this.running);
  }

  /** One beat at a time. */
  beat(): Promise<void> {
    return this.beats.pass(this.options.beat);
  }

  private async run({ step, bell, isOver = () => false, waitMs = () => this.options.pollMs, onQuiet }: Loop): Promise<void> {
    while (!this.isStopped && !isOver()) {
      const heard = bell.count;
      try {
        if (this.suspicious) await this.checkLog();
        if (!this.halted && (await step())) continue;
        await bell.wait(heard, waitMs());
        if (bell.count === heard) await onQuiet?.();
      } catch (error) {
        // A generation was dropped under the hands of who folded it: that is learnt, and nothing is amiss.
        if (isMissingTable(error)) await this.beat().catch(() => undefined);
        if (!isOver()) await this.afterFailure(error);
      }
    }
  }

  private async afterFailure(error: unknown): Promise<void> {
    const { resync, onOutage, say } = this.options;
    try {
      if (error instanceof LostLease) return await resync();
      say('outage', error);
      this.suspicious = true;
      onOutage?.();
    } catch (cause) {
      say('outage', cause);
    }
    await this.ending.wait(this.ending.count, OUTAGE_PAUSE_MS);
  }

  private async checkLog(): Promise<void> {
    this.halted = await this.options.logDiffers();
    this.suspicious = false;
    if (this.halted) this.options.say('log-differs', new Error(this.halted.explanation), this.halted.projection);
  }

  private async beatOn(): Promise<void> {
    while (!this.isStopped) {
      await this.ending.wait(this.ending.count, this.options.leaseMs * 0.4);
      if (this.isStopped) return;
      await this.beat().catch((cause: unknown) => {
        this.suspicious = true;
        this.options.say('outage', cause);
      });
    }
  }
}

/** SQLSTATE `undefined_table`. */
export function isMissingTable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '42P01';
}
