import type { Principal } from '@tsunagari/access';
import type { Position } from '@tsunagari/contracts';

/** What the gateway tells a subgraph about one fetch. Over HTTP it travels signed, in the process as it is. */
export type FetchContext = {
  readonly requestId: string;
  readonly principal: Principal;
  /** The subgraph has seen everything up to here before it answers, or says how far it is behind. Null: whatever it has. */
  readonly atLeast: Position | null;
};

/**
 * What a resolver gets. Made anew for every fetch, with its loaders, so that nothing read before a mutation or an event is shown
 * after it.
 */
export type RequestContext<Loaders = unknown> = FetchContext & {
  readonly loaders: Loaders;
  /**
   * A mutation says how far it has appended. The gateway hands the position on as `atLeast` to every later fetch of the same
   * operation, so a mutation's payload never shows state older than its append.
   */
  appended(position: Position): void;
  /** Of a subscription: aborted when nobody listens any more. */
  readonly signal?: AbortSignal | undefined;
};

/**
 * Signs the context on its way to a subgraph in another process, and reads it there. `libs/access` implements it.
 * `verify` answers null for anything that is not signed by us, or is older than 60 s.
 */
export interface ContextSigner {
  sign(context: FetchContext): Promise<string> | string;
  verify(signed: string): Promise<FetchContext | null> | FetchContext | null;
}

/** The header that carries the signed context. */
export const CONTEXT_HEADER = 'x-tsunagari-context';

/** The header with which a client says "wait until you have seen my write". */
export const POSITION_HEADER = 'x-tsunagari-position';
