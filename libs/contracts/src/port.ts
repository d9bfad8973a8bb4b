import type { z } from 'zod';

/** What one method of a port takes and answers, both JSON. A refusal is an answer; outages and bugs are thrown. */
export type PortMethod = { readonly input: z.ZodType; readonly answer: z.ZodType };

/** What one context may ask or ask for of another one, declared here so that neither imports the other. */
export type PortDeclaration<Methods extends Readonly<Record<string, PortMethod>> = Readonly<Record<string, PortMethod>>> = {
  /** Unique, camelCase: its place in addresses and in errors. */
  readonly name: string;
  /** The context that answers. */
  readonly owner: string;
  readonly methods: Methods;
};

/** The port as its caller sees it: each method takes one object and returns a promise. */
export type PortOf<Declaration extends PortDeclaration> = {
  readonly [Name in keyof Declaration['methods']]: (
    input: z.input<Declaration['methods'][Name]['input']>,
  ) => Promise<z.output<Declaration['methods'][Name]['answer']>>;
};

/** The port as its owner answers it: what comes in has been checked, with defaults set. */
export type AnswersOf<Declaration extends PortDeclaration> = {
  readonly [Name in keyof Declaration['methods']]: (
    input: z.output<Declaration['methods'][Name]['input']>,
  ) => Promise<z.input<Declaration['methods'][Name]['answer']>>;
};

/**
 * Declares a port. Its schemas may check and set defaults but make nothing that JSON does not have (no dates, no undefined in an
 * answer): the same call goes through the process or over HTTP. A method that changes something has its `idempotencyKey` in the
 * input, because a caller that got no answer asks again.
 */
export function declarePort<const Methods extends Readonly<Record<string, PortMethod>>>(
  owner: string,
  name: string,
  methods: Methods,
): PortDeclaration<Methods> {
  return { owner, name, methods };
}

/**
 * The owner of a port cannot be reached, does not answer in time, or cannot answer now: an outage, thrown. Whether the call took
 * effect is unknown: ask again with the same idempotency key. At the graph's edge it is SUBGRAPH_UNAVAILABLE.
 */
export class PortUnavailable extends Error {
  /** As GraphQL shows it, without an address. */
  readonly extensions: { readonly code: 'SUBGRAPH_UNAVAILABLE'; readonly subgraph: string; readonly remedy: string };

  constructor(owner: string, why: string, options: { readonly cause?: unknown } = {}) {
    super(`${owner} does not answer now: ${why}`, options);
    this.name = 'PortUnavailable';
    this.extensions = { code: 'SUBGRAPH_UNAVAILABLE', subgraph: owner, remedy: 'Try again; what it does not own is here.' };
  }
}
