import type { CloudEvent, Fact, FactMeta, Position } from '@tsunagari/contracts';
import { schemaUri, toSequence } from '@tsunagari/contracts';
import type { Tail, UnparsedFact } from '@tsunagari/event-log';
import type { LogRecord } from './record-batch';

/** Data teams skip these by type; they say that a partition is complete up to their sequence. */
export const WATERMARK = 'retention.log.watermark.v1';

/** What the envelope does not carry and a fact has: extension attributes in CloudEvents' own alphabet. */
type Extensions = {
  readonly stream: string;
  readonly sentat?: string;
  readonly receivedat?: string;
  readonly originaltimestamp?: string;
  readonly command?: string;
  readonly imported?: true;
};

export const contentType = 'application/cloudevents+json';

/**
 * The envelope of `toCloudEvent` with our extensions, written as text at once: the same members in the same order as an object of
 * them would give, with the data as it is stored.
 */
export function factRecord(fact: UnparsedFact): LogRecord & { readonly value: string } {
  const { meta } = fact;
  const sequence = toSequence(fact.position);
  const key = fact.subject ?? fact.stream;
  const value = `{"specversion":"1.0","id":"${fact.id}","source":${text(meta.source)},"type":${text(`${fact.type}.v${fact.schema}`)}${
    fact.subject === null ? '' : `,"subject":"${fact.subject}"`
  },"time":"${fact.occurred}","recordedtime":"${fact.recorded}","datacontenttype":"application/json","dataschema":${text(
    schemaUri(fact.type, fact.schema),
  )},"correlationid":${text(meta.correlationId)}${member('causationid', meta.causationId)}${member(
    'traceparent',
    meta.traceparent,
  )},"partitionkey":${text(key)},"sequence":"${sequence}","streamversion":${fact.version},"actor":${text(meta.actor)},"data":${fact.json},"stream":${text(fact.stream)}${member('sentat', meta.sentAt)}${member('receivedat', meta.receivedAt)}${member(
    'originaltimestamp',
    meta.originalTimestamp,
  )}${member('command', meta.command)}${meta.imported === undefined ? '' : ',"imported":true'}}`;
  return { key, value, headers: { 'content-type': contentType, sequence } };
}

/** JSON.stringify costs much for a short text; hardly any has what must be escaped. */
const text = (value: string): string => (/^[ !#-[\]-~]*$/.test(value) ? `"${value}"` : JSON.stringify(value));
const member = (name: string, value: string | undefined): string => (value === undefined ? '' : `,"${name}":${text(value)}`);

type Watermark = {
  readonly type: typeof WATERMARK;
  readonly sequence: string;
  /** Of the watermark before this one: a reader that has seen another one lacks records. */
  readonly after: string;
  /** Of the fact at the sequence, and where the fact before it stands. */
  readonly id: string;
  readonly previous: string;
};

/** Says that the partition it stands in is complete from one position (exclusive) to a fact, which may stand in another partition. */
export function watermarkRecord(after: Position, tail: Tail): LogRecord & { readonly value: string } {
  const sequence = toSequence(tail.position);
  const value: Watermark = { type: WATERMARK, sequence, after: toSequence(after), id: tail.id, previous: toSequence(tail.previous) };
  return { key: null, value: JSON.stringify(value), headers: { sequence } };
}

export function readWatermark(value: string): { readonly after: string; readonly tail: Tail } {
  const { sequence, after, id, previous } = JSON.parse(value) as Watermark;
  return { after, tail: { position: toPosition(sequence), id, previous: toPosition(previous) } };
}

/** `sequence` → position. */
export function toPosition(sequence: string): Position {
  return sequence.replace(/^0+(?=\d)/, '');
}

const [beforeData, afterData] = [',"data":', ',"stream":'];

/** Of a record that is no watermark: watermarks have no key. */
export function readFact(value: string): Fact {
  const { json, ...fact } = readUnparsed(value);
  return { ...fact, data: JSON.parse(json) as unknown };
}

/**
 * Cuts the data out of the envelope that {@link factRecord} wrote. Neither mark can stand in what is before or after the data: there
 * are texts only, and a quote in a text is escaped.
 */
export function readUnparsed(value: string): UnparsedFact {
  const [start, end] = [value.indexOf(beforeData), value.lastIndexOf(afterData)];
  const event = JSON.parse(value.slice(0, start) + value.slice(end)) as Omit<CloudEvent, 'data'> & Extensions;
  const at = event.type.lastIndexOf('.v');
  const meta: FactMeta = {
    actor: event.actor,
    source: event.source,
    correlationId: event.correlationid,
    ...(event.causationid === undefined ? {} : { causationId: event.causationid }),
    ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
    ...(event.sentat === undefined ? {} : { sentAt: event.sentat }),
    ...(event.receivedat === undefined ? {} : { receivedAt: event.receivedat }),
    ...(event.originaltimestamp === undefined ? {} : { originalTimestamp: event.originaltimestamp }),
    ...(event.command === undefined ? {} : { command: event.command }),
    ...(event.imported === undefined ? {} : { imported: event.imported }),
  };
  return {
    id: event.id,
    type: event.type.slice(0, at),
    schema: Number(event.type.slice(at + 2)),
    subject: event.subject ?? null,
    json: value.slice(start + beforeData.length, end),
    meta,
    occurred: event.time,
    position: toPosition(event.sequence),
    stream: event.stream,
    version: event.streamversion,
    recorded: event.recordedtime,
  };
}
