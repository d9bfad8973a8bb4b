import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import Long from 'kafkajs/src/utils/long';
import Record from 'kafkajs/src/protocol/recordBatch/record/v0';
import { RecordBatch } from 'kafkajs/src/protocol/recordBatch/v0';
import { partitionOf } from './partition-of';
import { measureBatch, writeBatch } from './record-batch';

const anyText = fc.string({ unit: 'binary', maxLength: 300 });
const record = fc.record({
  key: fc.option(anyText),
  value: fc.option(anyText),
  headers: fc.dictionary(fc.string({ minLength: 1 }), anyText, { maxKeys: 3 }),
});

it('writes a batch byte for byte as kafkajs does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 150 }),
      fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      fc.nat(0x7fff),
      fc.nat(0x7fffffff),
      async (records, producerId, producerEpoch, sequence) => {
        const timestamp = 1_298_000_000_789;
        const theirs = await RecordBatch({
          records: records.map((each, offsetDelta) => Record({ ...each, offsetDelta, timestampDelta: 0 })),
          firstTimestamp: timestamp,
          maxTimestamp: timestamp,
          producerId: Long.fromValue(String(producerId)),
          producerEpoch,
          firstSequence: sequence,
          transactional: true,
          lastOffsetDelta: records.length - 1,
        });
        const measured = measureBatch(records);
        const ours = Buffer.alloc(measured.bytes + 20, 7);
        writeBatch(ours, 10, measured, { producerId, producerEpoch, sequence, timestamp });
        expect(ours.equals(Buffer.concat([Buffer.alloc(10, 7), theirs.buffer, Buffer.alloc(10, 7)]))).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});

it('chooses the partition that Java’s and kafkajs’ clients choose', () => {
  const theirs = Partitioners.DefaultPartitioner();
  fc.assert(
    fc.property(fc.oneof(anyText, fc.uuid()), fc.integer({ min: 1, max: 200 }), (key, count) => {
      const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
        partitionId,
        partitionErrorCode: 0,
        leader: 1,
        replicas: [],
        isr: [],
      }));
      const expected = theirs({ topic: 'any', partitionMetadata, message: { key, value: '' } });
      expect(partitionOf(Buffer.from(key), count)).toBe(expected);
    }),
  );
});
