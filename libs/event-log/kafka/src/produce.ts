import type { Broker, Connection } from 'kafkajs/src/cluster';
import * as produceResponse from 'kafkajs/src/protocol/requests/produce/v7/response';
import type { MeasuredBatch } from './record-batch';

const api = { apiKey: 0, apiVersion: 7, apiName: 'Produce' } as const;
const allReplicas = -1;
const answerWithinMs = 30_000;
/** Where in a request the number stands that its answer repeats. */
const correlationAt = 8;

export type ProducedBy = { readonly clientId: string; readonly transactionalId: string; readonly topic: string };

/** A whole Produce request (version 7) of one topic in one buffer, but for the number that its connection gives it. */
export function produceRequest(
  { clientId, transactionalId, topic }: ProducedBy,
  batches: readonly { readonly partition: number; readonly batch: MeasuredBatch }[],
  write: (target: Buffer, at: number, partition: number, batch: MeasuredBatch) => void,
): Buffer {
  const texts = [clientId, transactionalId, topic].reduce((sum, text) => sum + 2 + Buffer.byteLength(text), 0);
  const fixed = 4 + 2 + 2 + 4 + 2 + 4 + 4 + 4;
  const request = Buffer.allocUnsafe(fixed + texts + batches.reduce((sum, { batch }) => sum + 8 + batch.bytes, 0));
  let at = request.writeInt32BE(request.length - 4, 0);
  at = request.writeInt16BE(api.apiKey, at);
  at = request.writeInt16BE(api.apiVersion, at);
  at = request.writeInt32BE(0, at);
  at = writeString(request, at, clientId);
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

/**
 * Sends a request over kafkajs' connection to a broker and waits for its answer. Past its encoder, which copies a request twice into
 * buffers of twice its size: at some megabytes a request the collector would do little else.
 * @throws what the broker answers, or that the connection is gone.
 */
export async function produce({ connectionPool }: Broker, request: Buffer): Promise<void> {
  const connection: Connection = await connectionPool.getConnection();
  await connection.authenticate();
  const correlationId = connection.nextCorrelationId();
  request.writeInt32BE(correlationId, correlationAt);
  const { payload } = await new Promise<{ readonly payload: Buffer }>((resolve, reject) => {
    connection.requestQueue.push({
      entry: { ...api, correlationId, resolve, reject },
      expectResponse: true,
      requestTimeout: null,
      sendRequest: () => void connection.socket.write(request),
    });
  });
  await produceResponse.parse(await produceResponse.decode(payload));
}

function writeString(target: Buffer, start: number, text: string): number {
  const at = target.writeInt16BE(Buffer.byteLength(text), start);
  return at + target.write(text, at);
}
