/**
 * At most so many at a time, first come, first served. Why appends need it: the client waits for `drain` once 16 writes of a batch
 * stream are pending, and when the stream breaks off meanwhile, it rejects those behind in a promise that nobody holds, which ends
 * the process.
 */
export class Slots {
  private readonly queue: (() => void)[] = [];
  private taken = 0;

  constructor(private readonly size: number) {}

  get waiting(): number {
    return this.queue.length;
  }

  async take(): Promise<void> {
    if (this.taken < this.size) this.taken++;
    else await new Promise<void>((resolve) => this.queue.push(resolve));
  }

  give(): void {
    const next = this.queue.shift();
    if (next) next();
    else this.taken--;
  }
}
