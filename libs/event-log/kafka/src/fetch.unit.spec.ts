import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import Batch from 'kafkajs/src/consumer/batch';
import encodeFetch from 'kafkajs/src/protocol/requests/fetch/v4/request';
import { decode } from 'kafkajs/src/protocol/requests/fetch/v4/response';
import { fetchRequest, readAnswer } from './fetch';
import { measureBatch, writeBatch } from './record-batch';

const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const record = fc.record({
  key: fc.option(anyText),
  value: fc.option(anyText),
  headers: fc.record({ 'content-type': anyText, sequence: fc.string({ maxLength: 20 }), id: fc.uuid() }, { requiredKeys: ['sequence'] }),
});

const headerBytes = 61;

/** Producers that write in transactions, some of which come to nothing; a gap now and then, as compaction leaves it. */
const step = fc.record({
  producer: fc.nat(2),
  records: fc.array(record, { minLength: 1, maxLength: 8 }),
  ends: fc.constantFrom('open' as const, 'commit' as const, 'abort' as const),
  gap: fc.nat(2),
  gzip: fc.boolean(),
});
type Given = typeof step extends fc.Arbitrary<infer S> ? S : never;
const steps = fc.array(step, { maxLength: 12 });

function batchOf(records: Parameters<typeof measureBatch>[0], producerId: bigint, first: number, gzip: boolean): Buffer {
  const measured = measureBatch(records);
  const plain = Buffer.alloc(measured.bytes);
  writeBatch(plain, 0, measured, { producerId, producerEpoch: 0, sequence: 0, timestamp: 1_298_000_000_789 });
  plain.writeBigInt64BE(BigInt(first), 0);
  if (!gzip) return plain;
  const batch = Buffer.concat([plain.subarray(0, headerBytes), gzipSync(plain.subarray(headerBytes))]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt16BE(batch.readInt16BE(21) | 1, 21);
  return batch;
}

function marker(producerId: bigint, at: number, kind: 'commit' | 'abort'): Buffer {
  const key = kind === 'abort' ? '\0\0\0\0' : '\0\0\0\u0001';
  const batch = batchOf([{ key, value: '\0\0\0\0\0\0', headers: {} }], producerId, at, false);
  batch.writeInt16BE(batch.readInt16BE(21) | 32, 21);
  return batch;
}

/** What a broker answers: its version 4, one topic with one partition. */
function answerOf(batches: Buffer, aborted: readonly { readonly producerId: bigint; readonly first: number }[], errorCode = 0): Buffer {
  const head = Buffer.alloc(4 + 4 + 2 + 5 + 4 + 4 + 2 + 8 + 8 + 4 + aborted.length * 16 + 4);
  let at = head.writeInt32BE(0, 0);
  at = head.writeInt32BE(1, at);
  at = head.writeInt16BE(5, at);
  at += head.write('facts', at);
  at = head.writeInt32BE(1, at);
  at = head.writeInt32BE(7, at);
  at = head.writeInt16BE(errorCode, at);
  at = head.writeBigInt64BE(1_000_000n, at);
  at = head.writeBigInt64BE(999_999n, at);
  at = head.writeInt32BE(aborted.length, at);
  for (const { producerId, first } of aborted) at = head.writeBigInt64BE(BigInt(first), head.writeBigInt64BE(producerId, at));
  head.writeInt32BE(batches.length, at);
  return Buffer.concat([head, batches]);
}

/** What stands in a partition, and what of it is committed: kafkajs overlooks all but one transaction that began before a question. */
function partitionOf(given: readonly Given[]) {
  const batches: {
    readonly bytes: Buffer;
    readonly first: number;
    readonly last: number;
    readonly records: Given['records'];
    aborted: boolean;
  }[] = [];
  const aborted: { readonly producerId: bigint; readonly first: number; readonly end: number }[] = [];
  const open = new Map<number, number>();
  let offset = 5;
  for (const { producer, records, ends, gap, gzip } of given) {
    const producerId = BigInt(producer);
    if (!open.has(producer)) open.set(producer, batches.length);
    const last = offset + records.length - 1;
    batches.push({ bytes: batchOf(records, producerId, offset, gzip), first: offset, last, records, aborted: false });
    offset = last + 1;
    if (ends !== 'open') {
      batches.push({ bytes: marker(producerId, offset, ends), first: offset, last: offset, records: [], aborted: false });
      const began = open.get(producer) ?? 0;
      open.delete(producer);
      if (ends === 'abort') {
        aborted.push({ producerId, first: batches[began]?.first ?? 0, end: offset });
        for (const batch of batches.slice(began)) batch.aborted ||= batch.bytes.readBigInt64BE(43) === producerId;
      }
      offset++;
    }
    offset += gap;
  }
  return { batches, aborted: aborted.sort((a, b) => a.first - b.first) };
}

it('reads the committed records, wherever the question began and the answer was cut', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(60), fc.nat(3), fc.nat(80), async (given, start, skipped, cut) => {
      const { batches, aborted } = partitionOf(given);
      // A broker begins with the batch that has the offset, and names the aborted transactions that end at or after it.
      const from = Math.max(0, batches.findIndex(({ last }) => last >= start) - skipped);
      const answered = batches.slice(from);
      const whole = Buffer.concat(answered.map(({ bytes }) => bytes));
      // The first batch comes whole.
      const sent = whole.subarray(0, Math.max(answered[0]?.bytes.length ?? 0, whole.length - cut));
      const [ours] = await readAnswer(
        answerOf(
          sent,
          aborted.filter(({ end }) => end >= start),
        ),
        new Map([[7, start]]),
      );
      let left = sent.length;
      const read = answered.filter(({ bytes }) => (left -= bytes.length) >= 0);
      expect(ours).toEqual({
        partition: 7,
        end: 999_999,
        next: Math.max(start, (read.at(-1)?.last ?? -1) + 1),
        records: read
          .filter((batch) => !batch.aborted)
          .flatMap(({ records, first }) =>
            records.map(({ key, value, headers }, nth) => ({
              offset: first + nth,
              sequence: headers.sequence,
              value: value ?? '',
              isFact: key !== null,
              id: headers.id ?? '',
            })),
          )
          .filter(({ offset }) => offset >= start),
      });
    }),
    { numRuns: 500 },
  );
});

it('reads of one transaction what kafkajs reads', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 30 }), fc.nat(40), fc.boolean(), async (records, start, gzip) => {
      const answer = answerOf(Buffer.concat([batchOf(records, 1n, 5, gzip), marker(1n, 5 + records.length, 'commit')]), []);
      const theirs = (await decode(answer)).responses[0]?.partitions[0];
      if (!theirs) throw new Error('kafkajs reads no partition');
      const [ours] = await readAnswer(answer, new Map([[7, start]]));
      expect(ours?.records).toEqual(
        new Batch('facts', String(start), theirs).messages.map(({ offset, key, value, headers }) => ({
          offset: Number(offset),
          sequence: headers['sequence']?.toString() ?? '',
          value: value?.toString() ?? '',
          isFact: key !== null,
          id: headers['id']?.toString() ?? '',
        })),
      );
    }),
    { numRuns: 200 },
  );
});

it('asks byte for byte as kafkajs does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(100), fc.nat(), fc.nat(1000), fc.nat(2 ** 20), async (partition, offset, waitMs, maxBytes) => {
      const { buffer } = await encodeFetch({
        replicaId: -1,
        maxWaitTime: waitMs,
        minBytes: 1,
        maxBytes: 50 * 2 ** 20,
        isolationLevel: 1,
        topics: [{ topic: 'facts', partitions: [{ partition, fetchOffset: offset, maxBytes }] }],
      }).encode();
      const ours = fetchRequest({ clientId: 'spec', topic: 'facts', from: new Map([[partition, offset]]), waitMs, maxBytes });
      expect(ours.readInt32BE(0)).toBe(ours.length - 4);
      expect(ours.subarray(4 + 2 + 2 + 4 + 2 + 4).equals(buffer)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

it('throws what a partition answers instead of records', async () => {
  await expect(readAnswer(answerOf(Buffer.alloc(0), [], 1), new Map([[7, 0]]))).rejects.toMatchObject({ type: 'OFFSET_OUT_OF_RANGE' });
});
