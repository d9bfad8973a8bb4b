import type { Broker } from 'kafkajs/src/cluster';
import * as produceResponse from 'kafkajs/src/protocol/requests/produce/v7/response';
import type { MeasuredBatch } from './record-batch';
import { headerSize, send, textSize, writeHeader, writeString } from './request';

const api = { apiKey: 0, apiVersion: 7, apiName: 'Produce' } as const;
const allReplicas = -1;
const answerWithinMs = 30_000;

export type ProducedBy = { readonly clientId: string; readonly transactionalId: string; readonly topic: string };

/** A whole Produce request (version 7) of one topic in one buffer. */
export function produceRequest(
  { clientId, transactionalId, topic }: ProducedBy,
  batches: readonly { readonly partition: number; readonly batch: MeasuredBatch }[],
  write: (target: Buffer, at: number, partition: number, batch: MeasuredBatch) => void,
): Buffer {
  const fixed = 2 + 4 + 4 + 4;
  const request = Buffer.allocUnsafe(
    headerSize(clientId) +
      textSize(transactionalId) +
      textSize(topic) +
      fixed +
      batches.reduce((sum, { batch }) => sum + 8 + batch.bytes, 0),
  );
  let at = writeHeader(request, api, clientId);
  at = writeString(request, at, transactionalId);
  at = request.writeInt16BE(allReplicas, at);
  at = request.writeInt32BE(answerWithinMs, at);
  at = request.writeInt32BE(1, at);
  at = writeString(request, at, topic);
  at = request.writeInt32BE(batches.length, at);
  for (const { partition, batch } of batches) {
    at = request.writeInt32BE(partition, at);
    at = request.writeInt32BE(batch.bytes, at);
    write(request, at, partition, batch);
    at += batch.bytes;
  }
  return request;
}

/** @throws what the broker answers, or that the connection is gone. */
export async function produce(broker: Broker, request: Buffer): Promise<void> {
  await produceResponse.parse(await produceResponse.decode(await send(broker, api, request)));
}
