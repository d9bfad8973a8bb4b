import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { refusal, type Refusal } from '@tsunagari/contracts';

const gunzipAsync = promisify(gunzip);

export type BodyOutcome =
  | { readonly kind: 'json'; readonly value: Record<string, unknown> }
  | { readonly kind: 'refused'; readonly status: 400 | 413 | 415; readonly refusal: Refusal };

/**
 * The JSON object of a request, whatever its content type says (browsers send `text/plain`). Never holds more than `limit` bytes, packed
 * or unpacked: a gzip bomb stops there.
 */
export async function readBody(body: Buffer | AsyncIterable<Buffer>, encoding: string | undefined, limit: number): Promise<BodyOutcome> {
  const packed = await collect(body, limit);
  if (packed === null) return tooLarge(limit);
  const unpacked = await unpack(packed, (encoding ?? 'identity').trim().toLowerCase(), limit);
  if (!Buffer.isBuffer(unpacked)) return unpacked;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(unpacked));
  } catch {
    return refused(400, 'MALFORMED', 'the body is JSON in UTF-8', 'Send a JSON object.');
  }
  if (!isRecord(value)) return refused(400, 'MALFORMED', 'the body is a JSON object', 'Send one event, or {"batch": [...]}.');
  return { kind: 'json', value };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Levels of nesting, counted without recursion: a body of brackets must not cost us the stack. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}

async function collect(body: Buffer | AsyncIterable<Buffer>, limit: number): Promise<Buffer | null> {
  if (Buffer.isBuffer(body)) return body.length > limit ? null : body;
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > limit) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function unpack(packed: Buffer, encoding: string, limit: number): Promise<Buffer | Extract<BodyOutcome, { kind: 'refused' }>> {
  if (encoding === 'identity' || encoding === '') return packed;
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    return refused(415, 'MALFORMED', 'Content-Encoding is gzip or absent', 'Send gzip, or no encoding.');
  try {
    return await gunzipAsync(packed, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(limit);
    return refused(400, 'MALFORMED', 'a body with Content-Encoding: gzip is gzip', 'Send gzip, or no encoding.');
  }
}

function tooLarge(limit: number) {
  return refused(413, 'OVERSIZE', `a request is at most ${limit} bytes, unpacked`, 'Send smaller batches.');
}

function refused(status: 400 | 413 | 415, code: 'MALFORMED' | 'OVERSIZE', rule: string, remedy: string) {
  return { kind: 'refused' as const, status, refusal: refusal(code, null, rule, remedy) };
}
