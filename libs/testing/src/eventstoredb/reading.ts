import { randomUUID } from 'node:crypto';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import type { Fault, Faults } from './faults';
import type { MemoryLog, StoredEvent } from './memory-log';
import {
  caughtUp,
  checkpoint,
  confirmation,
  cutOff,
  eventAnswer,
  failure,
  filterOf,
  nameOf,
  notLeader,
  positionOf,
  streamDeleted,
  streamNotFound,
} from './messages';

type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

const backward = 1;
/** EventStoreDB's own search window: after so many events looked at, times the multiplier, a filtered subscription gets a checkpoint. */
const searchWindow = 32;
/** A look at so many events is followed by a turn of the event loop. */
const looksAt = 10_000;

/** Answers reads of a stream, of `$all`, and subscriptions to `$all`. */
export function readHandler(log: MemoryLog, faults: Faults, opened: { subscriptions: number }): (call: ReadCall) => void {
  return (call) => {
    const options = call.request.getOptions();
    if (!options) return void call.emit('error', failure(3, '', 'no options'));
    const subscribes = options.hasSubscription();
    if (subscribes) opened.subscriptions++;
    const fault = faults.take(subscribes ? 'subscribe' : 'read');
    const answering = async (): Promise<void> => {
      if (fault?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
      if (fault?.kind === 'silent') return;
      if (fault?.kind === 'not-leader') return void call.emit('error', notLeader(fault.leader.host, fault.leader.port));
      if (fault?.kind === 'deadline') return void call.emit('error', failure(4, '', 'Deadline exceeded'));
      if (subscribes) await subscribe(call, options, log, fault);
      else if (options.hasStream()) await readStream(call, options, log, fault);
      else await readAll(call, options, log, fault);
    };
    answering().catch((error: unknown) => call.emit('error', failure(13, '', String(error))));
  };
}

async function readStream(call: ReadCall, options: ReadReq.Options, log: MemoryLog, fault: Fault | undefined): Promise<void> {
  const asked = options.getStream();
  const name = nameOf(asked?.getStreamIdentifier());
  const stream = log.stream(name);
  if (stream === 'tombstoned') return void call.emit('error', streamDeleted(name));
  if (!stream || stream.length === 0) {
    await send(call, streamNotFound(name));
    return void call.end();
  }
  const back = options.getReadDirection() === backward;
  const last = stream.length - 1;
  const from = asked?.hasStart() ? 0 : asked?.hasEnd() ? last : Number(asked?.getRevision());
  const range = back ? stream.slice(0, Math.min(from, last) + 1).reverse() : stream.slice(from);
  await sendPage(call, range, Number(options.getCount()), fault);
}

/** Forward from a position begins with the event there, backward with the one before it. */
async function readAll(call: ReadCall, options: ReadReq.Options, log: MemoryLog, fault: Fault | undefined): Promise<void> {
  const all = options.getAll();
  const from = all ? positionOf(all) : 'start';
  const back = options.getReadDirection() === backward;
  const count = Number(options.getCount());
  const index = from === 'start' ? 0 : from === 'end' ? log.events.length : log.indexAfter(from - 1n);
  const range = back ? log.events.slice(Math.max(0, index - count), index).reverse() : log.events.slice(index, index + count);
  await sendPage(call, range, count, fault);
}

async function sendPage(call: ReadCall, events: readonly StoredEvent[], count: number, fault: Fault | undefined): Promise<void> {
  for (const [index, event] of events.slice(0, count).entries()) {
    if (fault?.kind === 'cut' && index === (fault.afterEvents ?? 0)) return void call.emit('error', cutOff());
    await send(call, eventAnswer(event));
    if (call.cancelled) return;
  }
  call.end();
}

async function subscribe(call: ReadCall, options: ReadReq.Options, log: MemoryLog, fault: Fault | undefined): Promise<void> {
  const all = options.getAll();
  const from = all ? positionOf(all) : 'start';
  const wanted = filterOf(options);
  const filter = options.getFilter();
  const window = (filter?.getMax() || searchWindow) * (filter?.getCheckpointintervalmultiplier() || 1);
  let wake: () => void = () => undefined;
  let appended = false;
  const stopListening = log.onAppended(() => {
    appended = true;
    wake();
  });
  call.on('cancelled', () => wake());
  try {
    await send(call, confirmation(randomUUID()));
    let next = from === 'start' ? 0 : from === 'end' ? log.events.length : log.indexAfter(from);
    let lookedAt = 0;
    let sent = 0;
    for (let live = false; !call.cancelled;) {
      for (const end = log.events.length; next < end && !call.cancelled; next++) {
        const event = log.events[next] as StoredEvent;
        if (wanted(event)) {
          if (fault?.kind === 'cut' && sent === (fault.afterEvents ?? 0)) return void call.emit('error', cutOff());
          await send(call, eventAnswer(event));
          sent++;
        }
        lookedAt++;
        if (filter && lookedAt % window === 0) await send(call, checkpoint(event.position));
        if (lookedAt % looksAt === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      if (next < log.events.length) continue;
      if (!live) await send(call, caughtUp());
      live = true;
      if (!appended && !call.cancelled) await new Promise<void>((resolve) => (wake = resolve));
      appended = false;
    }
  } finally {
    stopListening();
  }
}

/** Waits where the client does not read: a server's memory is bounded too. */
async function send(call: ReadCall, message: ReadResp): Promise<void> {
  if (call.cancelled || call.destroyed || call.write(message)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      call.off('drain', done);
      call.off('cancelled', done);
      call.off('close', done);
      resolve();
    };
    call.once('drain', done);
    call.once('cancelled', done);
    call.once('close', done);
  });
}
