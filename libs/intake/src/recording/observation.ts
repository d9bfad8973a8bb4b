import type { FactDefinition, FactMeta, Refusal, StreamCategory } from '@tsunagari/contracts';
import type { Identifier } from '@tsunagari/privacy';

/** An identifier as a source reported it. `blockedBy` = the pattern of worthless values that it met: it joins nothing. */
export type SeenIdentifier = Identifier & {
  readonly verified: boolean;
  readonly kind: 'person' | 'account' | 'unidentified';
  readonly blockedBy?: string;
};

/** A fact to be, before its subject is known. */
export type FactDraft = {
  readonly definition: FactDefinition;
  readonly data: Record<string, unknown>;
  /** Which of the observation's identifiers it belongs to (index); null for a fact of nobody, which names its stream by category and id. */
  readonly of: number | null;
  /** A category alone is the subject's own stream of it; an order, a subscription, a flow has a stream of its own. */
  readonly stream:
    'intake' | 'interaction' | 'connection' | { readonly order: string } | { readonly category: StreamCategory; readonly id: string };
  readonly expected: 'any' | 'none';
};

/** One message of a source, understood: whom it names, which identifiers it says belong together, what happened. */
export type Observation = {
  /** `source:<id>` or `import:<format>`; with `messageId` the duplicate key. */
  readonly source: string;
  readonly messageId: string;
  /** When it happened, ISO 8601 UTC with milliseconds, the source's clock corrected. */
  readonly occurred: string;
  readonly clocks: Pick<FactMeta, 'sentAt' | 'receivedAt' | 'originalTimestamp' | 'imported'>;
  /** The first owns what has no other owner. None where all facts are of nobody. */
  readonly identifiers: readonly SeenIdentifier[];
  readonly links: readonly { readonly between: readonly [number, number]; readonly verified: boolean }[];
  readonly facts: readonly FactDraft[];
  /** What the quarantine keeps, should a later step refuse it. */
  readonly body: QuarantinedBody;
  readonly line?: number;
};

/** The raw input as the quarantine keeps it, sealed: everything that a release needs to read it again. */
export type QuarantinedBody =
  | {
      readonly kind: 'segment';
      readonly event: unknown;
      readonly call: string | null;
      readonly sourceId: string;
      readonly sourceKind: SourceKind;
      readonly sentAt: unknown;
      readonly receivedAt: string;
    }
  | {
      readonly kind: 'order-rows';
      readonly format: string;
      readonly currency: string;
      readonly rows: readonly { readonly line: number; readonly text: string }[];
    }
  | { readonly kind: 'text'; readonly text: string };

/** `browser` keys are public: what they say is not verified. `import` keys may report history, with its own times. */
export type SourceKind = 'browser' | 'server' | 'import';

/** An input that broke a rule. `body: null` where nothing may be kept (the subject is erased). */
export type Rejected = {
  readonly source: string;
  readonly messageId: string | null;
  readonly refusal: Refusal;
  readonly body: QuarantinedBody | null;
  readonly line?: number;
};
