import type { Signal } from '@tsunagari/contracts';
import { kebab, schemaUri, signals as contracts, toSequence } from '@tsunagari/contracts';
import { contentType, toPosition } from './fact-records';
import type { LogRecord } from './record-batch';

/** CloudEvents 1.0 in structured mode: what a signal or a state is to anyone outside. Extension attributes are texts and numbers only. */
type SignalEvent = {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** The customer. */
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema?: string;
  readonly partitionkey: string;
  /** Its place among signals and states. */
  readonly sequence: string;
  readonly projection: string;
  readonly projectionversion: number;
  readonly kind: string;
  /** The sequence of the fact with which it became true. */
  readonly at: string;
  readonly cause: Signal['cause'];
  /** Ids of the facts that did it, with spaces between. */
  readonly evidence: string;
  readonly data: unknown;
};

/** `retention.understanding.segment-entered.v1`, as its contract says; of a kind without one the same from its name. */
function typeOf({ topic, kind }: Signal): { readonly type: string; readonly dataschema?: string } {
  const contract = contracts.get(topic, kind);
  if (!contract) return { type: `retention.understanding.${kebab(kind)}.v1` };
  return { type: `${contract.type}.v${contract.version}`, dataschema: schemaUri(contract.type, contract.version) };
}

function envelope(signal: Signal): SignalEvent {
  return {
    specversion: '1.0',
    id: signal.id,
    source: `tsunagari:projections/${signal.projection}`,
    ...typeOf(signal),
    subject: signal.customer,
    time: signal.recorded,
    datacontenttype: 'application/json',
    partitionkey: signal.customer,
    sequence: toSequence(signal.position),
    projection: signal.projection,
    projectionversion: signal.version,
    kind: signal.kind,
    at: toSequence(signal.at),
    cause: signal.cause,
    evidence: signal.evidence.join(' '),
    data: signal.data,
  };
}

/** Keyed by the customer, as her facts are. */
export function signalRecord(signal: Signal): LogRecord {
  return {
    key: signal.customer,
    value: JSON.stringify(envelope(signal)),
    headers: { 'content-type': contentType, sequence: toSequence(signal.position) },
  };
}

/**
 * Keyed by customer and projection, of which compaction keeps the newest. The state of a customer who is another one by now has no
 * value: Kafka forgets the key. It lies in the partition of the customer's facts all the same.
 */
export function stateRecord(signal: Signal): LogRecord {
  return {
    key: `${signal.customer} ${signal.projection}`,
    value: signal.data === null ? null : JSON.stringify(envelope(signal)),
    headers: { 'content-type': contentType, sequence: toSequence(signal.position), id: signal.id },
  };
}

export function readSignal(value: string): Signal {
  const event = JSON.parse(value) as SignalEvent;
  return {
    id: event.id,
    position: toPosition(event.sequence),
    topic: 'signals',
    projection: event.projection,
    version: event.projectionversion,
    kind: event.kind,
    customer: event.subject,
    at: toPosition(event.at),
    cause: event.cause,
    evidence: event.evidence === '' ? [] : event.evidence.split(' '),
    data: event.data,
    recorded: event.time,
  };
}
