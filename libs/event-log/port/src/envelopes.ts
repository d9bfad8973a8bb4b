import { BEGINNING, type CloudEvent, type Fact, type FactRegistry, type Position, toCloudEvent } from '@tsunagari/contracts';
import type { EventLog } from './event-log';

export type EnvelopesRead = {
  /** Exclusive; by default from the first fact on. */
  readonly after?: Position;
  /** Inclusive; by default the head of the log when reading begins, so that reading ends. */
  readonly upTo?: Position;
  readonly types?: readonly string[];
  /** The version of a type that the reader knows; of any other type the newest. */
  readonly versions?: ReadonlyMap<string, number>;
};

/** A fact that the version asked for cannot say, or whose version is newer than this process knows. Never dropped in silence. */
export type Unsaid = {
  readonly kind: 'unsaid';
  readonly fact: Fact;
  readonly reason: 'NO_WORDS' | 'LOSES' | 'NEWER_VERSION';
  readonly because: string;
};

const PAGE = 1000;

/**
 * The facts of a log in order, as CloudEvents for readers outside: each at the version that the reader knows, personal fields sealed.
 * Where no version was asked for, a type or a version that this process does not know is passed on as it was recorded. Throws a RangeError
 * for a version that the type never had.
 */
export async function* envelopes(
  log: Pick<EventLog, 'read' | 'head'>,
  registry: FactRegistry,
  { after = BEGINNING, upTo, types, versions }: EnvelopesRead = {},
): AsyncGenerator<{ readonly kind: 'envelope'; readonly event: CloudEvent } | Unsaid> {
  const end = upTo ?? (await log.head());
  for (let from = after; ;) {
    const page = await log.read({ after: from, limit: PAGE, upTo: end, ...(types ? { types } : {}) });
    for (const fact of page.facts) yield envelopeOf(registry, fact, versions?.get(fact.type));
    if (page.atEnd || page.upTo === from) return;
    from = page.upTo;
  }
}

function envelopeOf(registry: FactRegistry, fact: Fact, asked: number | undefined): { kind: 'envelope'; event: CloudEvent } | Unsaid {
  const version = asked ?? registry.get(fact.type)?.version ?? fact.schema;
  const read = registry.readAs(fact, version);
  switch (read.kind) {
    case 'decoded':
      return { kind: 'envelope', event: toCloudEvent({ ...fact, schema: version, data: read.data }) };
    case 'cannot-say':
      return { kind: 'unsaid', fact, reason: read.reason, because: read.because };
    case 'newer-version':
      if (asked !== undefined)
        return {
          kind: 'unsaid',
          fact,
          reason: 'NEWER_VERSION',
          because: `version ${fact.schema} is of a newer release; this one knows ${read.known}`,
        };
      return { kind: 'envelope', event: toCloudEvent(fact) };
    case 'unknown-type':
      return { kind: 'envelope', event: toCloudEvent(fact) };
  }
}
