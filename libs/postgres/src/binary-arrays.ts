/** Object ids of PostgreSQL's own types: the same in every server. */
export const oid = { bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, json: 114, timestamptz: 1184, uuid: 2950 } as const;

/** An array's header: dimensions, flags, type of the elements, how many, first index. */
export const ARRAY_HEAD_BYTES = 20;
/** Before every value, its length. */
export const LENGTH_BYTES = 4;
export const UUID_BYTES = 16;
export const UUID_CHARACTERS = 36;
const SHORT_TEXT = 100;
const HYPHEN = 0x2d;

/** Of a character that is no hexadecimal digit: more than any byte of two of them. */
const NO_DIGIT = 0x1000;
/** Value of a hexadecimal digit by its character code. */
const digits = Uint16Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? NO_DIGIT : digit;
});

/**
 * Writes arrays in PostgreSQL's binary form, as its `…recv` functions read it, one behind the other into memory that the caller has seen
 * to be large enough. But for UUIDs nothing is checked: a value that is not what its method takes is written wrong.
 */
export class BinaryArrays {
  private at = 0;

  constructor(private readonly memory: Buffer) {}

  /** The array, as a part of the memory. `write` writes one value by one of the methods below. */
  array<T>(element: number, values: readonly T[], write: (value: T) => void): Buffer {
    const from = this.at;
    this.raw4(1);
    // There may be nulls.
    this.raw4(1);
    this.raw4(element);
    this.raw4(values.length);
    this.raw4(1);
    // By index: an iterator's results would be much of the garbage here.
    for (let index = 0; index < values.length; index++) write(values[index] as T);
    return this.memory.subarray(from, this.at);
  }

  text(text: string): void {
    const from = this.at + LENGTH_BYTES;
    const written = text.length <= SHORT_TEXT ? this.ascii(text, from) : -1;
    const bytes = written >= 0 ? written : this.memory.write(text, from, 'utf8');
    this.raw4(bytes);
    this.at += bytes;
  }

  /** Bytes, given as hexadecimal text. */
  hex(text: string): void {
    const bytes = text.length >> 1;
    this.raw4(bytes);
    for (let place = 0; place < bytes; place++) this.memory[this.at++] = this.byteAt(text, 2 * place);
  }

  /** Of 36 characters. False where they are no UUID: what was written instead is nothing to send. */
  uuid(text: string): boolean {
    this.raw4(UUID_BYTES);
    let seen = 0;
    for (let place = 0; place < UUID_CHARACTERS; place += 2) {
      if (place === 8 || place === 13 || place === 18 || place === 23) {
        if (text.charCodeAt(place) !== HYPHEN) seen = NO_DIGIT;
        place++;
      }
      const byte = this.byteAt(text, place);
      seen |= byte;
      this.memory[this.at++] = byte;
    }
    return seen < NO_DIGIT;
  }

  bool(value: boolean): void {
    this.raw4(1);
    this.memory[this.at++] = value ? 1 : 0;
  }

  int2(value: number): void {
    this.raw4(2);
    this.memory[this.at++] = value >> 8;
    this.memory[this.at++] = value;
  }

  int4(value: number): void {
    this.raw4(4);
    this.raw4(value);
  }

  /** A safe integer. Also a moment, in microseconds since 2000. */
  int8(value: number | bigint): void {
    this.raw4(8);
    if (typeof value === 'bigint') {
      this.at = this.memory.writeBigInt64BE(value, this.at);
      return;
    }
    this.raw4(Math.floor(value / 2 ** 32));
    this.raw4(value);
  }

  nothing(): void {
    this.raw4(-1);
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

  private byteAt(text: string, place: number): number {
    return ((digits[text.charCodeAt(place)] ?? NO_DIGIT) << 4) | (digits[text.charCodeAt(place + 1)] ?? NO_DIGIT);
  }

  private raw4(value: number): void {
    this.memory[this.at] = value >> 24;
    this.memory[this.at + 1] = value >> 16;
    this.memory[this.at + 2] = value >> 8;
    this.memory[this.at + 3] = value;
    this.at += 4;
  }
}
