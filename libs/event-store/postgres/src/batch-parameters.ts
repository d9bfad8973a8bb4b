import type { EncodedAppend, EncodedFact } from './encode';

/** Object ids of PostgreSQL's own types: the same in every server. */
const oid = { bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, json: 114, timestamptz: 1184, uuid: 2950 } as const;

/** An array's header: dimensions, flags, type of the elements, how many, first index. */
const headBytes = 20;
const lengthBytes = 4;
const uuidBytes = 16;
const keptBytes = 8_000_000;
const utf8BytesPerUnit = 3;
const shortText = 100;

/** Value of a hexadecimal digit by its character code. */
const digits = Uint8Array.from({ length: 128 }, (_, code) => Number.parseInt(String.fromCharCode(code), 16) || 0);

/**
 * The parameters of append_events after the clock, each array in PostgreSQL's binary form. As text, every JSON document would be
 * escaped once more here and unescaped there: that took as long as all else. The memory is used again for the next batch, so
 * what was given is good only until then.
 */
export class BatchParameters {
  private memory = Buffer.alloc(0);
  private at = 0;

  of(appends: readonly EncodedAppend[]): Buffer[] {
    const command: number[] = [];
    const nth: number[] = [];
    const facts: EncodedFact[] = [];
    for (const [index, append] of appends.entries())
      for (const [place, fact] of append.facts.entries()) {
        command.push(index + 1);
        nth.push(place + 1);
        facts.push(fact);
      }
    this.reserve(appends, facts);
    return [
      this.array(oid.text, appends, ({ stream }) => this.text(stream)),
      this.array(oid.int8, appends, ({ expected }) => this.int8(BigInt(expected))),
      this.array(oid.int4, appends, (append) => this.int4(append.facts.length)),
      this.array(oid.int4, command, (number) => this.int4(number)),
      this.array(oid.int4, nth, (number) => this.int4(number)),
      this.array(oid.uuid, facts, ({ id }) => this.uuid(id)),
      this.array(oid.bytea, facts, ({ digest }) => this.hex(digest)),
      this.array(oid.text, facts, ({ type }) => this.text(type)),
      this.array(oid.int2, facts, ({ schema }) => this.int2(schema)),
      this.array(oid.uuid, facts, ({ subject }) => (subject === null ? this.nothing() : this.uuid(subject))),
      this.array(oid.json, facts, ({ data }) => this.text(data)),
      this.array(oid.json, facts, ({ meta }) => this.text(meta)),
      this.array(oid.timestamptz, facts, ({ occurred }) => this.int8(occurred)),
    ];
  }

  /** Room for the longest form of everything, so that nothing has to be measured before it is written. */
  private reserve(appends: readonly EncodedAppend[], facts: readonly EncodedFact[]): void {
    let bytes = 13 * headBytes;
    for (const { stream } of appends) bytes += 7 * lengthBytes + 8 + 4 + stream.length * utf8BytesPerUnit;
    for (const { digest, type, data, meta } of facts)
      bytes += 12 * lengthBytes + 2 * uuidBytes + 18 + digest.length + (type.length + data.length + meta.length) * utf8BytesPerUnit;
    if (this.memory.length < bytes || this.memory.length > keptBytes) this.memory = Buffer.allocUnsafeSlow(Math.max(bytes, 4_096));
    this.at = 0;
  }

  private array<T>(element: number, values: readonly T[], write: (value: T) => void): Buffer {
    const from = this.at;
    this.raw4(1);
    this.raw4(element === oid.uuid ? 1 : 0);
    this.raw4(element);
    this.raw4(values.length);
    this.raw4(1);
    for (const value of values) write(value);
    return this.memory.subarray(from, this.at);
  }

  private text(text: string): void {
    const from = this.at + lengthBytes;
    const written = text.length <= shortText ? this.ascii(text, from) : -1;
    const bytes = written >= 0 ? written : this.memory.write(text, from, 'utf8');
    this.raw4(bytes);
    this.at += bytes;
  }

  /** For short texts a loop is faster than the way to the native encoder. -1 where a character is not ASCII. */
  private ascii(text: string, from: number): number {
    for (let place = 0; place < text.length; place++) {
      const code = text.charCodeAt(place);
      if (code > 127) return -1;
      this.memory[from + place] = code;
    }
    return text.length;
  }

  private hex(text: string): void {
    const bytes = text.length >> 1;
    this.raw4(bytes);
    for (let place = 0; place < bytes; place++) this.memory[this.at++] = this.byteAt(text, 2 * place);
  }

  private uuid(text: string): void {
    this.raw4(uuidBytes);
    for (let place = 0; place < text.length; place += 2) {
      if (text.charCodeAt(place) === hyphen) place++;
      this.memory[this.at++] = this.byteAt(text, place);
    }
  }

  private byteAt(text: string, place: number): number {
    return ((digits[text.charCodeAt(place)] ?? 0) << 4) | (digits[text.charCodeAt(place + 1)] ?? 0);
  }

  private nothing(): void {
    this.raw4(-1);
  }

  private int2(value: number): void {
    this.raw4(2);
    this.memory[this.at++] = value >> 8;
    this.memory[this.at++] = value;
  }

  private int4(value: number): void {
    this.raw4(4);
    this.raw4(value);
  }

  private int8(value: bigint): void {
    this.raw4(8);
    this.at = this.memory.writeBigInt64BE(value, this.at);
  }

  private raw4(value: number): void {
    this.memory[this.at] = value >> 24;
    this.memory[this.at + 1] = value >> 16;
    this.memory[this.at + 2] = value >> 8;
    this.memory[this.at + 3] = value;
    this.at += 4;
  }
}

const hyphen = 0x2d;
