import { lookupCodecByAttributes } from 'kafkajs/src/protocol/message/compression';

/** What is read of a record. */
export type Record = {
  readonly offset: number;
  readonly sequence: string;
  /** Empty where it has none: a tombstone. */
  readonly value: string;
  /** It has a key: it is no watermark. */
  readonly isFact: boolean;
  /** Of a state; other records carry theirs in the value. */
  readonly id: string;
};

/** A transaction that came to nothing: what its producer wrote from an offset on, until the marker of its end. */
export type Aborted = { readonly producerId: bigint; readonly first: number };

const headerBytes = 61;
/** Length and offset, which the length does not count. */
const beforeLength = 12;
const currentMagic = 2;
const transactional = 16;
const control = 32;
const abortMarker = 0;

/**
 * The committed records at or after an offset, of batches in Kafka's format 2 (KIP-98) as a Fetch request is answered: the last batch may be
 * cut off, and the first may begin before the offset. What kafkajs decodes, without an object and a buffer for every field of what is not
 * wanted; `next` is the offset after the last whole batch.
 * @throws where a batch is of an older format, or compressed by what kafkajs was not taught.
 */
export async function readBatches(
  bytes: Buffer,
  start: number,
  aborted: readonly Aborted[],
): Promise<{ readonly records: readonly Record[]; readonly next: number }> {
  const records: Record[] = [];
  const begun = aborted.toSorted((a, b) => a.first - b.first);
  const gone = new Set<bigint>();
  let next = start;
  for (let at = 0; at + headerBytes <= bytes.length;) {
    const size = beforeLength + bytes.readInt32BE(at + 8);
    if (at + size > bytes.length) break;
    const batch = bytes.subarray(at, at + size);
    at += size;
    const magic = batch.readInt8(16);
    if (magic !== currentMagic)
      throw new Error(`a batch of Kafka's format ${magic} cannot be read: 2 is the first that knows transactions`);
    const first = Number(batch.readBigInt64BE(0));
    const last = first + batch.readInt32BE(23);
    const attributes = batch.readInt16BE(21);
    const producerId = batch.readBigInt64BE(43);
    for (let each = begun[0]; each !== undefined && each.first <= last; each = begun[0]) {
      gone.add(each.producerId);
      begun.shift();
    }
    next = Math.max(next, last + 1);
    const isControl = (attributes & control) !== 0;
    if (isControl && isAbort(batch)) gone.delete(producerId);
    if (isControl || last < start || ((attributes & transactional) !== 0 && gone.has(producerId))) continue;
    const codec = lookupCodecByAttributes(attributes);
    const body = batch.subarray(headerBytes);
    readRecords(codec ? await codec.decompress(body) : body, batch.readInt32BE(57), first, start, records);
  }
  return { records, next };
}

/** Length, attributes, time, offset, and a key of four bytes: its version, and what it marks. */
function isAbort(batch: Buffer): boolean {
  const reader = new Reader(batch, headerBytes);
  reader.varInt();
  reader.at++;
  reader.skipVarInt();
  reader.skipVarInt();
  return reader.varInt() === 4 && batch.readInt16BE(reader.at + 2) === abortMarker;
}

function readRecords(body: Buffer, count: number, first: number, start: number, into: Record[]): void {
  const reader = new Reader(body, 0);
  for (let nth = 0; nth < count; nth++) {
    const size = reader.varInt();
    const end = reader.at + size;
    reader.at++;
    reader.skipVarInt();
    const offset = first + reader.varInt();
    if (offset >= start) into.push(readRecord(reader, offset));
    reader.at = end;
  }
}

function readRecord(reader: Reader, offset: number): Record {
  const key = reader.varInt();
  if (key > 0) reader.at += key;
  const value = reader.text();
  let [sequence, id] = ['', ''];
  for (let headers = reader.varInt(); headers > 0; headers--) {
    const name = reader.text();
    if (name === 'sequence') sequence = reader.text();
    else if (name === 'id') id = reader.text();
    else {
      const bytes = reader.varInt();
      if (bytes > 0) reader.at += bytes;
    }
  }
  return { offset, sequence, value, isFact: key >= 0, id };
}

/** Goes through bytes that say their own lengths, zigzag: a sign in the lowest bit, seven bits a byte. */
class Reader {
  constructor(
    private readonly bytes: Buffer,
    public at: number,
  ) {}

  varInt(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
  }

  /** Of any length: the time of a record has more bits than are wanted here. */
  skipVarInt(): void {
    while ((this.bytes[this.at++] ?? 0) >= 0x80);
  }

  /** Empty where there is none. */
  text(): string {
    const size = this.varInt();
    if (size <= 0) return '';
    const text = this.bytes.toString('utf8', this.at, this.at + size);
    this.at += size;
    return text;
  }
}
