import type { Broker } from 'kafkajs/src/cluster';
import { createErrorFromCode } from 'kafkajs/src/protocol/error';
import { type Aborted, readBatches, type Record } from './batch-reader';
import { headerSize, send, textSize, writeHeader, writeString } from './request';

/** The lowest version that Kafka 4 answers (KIP-896), and the first that knows transactions. */
const api = { apiKey: 1, apiVersion: 4, apiName: 'Fetch' } as const;
const noReplica = -1;
const readCommitted = 1;
const answerBytes = 50 * 2 ** 20;
/** Beyond the time that the broker may hold a question back. */
const answerWithinMs = 10_000;

export type FetchOf = {
  readonly clientId: string;
  readonly topic: string;
  /** Where to read on, by partition. */
  readonly from: ReadonlyMap<number, number>;
  /** How long the broker may hold the question back when nothing is new. */
  readonly waitMs: number;
  /** Of a partition; a batch that is bigger comes whole. */
  readonly maxBytes: number;
};

/** What a partition answered: `next` is where to go on, `end` where the committed records ended. */
export type Fetched = { readonly partition: number; readonly records: readonly Record[]; readonly next: number; readonly end: number };

/**
 * The committed records of partitions that one broker leads.
 * @throws what the broker answers, or that the connection is gone.
 */
export async function fetch(broker: Broker, of: FetchOf): Promise<readonly Fetched[]> {
  return readAnswer(await send(broker, api, fetchRequest(of), of.waitMs + answerWithinMs), of.from);
}

/** A whole Fetch request (version 4) in one buffer. */
export function fetchRequest({ clientId, topic, from, waitMs, maxBytes }: FetchOf): Buffer {
  const fixed = 4 + 4 + 4 + 4 + 1 + 4 + 4;
  const request = Buffer.allocUnsafe(headerSize(clientId) + textSize(topic) + fixed + from.size * 16);
  let at = writeHeader(request, api, clientId);
  at = request.writeInt32BE(noReplica, at);
  at = request.writeInt32BE(waitMs, at);
  at = request.writeInt32BE(1, at);
  at = request.writeInt32BE(answerBytes, at);
  at = request.writeInt8(readCommitted, at);
  at = request.writeInt32BE(1, at);
  at = writeString(request, at, topic);
  at = request.writeInt32BE(from.size, at);
  // What comes first is answered first, up to the bytes of the whole answer: whoever comes last would starve where it is always the same.
  for (const [partition, offset] of shuffled([...from])) {
    at = request.writeInt32BE(partition, at);
    at = request.writeBigInt64BE(BigInt(offset), at);
    at = request.writeInt32BE(maxBytes, at);
  }
  return request;
}

/** @throws what a partition answers instead of records. */
export async function readAnswer(answer: Buffer, from: ReadonlyMap<number, number>): Promise<readonly Fetched[]> {
  const fetched: Fetched[] = [];
  const topics = answer.readInt32BE(4);
  let at = 8;
  for (let topic = 0; topic < topics; topic++) {
    at += 2 + answer.readInt16BE(at);
    const partitions = answer.readInt32BE(at);
    at += 4;
    for (let nth = 0; nth < partitions; nth++) {
      const partition = answer.readInt32BE(at);
      const errorCode = answer.readInt16BE(at + 4);
      if (errorCode !== 0) throw createErrorFromCode(errorCode);
      const end = Number(answer.readBigInt64BE(at + 14));
      const count = Math.max(0, answer.readInt32BE(at + 22));
      at += 26;
      const aborted: Aborted[] = [];
      for (let each = 0; each < count; each++, at += 16)
        aborted.push({ producerId: answer.readBigInt64BE(at), first: Number(answer.readBigInt64BE(at + 8)) });
      const bytes = Math.max(0, answer.readInt32BE(at));
      at += 4;
      const start = from.get(partition) ?? 0;
      fetched.push({ partition, end, ...(await readBatches(answer.subarray(at, at + bytes), start, aborted)) });
      at += bytes;
    }
  }
  return fetched;
}

/** Fisher–Yates. */
function shuffled<T>(items: T[]): readonly T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}
