/** Wakes all who wait. Whoever looked before the ring, at `count`, does not miss it. */
export class Bell {
  count = 0;
  private readonly waiting = new Set<() => void>();
  private readonly listeners = new Set<() => void>();

  ring = (): void => {
    this.count++;
    for (const wake of [...this.waiting, ...this.listeners]) wake();
  };

  /** Calls back each time it rings; returns how to stop. */
  listen(listener: () => void): () => void {
    const own = (): void => listener();
    this.listeners.add(own);
    return () => void this.listeners.delete(own);
  }

  /** Until it rings, at once when it rang since `heard`, or until the time is over. */
  wait(heard: number, timeoutMs: number): Promise<void> {
    if (this.count !== heard) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.waiting.add(wake);
    });
  }
}
