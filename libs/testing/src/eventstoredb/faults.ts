/** The calls a fault can strike: `append` is each append (of a batch stream or alone), `read` one read, `subscribe` one subscription. */
export type FaultyCall = 'append' | 'read' | 'subscribe' | 'tombstone';

/**
 * What goes wrong.
 * - `not-leader`: the node refuses and names the leader. `deadline`: the server gives up on the operation and says so.
 * - `silent`: it never answers. `slow`: it answers after `ms`.
 * - `cut`: the call breaks off; an append is `written` before or not, a read has handed out `afterEvents`.
 * - `ends`: the server ends the batch stream in good order with answers still owed.
 * - `wrong-version`: it refuses with this current revision, whatever the stream is.
 */
export type FaultKind =
  | { readonly kind: 'not-leader'; readonly leader: { readonly host: string; readonly port: number } }
  | { readonly kind: 'deadline' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'cut'; readonly written?: boolean; readonly afterEvents?: number }
  | { readonly kind: 'ends' }
  | { readonly kind: 'wrong-version'; readonly current: number };

/** `skip` calls pass, then `times` (default 1) are struck. */
export type Fault = FaultKind & { readonly on: FaultyCall; readonly skip?: number; readonly times?: number };

/** The faults still to come, in the order they were given. */
export class Faults {
  private planned: { fault: Fault; skip: number; times: number }[] = [];
  private readonly struck: Fault[] = [];

  add(fault: Fault): void {
    this.planned.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 });
  }

  clear(): void {
    this.planned = [];
  }

  /** How many calls were struck until now. */
  get count(): number {
    return this.struck.length;
  }

  take(call: FaultyCall): Fault | undefined {
    const next = this.planned.find(({ fault }) => fault.on === call);
    if (!next) return undefined;
    if (next.skip > 0) {
      next.skip--;
      return undefined;
    }
    next.times--;
    if (next.times === 0) this.planned = this.planned.filter((each) => each !== next);
    this.struck.push(next.fault);
    return next.fault;
  }
}
