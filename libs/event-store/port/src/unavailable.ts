/** Why a store cannot take or give anything just now. `read-only` = the server is a standby; `full` = out of disk space or memory. */
export type UnavailableReason = 'connection' | 'full' | 'read-only' | 'closed';

/**
 * An outage, thrown: the store could not be reached, or cannot write. Nothing of the call is half-written. With `outcomeUnknown`
 * the connection was lost after the append had been sent, so it may stand or not: append again **with the same ids**, the answer
 * tells.
 */
export class StoreUnavailable extends Error {
  readonly reason: UnavailableReason;
  readonly outcomeUnknown: boolean;

  constructor(reason: UnavailableReason, message: string, options: { readonly outcomeUnknown?: boolean; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StoreUnavailable';
    this.reason = reason;
    this.outcomeUnknown = options.outcomeUnknown ?? false;
  }
}
