/** Who asks, when, and under which key: what every command of the graph carries beside its own words. */
export type Asked = {
  readonly idempotencyKey: string;
  readonly expectedVersion?: number;
  /** As facts name it: `user:<id>`, `customer:<subject>`. */
  readonly by: string;
  readonly requestId: string;
  /** The fact that this follows from, where it follows from one. */
  readonly causationId?: string;
  /** ISO 8601. */
  readonly at: string;
};

type MutationInput = { readonly idempotencyKey: string; readonly expectedVersion?: number | null | undefined };
type Caller = { readonly principal: { readonly actor: string }; readonly requestId: string };

/** What a mutation's input and its request say of the asking. */
export function askedBy(input: MutationInput, caller: Caller, at: string): Asked {
  return {
    idempotencyKey: input.idempotencyKey,
    ...(input.expectedVersion == null ? {} : { expectedVersion: input.expectedVersion }),
    by: caller.principal.actor,
    requestId: caller.requestId,
    at,
  };
}

/** The same as the part of a command's envelope. `source` is the context that decides. */
export function envelopeOf(asked: Asked, source: string) {
  return {
    idempotencyKey: asked.idempotencyKey,
    ...(asked.expectedVersion === undefined ? {} : { expectedVersion: asked.expectedVersion }),
    actor: asked.by,
    source,
    correlationId: asked.requestId,
    ...(asked.causationId === undefined ? {} : { causationId: asked.causationId }),
    at: asked.at,
  };
}
