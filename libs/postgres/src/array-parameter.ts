/** How the elements of an array of one type go over the wire: PostgreSQL's binary format, as its `…recv` functions read it. */
type Element = {
  readonly oid: number;
  /** Bytes of a value; NO for one that JavaScript has otherwise than this type: it is left to PostgreSQL to convert or refuse. */
  readonly size: (value: unknown) => number;
  /** Writes it and answers how many bytes it took, or NO. */
  readonly write: (into: Buffer, value: never, at: number) => number;
};

const NO = -1;
const HEADER = 20;

const integer = (oid: number, bytes: number, most: number, write: (into: Buffer, value: number, at: number) => number): Element => ({
  oid,
  size: (value) => (Number.isSafeInteger(value) && (value as number) <= most && (value as number) >= -most - 1 ? bytes : NO),
  write: (into, value: number, at) => write(into, value, at) - at,
});

const ELEMENTS: Readonly<Record<string, Element>> = {
  boolean: {
    oid: 16,
    size: (value) => (typeof value === 'boolean' ? 1 : NO),
    write: (into, value: boolean, at) => into.writeInt8(Number(value), at) - at,
  },
  bigint: integer(20, 8, Number.MAX_SAFE_INTEGER, (into, value, at) => into.writeBigInt64BE(BigInt(value), at)),
  smallint: integer(21, 2, 2 ** 15 - 1, (into, value, at) => into.writeInt16BE(value, at)),
  integer: integer(23, 4, 2 ** 31 - 1, (into, value, at) => into.writeInt32BE(value, at)),
  text: {
    oid: 25,
    size: (value) => (typeof value === 'string' ? Buffer.byteLength(value) : NO),
    write: (into, value: string, at) => into.write(value, at),
  },
  uuid: { oid: 2950, size: (value) => (typeof value === 'string' && value.length === 36 ? 16 : NO), write: writeUuid },
};

/**
 * An array as a parameter of type `<type>[]`, ready to be sent. In binary where all values are of the type: as text, driver and server
 * quote and unquote every value, which for pages of rows costs more than storing them. Else the array as it is, for the driver: PostgreSQL
 * converts it, or refuses it in its own words.
 */
export function arrayParameter(type: string, values: readonly unknown[]): Buffer | readonly unknown[] {
  const element = ELEMENTS[type];
  if (!element) return values;
  const { oid, size, write } = element;
  let length = HEADER + 4 * values.length;
  let nulls = 0;
  for (const value of values) {
    const bytes = value === null ? 0 : size(value);
    if (bytes === NO) return values;
    length += bytes;
    if (value === null) nulls = 1;
  }
  const into = Buffer.allocUnsafe(length);
  // One dimension, whether there are nulls, the type of the elements, how many, and the index of the first.
  [1, nulls, oid, values.length, 1].forEach((field, index) => into.writeInt32BE(field, index * 4));
  let at = HEADER;
  for (const value of values) {
    // A null is a length of −1 and no bytes.
    const bytes = value === null ? 0 : write(into, value as never, at + 4);
    if (bytes === NO) return values;
    into.writeInt32BE(value === null ? -1 : bytes, at);
    at += 4 + bytes;
  }
  return into;
}

const NIBBLES = new Int8Array(128).fill(NO);
for (const [value, digit] of [...'0123456789abcdef'].entries())
  for (const written of [digit, digit.toUpperCase()]) NIBBLES[written.charCodeAt(0)] = value;

const nibble = (text: string, at: number): number => NIBBLES[text.charCodeAt(at)] ?? NO;

function writeUuid(into: Buffer, text: string, at: number): number {
  let from = 0;
  for (let byte = 0; byte < 16; byte++) {
    if (byte === 4 || byte === 6 || byte === 8 || byte === 10) if (text[from++] !== '-') return NO;
    const value = (nibble(text, from++) << 4) | nibble(text, from++);
    if (value < 0) return NO;
    into[at + byte] = value;
  }
  return 16;
}
