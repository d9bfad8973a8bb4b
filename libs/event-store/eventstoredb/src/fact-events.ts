import type { EventData, JSONType, Position as LogPosition } from '@eventstore/db-client';
import type { Fact, FactMeta, NewFact, Position } from '@tsunagari/contracts';
import { isPosition } from '@tsunagari/contracts';
import type { Append, AppendOutcome } from '@tsunagari/event-store';

/** Where the store draws the line; what is larger is refused, never cut. */
export type StoreLimits = {
  readonly factsPerAppend: number;
  /** Bytes of data and metadata of one append. EventStoreDB takes 1 MiB unless its `MaxAppendSize` says otherwise. */
  readonly bytesPerAppend: number;
};

export const DEFAULT_LIMITS: StoreLimits = { factsPerAppend: 5_000, bytesPerAppend: 1_000_000 };

/** What of a recorded event the platform reads, whichever of the client's types it comes in. */
export type RecordedEvent = {
  readonly streamId: string;
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly revision: bigint;
  readonly created: Date;
  readonly data: unknown;
  readonly metadata?: unknown;
  readonly position?: LogPosition;
};

/**
 * The metadata of an event. Correlation stands where EventStoreDB's own tools look for it; `digest` is kept for whoever compares, the
 * server does not.
 */
type FactMetadata = {
  readonly $correlationId: string;
  readonly $causationId?: string;
  readonly schema: number;
  readonly subject: string | null;
  readonly occurred: string;
  readonly digest: string;
  readonly meta: Omit<FactMeta, 'correlationId' | 'causationId'>;
};

type Refused = Extract<AppendOutcome, { kind: 'refused' }>;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;
const hex = /^(?:[0-9a-f]{2})+$/i;
const unprintable = /[\u0000-\u001f]/;
const longestName = 300;
const nameRule = `1 to ${longestName} well-formed characters, none of them a control character, not beginning with $`;

/** Checks one append and makes its events. What breaks a rule is refused here, so that nothing of the append is sent. */
export function toEvents(append: Append, limits: StoreLimits): readonly EventData[] | Refused {
  if (!isName(append.stream)) return refused('stream', nameRule);
  const { expected } = append;
  if (typeof expected === 'object' && (!Number.isSafeInteger(expected.exact) || expected.exact < 0))
    return refused('expected', "'none', 'exists', 'any' or a version of at least 0");
  if (append.facts.length > limits.factsPerAppend) return refused('facts', `at most ${limits.factsPerAppend} facts in one append`);
  const events: EventData[] = [];
  const ids = new Set<string>();
  let bytes = 0;
  for (const [index, fact] of append.facts.entries()) {
    const wrong = brokenRule(fact);
    if (wrong) return refused(`facts.${index}.${wrong[0]}`, wrong[1]);
    const id = fact.id.toLowerCase();
    if (ids.has(id)) return refused(`facts.${index}.id`, 'an id stands once in an append');
    ids.add(id);
    const metadata = metadataOf(fact);
    const data = fact.json ?? (JSON.stringify(fact.data) as string | undefined);
    if (data === undefined) return refused(`facts.${index}.data`, 'a JSON value');
    bytes += Buffer.byteLength(data) + Buffer.byteLength(JSON.stringify(metadata));
    events.push({ id, contentType: 'application/json', type: fact.type, data: fact.data as JSONType, metadata });
  }
  if (bytes > limits.bytesPerAppend)
    return refused(
      append.facts.length === 1 ? 'facts.0.data' : 'facts',
      `at most ${limits.bytesPerAppend} bytes of data and metadata in one append`,
    );
  return events;
}

export function isRefused(value: readonly EventData[] | Refused): value is Refused {
  return 'kind' in value;
}

export function isName(text: string): boolean {
  return (
    text.length > 0 && text.length <= longestName && !unprintable.test(text) && !/[\ud800-\udfff]/u.test(text) && !text.startsWith('$')
  );
}

/** True for an event this platform wrote; others may share the server, theirs are no facts. */
export function isFact(event: RecordedEvent): boolean {
  const metadata = event.metadata as Partial<FactMetadata> | undefined;
  return event.isJson && typeof metadata === 'object' && typeof metadata.occurred === 'string' && typeof metadata.meta === 'object';
}

/** The fact an event holds. Throws for an event of another making, and for a server too old to say where in the log it stands. */
export function toFact(event: RecordedEvent): Fact {
  if (!isFact(event)) throw new Error(`Event ${event.id} in stream ${event.streamId} was not written by this platform.`);
  const { $correlationId, $causationId, schema, subject, occurred, meta } = event.metadata as FactMetadata;
  const position = toPosition(event.position);
  if (position === undefined)
    throw new Error('The server does not say where in the log an event of a stream stands: EventStoreDB 23.10 or newer is needed.');
  return {
    position,
    stream: event.streamId,
    version: Number(event.revision) + 1,
    id: event.id,
    type: event.type,
    schema,
    subject,
    data: event.data,
    meta: { ...meta, correlationId: $correlationId, ...($causationId === undefined ? {} : { causationId: $causationId }) },
    occurred,
    recorded: event.created.toISOString(),
  };
}

/** The platform's position; undefined where the server gave none (it says so by the largest number there is). */
export function toPosition(position: LogPosition | undefined): Position | undefined {
  const text = position?.commit.toString();
  return isPosition(text) ? text : undefined;
}

function metadataOf(fact: NewFact): FactMetadata {
  const { correlationId, causationId, ...meta } = fact.meta;
  const { schema, subject, occurred, digest } = fact;
  return {
    $correlationId: correlationId,
    ...(causationId === undefined ? {} : { $causationId: causationId }),
    schema,
    subject,
    occurred,
    digest,
    meta,
  };
}

function brokenRule(fact: NewFact): readonly [field: string, rule: string] | undefined {
  if (!uuid.test(fact.id)) return ['id', 'a UUID'];
  if (!isName(fact.type)) return ['type', nameRule];
  if (!Number.isInteger(fact.schema) || fact.schema < 1 || fact.schema > 32_767) return ['schema', 'a version from 1 to 32767'];
  if (fact.subject !== null && !uuid.test(fact.subject)) return ['subject', 'a UUID, or null for a fact of no customer'];
  if (!moment.test(fact.occurred) || Number.isNaN(Date.parse(fact.occurred))) return ['occurred', 'a moment in ISO 8601, UTC'];
  if (!hex.test(fact.digest)) return ['digest', 'bytes in hexadecimal digits'];
  return undefined;
}

function refused(field: string, rule: string): Refused {
  return { kind: 'refused', field, rule };
}
