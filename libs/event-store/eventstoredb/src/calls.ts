/** The calls on their way, so that closing can wait for them. */
export class Calls {
  private readonly open = new Set<Promise<unknown>>();

  run<T>(call: () => Promise<T>): Promise<T> {
    const answer = call();
    const settled: Promise<unknown> = answer.catch(() => undefined).finally(() => this.open.delete(settled));
    this.open.add(settled);
    return answer;
  }

  async ended(): Promise<void> {
    await Promise.all(this.open);
  }
}
