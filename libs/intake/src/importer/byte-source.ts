import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { refusal, type Refusal } from '@tsunagari/contracts';

/** Where the bytes come from: a file or any stream, gzip or plain; the first bytes decide, never the name. */
export type ImportInput = { readonly path: string } | { readonly stream: AsyncIterable<Buffer> };

export type ByteSource = {
  /** Size of the file as it lies there, null when nobody knows. */
  readonly totalBytes: number | null;
  /** Bytes read so far, before decompression. */
  readonly bytesRead: () => number;
  /** SHA-256 of the bytes read so far, hex. Once only, at the end. */
  readonly contentHash: () => string;
  /** The unpacked text, in pieces. */
  readonly text: AsyncIterable<string>;
};

/** Opens an input. A path that leads to no readable file is refused. */
export async function openBytes(input: ImportInput): Promise<ByteSource | Refusal> {
  let totalBytes: number | null = null;
  let bytes: AsyncIterable<Buffer>;
  if ('path' in input) {
    const found = await stat(input.path).catch((error: unknown) => refusalOfBytes(error) ?? notReadable('unknown error'));
    if ('code' in found) return found;
    if (!found.isFile()) return refusal('INVALID_FIELD', 'path', 'the path of a file, not of a folder or device', 'Check the path.');
    totalBytes = found.size;
    bytes = createReadStream(input.path, { highWaterMark: 64 * 1024 });
  } else bytes = input.stream;

  const hash = createHash('sha256');
  let read = 0;
  async function* tapped(): AsyncGenerator<Buffer> {
    for await (const piece of bytes) {
      hash.update(piece);
      read += piece.length;
      yield piece;
    }
  }
  return { totalBytes, bytesRead: () => read, contentHash: () => hash.digest('hex'), text: textOf(tapped()) };
}

/** What went wrong with the bytes, as a refusal; null when it is none of the input's own faults. */
export function refusalOfBytes(error: unknown): Refusal | null {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? '';
  if (code === 'Z_BUF_ERROR') return refusal('MALFORMED', null, 'a gzip file is whole; this one ends too early', 'Fetch the file again.');
  if (code.startsWith('Z_')) return refusal('MALFORMED', null, 'a gzip file is intact; this one is damaged', 'Fetch the file again.');
  if (['EACCES', 'EISDIR', 'EIO', 'ELOOP', 'ENAMETOOLONG', 'ENOENT', 'ENOTDIR', 'EPERM'].includes(code)) return notReadable(code);
  return null;
}

function notReadable(code: string): Refusal {
  return refusal('INVALID_FIELD', 'path', `the path of a readable file (${code})`, 'Check the path.');
}

async function* textOf(bytes: AsyncGenerator<Buffer>): AsyncGenerator<string> {
  // A TextDecoder also drops a byte order mark. Bytes that are no UTF-8 become U+FFFD, which the importer refuses line by line.
  const decoder = new TextDecoder('utf-8');
  for await (const piece of await unpacked(bytes)) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}

async function unpacked(bytes: AsyncGenerator<Buffer>): Promise<AsyncIterable<Buffer>> {
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await bytes.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    yield* bytes;
  }
  if (head[0] !== 0x1f || head[1] !== 0x8b) return all();
  const gunzip = createGunzip({ chunkSize: 128 * 1024 });
  // The reader of `gunzip` gets the error; the callback is there so that nobody else does.
  pipeline(Readable.from(all()), gunzip, () => undefined);
  return gunzip;
}
