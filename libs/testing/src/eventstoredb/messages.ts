import { createRequire } from 'node:module';
import { Metadata, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import {
  StreamDeleted,
  StreamIdentifier,
  Timeout,
  UUID,
  WrongExpectedVersion,
  AllStreamPosition,
} from '@eventstore/db-client/generated/shared_pb';
import { Status } from '@eventstore/db-client/generated/status_pb';
import { AppendResp, BatchAppendResp, ReadResp, TombstoneResp } from '@eventstore/db-client/generated/streams_pb';
import type { AppendReq, BatchAppendReq, ReadReq, TombstoneReq } from '@eventstore/db-client/generated/streams_pb';
import type { ExpectedRevision, ProposedEvent, StoredEvent, Written } from './memory-log';

type Any = NonNullable<ReturnType<Status['getDetails']>>;
type Packable = { serializeBinary(): Uint8Array };

// The types of google-protobuf are installed for the client only; its classes are taken as the client's declarations describe them.
const { Any } = createRequire(__filename)('google-protobuf/google/protobuf/any_pb.js') as { Any: new () => Any };

const longest = '18446744073709551615';

export function nameOf(identifier: StreamIdentifier | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');
}

export function idOf(id: UUID | undefined): string {
  return id?.getString() ?? '';
}

export function expectedOf(options: AppendReq.Options | TombstoneReq.Options): ExpectedRevision {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no-stream';
  return options.hasStreamExists() ? 'stream-exists' : Number(options.getRevision());
}

export function expectedOfBatch(options: BatchAppendReq.Options): ExpectedRevision {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no-stream';
  return options.hasStreamExists() ? 'stream-exists' : Number(options.getStreamPosition());
}

export function proposedOf(message: AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage): ProposedEvent {
  const metadata = message.getMetadataMap();
  return {
    id: idOf(message.getId()),
    type: metadata.get('type') ?? '',
    contentType: metadata.get('content-type') ?? '',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

/** An error as EventStoreDB sends it: the kind stands in the trailers, not in the code. */
export function failure(
  code: status,
  exception: string,
  details: string,
  also: Readonly<Record<string, string>> = {},
): Partial<ServiceError> {
  const metadata = new Metadata();
  if (exception) metadata.set('exception', exception);
  for (const [name, value] of Object.entries(also)) metadata.set(name, value);
  return { code, details, metadata };
}

export const cutOff = (): Partial<ServiceError> => failure(status.UNAVAILABLE, '', 'the connection broke off');

export const notLeader = (host: string, port: number): Partial<ServiceError> =>
  failure(status.NOT_FOUND, 'not-leader', 'this node is not the leader', {
    'leader-endpoint-host': host,
    'leader-endpoint-port': String(port),
  });

export const streamDeleted = (stream: string): Partial<ServiceError> =>
  failure(status.FAILED_PRECONDITION, 'stream-deleted', `Event stream '${stream}' is deleted.`, { 'stream-name': stream });

export const wrongVersion = (stream: string, current: number | undefined): Partial<ServiceError> =>
  failure(status.FAILED_PRECONDITION, 'wrong-expected-version', 'wrong expected version', {
    'stream-name': stream,
    'expected-version': '-2',
    'actual-version': String(current ?? -1),
  });

/** The answer to one append of a batch stream. */
export function batchAnswer(correlation: UUID | undefined, stream: string, written: Written | 'timeout'): BatchAppendResp {
  const answer = new BatchAppendResp();
  const identifier = identified(stream);
  answer.setCorrelationId(correlation);
  answer.setStreamIdentifier(identifier);
  if (written === 'timeout') return answer.setError(packed('event_store.client.Timeout', new Timeout(), 'Timeout'));
  if (written.kind === 'deleted') {
    const details = new StreamDeleted().setStreamIdentifier(identifier);
    return answer.setError(packed('event_store.client.StreamDeleted', details, 'Stream deleted'));
  }
  if (written.kind === 'wrong-version') {
    const details = new WrongExpectedVersion();
    if (written.current !== undefined) details.setCurrentStreamRevision(String(written.current));
    return answer.setError(packed('event_store.client.WrongExpectedVersion', details, 'Wrong expected version'));
  }
  const position = new AllStreamPosition().setCommitPosition(String(written.position)).setPreparePosition(String(written.position));
  return answer.setSuccess(new BatchAppendResp.Success().setCurrentRevision(String(written.revision)).setPosition(position));
}

/** The answer to one append alone. A tombstoned stream is an error, not an answer. */
export function appendAnswer(written: Exclude<Written, { kind: 'deleted' }>): AppendResp {
  const answer = new AppendResp();
  if (written.kind === 'wrong-version') {
    const wrong = new AppendResp.WrongExpectedVersion();
    if (written.current !== undefined) wrong.setCurrentRevision(String(written.current));
    return answer.setWrongExpectedVersion(wrong);
  }
  const position = new AppendResp.Position().setCommitPosition(String(written.position)).setPreparePosition(String(written.position));
  return answer.setSuccess(new AppendResp.Success().setCurrentRevision(String(written.revision)).setPosition(position));
}

export function tombstoneAnswer(position: bigint): TombstoneResp {
  return new TombstoneResp().setPosition(
    new TombstoneResp.Position().setCommitPosition(String(position)).setPreparePosition(String(position)),
  );
}

export function eventAnswer(event: StoredEvent): ReadResp {
  const recorded = new ReadResp.ReadEvent.RecordedEvent();
  recorded.setId(new UUID().setString(event.id));
  recorded.setStreamIdentifier(identified(event.stream));
  recorded.setStreamRevision(String(event.revision));
  recorded.setCommitPosition(String(event.position)).setPreparePosition(String(event.position));
  recorded.setData(event.data);
  recorded.setCustomMetadata(event.metadata);
  recorded.getMetadataMap().set('type', event.type).set('content-type', event.contentType).set('created', String(event.created));
  return new ReadResp().setEvent(new ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(String(event.position)));
}

export function streamNotFound(stream: string): ReadResp {
  return new ReadResp().setStreamNotFound(new ReadResp.StreamNotFound().setStreamIdentifier(identified(stream)));
}

export function checkpoint(position: bigint): ReadResp {
  const at = new ReadResp.Checkpoint().setCommitPosition(String(position)).setPreparePosition(String(position));
  return new ReadResp().setCheckpoint(at);
}

export const confirmation = (id: string): ReadResp =>
  new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId(id));

export const caughtUp = (): ReadResp => new ReadResp().setCaughtUp(new ReadResp.CaughtUp());

/** Where a read of `$all` begins, exclusive in its direction. */
export function positionOf(options: ReadReq.Options.AllOptions): bigint | 'start' | 'end' {
  if (options.hasStart()) return 'start';
  const position = options.getPosition()?.getCommitPosition();
  return position === undefined || position === longest ? 'end' : BigInt(position);
}

/** Which events of `$all` a subscription wants. */
export function filterOf(options: ReadReq.Options): (event: StoredEvent) => boolean {
  const filter = options.getFilter();
  if (!filter) return () => true;
  const expression = filter.getEventType() ?? filter.getStreamIdentifier();
  const onType = filter.hasEventType();
  const regex = expression?.getRegex() ? new RegExp(expression.getRegex()) : undefined;
  const prefixes = expression?.getPrefixList() ?? [];
  return (event) => {
    const text = onType ? event.type : event.stream;
    return regex ? regex.test(text) : prefixes.some((prefix) => text.startsWith(prefix));
  };
}

function identified(stream: string): StreamIdentifier {
  return new StreamIdentifier().setStreamName(Buffer.from(stream).toString('base64'));
}

function packed(type: string, details: Packable, message: string): Status {
  const any = new Any();
  any.pack(details.serializeBinary(), type);
  return new Status().setCode(2).setMessage(message).setDetails(any);
}
