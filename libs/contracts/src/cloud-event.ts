import type { Fact } from './fact';
import { toSequence } from './position';

/** CloudEvents 1.0 in structured mode with the official extensions, as the log shows a fact to anyone outside. */
export type CloudEvent = {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time: string;
  readonly recordedtime: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: string;
  readonly correlationid: string;
  readonly causationid?: string;
  readonly traceparent?: string;
  readonly partitionkey: string;
  readonly sequence: string;
  readonly streamversion: number;
  readonly actor: string;
  readonly data: unknown;
};

/** The envelope of a fact. `partitionkey` is the subject; facts of no customer travel under their stream. */
export function toCloudEvent(fact: Fact): CloudEvent {
  const { meta } = fact;
  return {
    specversion: '1.0',
    id: fact.id,
    source: meta.source,
    type: `${fact.type}.v${fact.schema}`,
    ...(fact.subject === null ? {} : { subject: fact.subject }),
    time: fact.occurred,
    recordedtime: fact.recorded,
    datacontenttype: 'application/json',
    dataschema: schemaUri(fact.type, fact.schema),
    correlationid: meta.correlationId,
    ...(meta.causationId === undefined ? {} : { causationid: meta.causationId }),
    ...(meta.traceparent === undefined ? {} : { traceparent: meta.traceparent }),
    partitionkey: fact.subject ?? fact.stream,
    sequence: toSequence(fact.position),
    streamversion: fact.version,
    actor: meta.actor,
    data: fact.data,
  };
}

/** Where the JSON Schema of a fact type and version stands in the repository: `libs/contracts/schemas/<type>.v<n>.json`. */
export function schemaUri(type: string, version: number): string {
  return `tsunagari:schemas/${type}.v${version}.json`;
}
