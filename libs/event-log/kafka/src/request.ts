import type { Broker, Connection } from 'kafkajs/src/cluster';

/** What a request asks for, in Kafka's numbers. */
export type Api = { readonly apiKey: number; readonly apiVersion: number; readonly apiName: string };

/** Where in a request the number stands that its answer repeats. */
const correlationAt = 8;

/** How many bytes a request takes before its own fields: its length and its header (version 1). */
export function headerSize(clientId: string): number {
  return 4 + 2 + 2 + 4 + textSize(clientId);
}

export function textSize(text: string): number {
  return 2 + Buffer.byteLength(text);
}

/** Writes length and header of a whole request, but for the number that its connection gives it; answers where its own fields begin. */
export function writeHeader(request: Buffer, { apiKey, apiVersion }: Api, clientId: string): number {
  let at = request.writeInt32BE(request.length - 4, 0);
  at = request.writeInt16BE(apiKey, at);
  at = request.writeInt16BE(apiVersion, at);
  at = request.writeInt32BE(0, at);
  return writeString(request, at, clientId);
}

export function writeString(target: Buffer, start: number, text: string): number {
  const at = target.writeInt16BE(Buffer.byteLength(text), start);
  return at + target.write(text, at);
}

/**
 * Sends a request over kafkajs' connection to a broker and waits for its answer, past its encoder and decoders: they allocate a buffer for
 * every field, and copy a request twice into buffers of twice its size.
 * @throws that the connection is gone, or that no answer came in time.
 */
export async function send({ connectionPool }: Broker, api: Api, request: Buffer, timeoutMs: number | null = null): Promise<Buffer> {
  const connection: Connection = await connectionPool.getConnection();
  await connection.authenticate();
  const correlationId = connection.nextCorrelationId();
  request.writeInt32BE(correlationId, correlationAt);
  const { payload } = await new Promise<{ readonly payload: Buffer }>((resolve, reject) => {
    connection.requestQueue.push({
      entry: { ...api, correlationId, resolve, reject },
      expectResponse: true,
      requestTimeout: timeoutMs,
      sendRequest: () => void connection.socket.write(request),
    });
  });
  return payload;
}
