/** A failure of a request, or of a part of it. */
export type Failure = {
  readonly message: string;
  /** One of a closed list: UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT, LIMIT_EXCEEDED, SUBGRAPH_UNAVAILABLE, … */
  readonly code: string;
  readonly path?: readonly (string | number)[];
  readonly field?: string;
  readonly rule?: string;
  readonly remedy?: string;
  readonly requestId?: string;
};

/** A request that brought no data. `status` is that of HTTP; 0 over WebSocket. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';

  constructor(
    readonly failures: readonly Failure[],
    readonly status: number,
  ) {
    super(
      failures.map(({ code, message, remedy }) => `${code}: ${message}${remedy === undefined ? '' : ` ${remedy}`}`).join('\n') ||
        `HTTP ${status}`,
    );
  }
}

/** An error as it comes over the wire. */
export type Shown = {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
};

/** What the platform says of what failed. */
export function failuresOf(errors: readonly Shown[] | undefined): readonly Failure[] {
  return (errors ?? []).map(({ message, path, extensions }) => ({
    code: 'UNKNOWN',
    ...extensions,
    message,
    ...(path ? { path } : {}),
  }));
}
