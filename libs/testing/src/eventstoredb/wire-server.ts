import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { ServerDuplexStream, ServerReadableStream, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import { SupportedMethod, SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import type {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
  TombstoneReq,
  TombstoneResp,
} from '@eventstore/db-client/generated/streams_pb';
import type { Fault } from './faults';
import { Faults } from './faults';
import { MemoryLog } from './memory-log';
import type { ExpectedRevision, ProposedEvent, Written } from './memory-log';
import {
  appendAnswer,
  batchAnswer,
  cutOff,
  expectedOf,
  expectedOfBatch,
  failure,
  idOf,
  nameOf,
  notLeader,
  proposedOf,
  streamDeleted,
  tombstoneAnswer,
  wrongVersion,
} from './messages';
import { readHandler } from './reading';

export type WireServerOptions = {
  /** By default a log of its own; the nodes of one cluster share one. */
  readonly log?: MemoryLog;
  /** Where the log of its own begins. */
  readonly firstPosition?: bigint;
  /** By default any free port. */
  readonly port?: number;
  /** Whether it offers batch appends, as servers from 21.10 on do. Default true. */
  readonly batchAppend?: boolean;
};

export type WireServer = {
  readonly url: string;
  readonly port: number;
  readonly log: MemoryLog;
  readonly faults: Faults;
  /** How many batch streams, single appends and subscriptions were opened. */
  readonly opened: { batchStreams: number; appends: number; subscriptions: number };
  /** Cuts every connection at once and listens no more. */
  readonly stop: () => void;
};

type BatchCall = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;
type OpenBatch = { readonly stream: string; readonly expected: ExpectedRevision; readonly events: ProposedEvent[] };

/** gRPC's DEADLINE_EXCEEDED. */
const deadlineExceeded = 4;

/**
 * A node that speaks EventStoreDB's wire protocol, built on the service definitions the client package ships: appends alone and in
 * batch streams, reads, subscriptions to `$all` with filter and checkpoints, tombstones. It keeps the server's rules and injects
 * faults; what it cannot show is how a real server behaves. A suite that passed against it is reported as "protocol only".
 */
export async function startWireServer(options: WireServerOptions = {}): Promise<WireServer> {
  const log = options.log ?? new MemoryLog(options.firstPosition);
  const faults = new Faults();
  const opened = { batchStreams: 0, appends: 0, subscriptions: 0 };
  const offersBatches = options.batchAppend ?? true;
  const server = new Server({ 'grpc.max_receive_message_length': 32 * 1024 * 1024 });

  const write = (fault: Fault | undefined, stream: string, expected: ExpectedRevision, events: readonly ProposedEvent[]): Written =>
    fault?.kind === 'wrong-version' ? { kind: 'wrong-version', current: fault.current } : log.append(stream, expected, events);

  server.addService(ServerFeaturesService, {
    getSupportedMethods: (_call: unknown, done: sendUnaryData<SupportedMethods>) => done(null, supported(offersBatches)),
  });
  server.addService(StreamsService, {
    read: readHandler(log, faults, opened),

    batchAppend(call: BatchCall) {
      opened.batchStreams++;
      const open = new Map<string, OpenBatch>();
      let before = Promise.resolve();
      call.on('data', (request: BatchAppendReq) => {
        const correlation = idOf(request.getCorrelationId());
        const settings = request.getOptions();
        if (settings)
          open.set(correlation, { stream: nameOf(settings.getStreamIdentifier()), expected: expectedOfBatch(settings), events: [] });
        const batch = open.get(correlation);
        if (!batch) return;
        batch.events.push(...request.getProposedMessagesList().map(proposedOf));
        if (!request.getIsFinal()) return;
        open.delete(correlation);
        // One after the other: a slow append delays those behind it, as one writer does.
        before = before.then(() => answerBatch(call, request, batch, faults.take('append'), write));
      });
      call.on('end', () => call.end());
      call.on('error', () => undefined);
    },

    append(call: ServerReadableStream<AppendReq, AppendResp>, done: sendUnaryData<AppendResp>) {
      opened.appends++;
      let stream = '';
      let expected: ExpectedRevision = 'any';
      const events: ProposedEvent[] = [];
      call.on('data', (request: AppendReq) => {
        const settings = request.getOptions();
        if (settings) [stream, expected] = [nameOf(settings.getStreamIdentifier()), expectedOf(settings)];
        const message = request.getProposedMessage();
        if (message) events.push(proposedOf(message));
      });
      call.on('end', () => {
        void unaryFault(faults.take('append')).then((fault) => {
          if (fault?.kind === 'silent') return;
          const written = fault?.refusal && !fault.written ? undefined : write(fault?.fault, stream, expected, events);
          if (fault?.refusal) done(fault.refusal);
          else if (written?.kind === 'deleted') done(streamDeleted(stream));
          else if (written) done(null, appendAnswer(written));
        });
      });
    },

    tombstone(call: ServerUnaryCall<TombstoneReq, TombstoneResp>, done: sendUnaryData<TombstoneResp>) {
      const settings = call.request.getOptions();
      if (!settings) return done(failure(3, '', 'no options'));
      const stream = nameOf(settings.getStreamIdentifier());
      void unaryFault(faults.take('tombstone')).then((fault) => {
        if (fault?.kind === 'silent') return;
        const written = fault?.refusal && !fault.written ? undefined : log.tombstone(stream, expectedOf(settings));
        if (fault?.refusal) done(fault.refusal);
        else if (written?.kind === 'deleted') done(streamDeleted(stream));
        else if (written?.kind === 'wrong-version') done(wrongVersion(stream, written.current));
        else if (written) done(null, tombstoneAnswer(written.position));
      });
    },

    delete(_call: unknown, done: sendUnaryData<never>) {
      done(failure(12, '', 'deleted streams can return: nobody may ask for one'));
    },
  });

  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${options.port ?? 0}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { url: `esdb://127.0.0.1:${port}?tls=false`, port, log, faults, opened, stop: () => server.forceShutdown() };
}

async function answerBatch(
  call: BatchCall,
  request: BatchAppendReq,
  batch: OpenBatch,
  fault: Fault | undefined,
  write: (fault: Fault | undefined, stream: string, expected: ExpectedRevision, events: readonly ProposedEvent[]) => Written,
): Promise<void> {
  if (call.destroyed || call.cancelled) return;
  const answer = (written: Written | 'timeout'): void => {
    call.write(batchAnswer(request.getCorrelationId(), batch.stream, written));
  };
  switch (fault?.kind) {
    case 'not-leader':
      return void call.emit('error', notLeader(fault.leader.host, fault.leader.port));
    case 'cut':
      if (fault.written) write(fault, batch.stream, batch.expected, batch.events);
      return void call.emit('error', cutOff());
    case 'ends':
      return void call.end();
    case 'silent':
      return;
    case 'deadline':
      return answer('timeout');
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, fault.ms));
  }
  answer(write(fault, batch.stream, batch.expected, batch.events));
}

type UnaryFault = {
  readonly kind: Fault['kind'];
  readonly fault: Fault;
  readonly refusal?: ReturnType<typeof failure>;
  readonly written?: boolean;
};

/** What a fault means for a call with one answer; waits where it is slow. */
async function unaryFault(fault: Fault | undefined): Promise<UnaryFault | undefined> {
  if (!fault) return undefined;
  const { kind } = fault;
  if (kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
  if (kind === 'not-leader') return { kind, fault, refusal: notLeader(fault.leader.host, fault.leader.port) };
  if (kind === 'deadline') return { kind, fault, refusal: failure(deadlineExceeded, '', 'Deadline exceeded') };
  if (kind === 'cut' || kind === 'ends') return { kind, fault, refusal: cutOff(), written: kind === 'cut' && (fault.written ?? false) };
  return { kind, fault };
}

function supported(offersBatches: boolean): SupportedMethods {
  const methods = ['read', 'append', 'tombstone', ...(offersBatches ? ['batchappend'] : [])];
  const answer = new SupportedMethods().setEventStoreServerVersion('24.10.0');
  for (const name of methods)
    answer.addMethods(new SupportedMethod().setServiceName('event_store.client.streams.streams').setMethodName(name));
  return answer;
}
