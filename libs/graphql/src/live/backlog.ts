import { failure } from '../failures';
import type { SubscriptionEvent } from '../subgraph-subscription';

/**
 * What waits for one subscriber. Bounded: who takes events in more slowly than they come is told where she was left, once she has
 * taken in what waits. Ends with the signal, or when the feed does.
 */
export class Backlog<Event extends SubscriptionEvent> implements AsyncIterable<Event> {
  private readonly waiting: Event[] = [];
  private wake: () => void = () => undefined;
  private fault: Error | undefined;

  constructor(
    private readonly limit: number,
    private readonly signal: AbortSignal | undefined,
  ) {}

  push(events: readonly Event[]): void {
    if (this.fault || events.length === 0) return;
    if (this.waiting.length + events.length > this.limit) {
      const last = this.waiting.at(-1)?.position;
      this.fault = failure('SUBSCRIBER_TOO_SLOW', 'There is more to say than is taken in.', {
        rule: `at most ${this.limit} events wait for a subscriber`,
        remedy: last === undefined ? 'Subscribe again, to less.' : `Subscribe again with after: "${last}".`,
      });
    } else this.waiting.push(...events);
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event> {
    const leave = (): void => this.wake();
    this.signal?.addEventListener('abort', leave);
    try {
      while (!this.signal?.aborted) {
        const event = this.waiting.shift();
        if (event) yield event;
        else if (this.fault) throw this.fault;
        else await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      this.signal?.removeEventListener('abort', leave);
    }
  }
}
