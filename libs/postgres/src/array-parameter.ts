import { ARRAY_HEAD_BYTES, BinaryArrays, LENGTH_BYTES, oid, UUID_BYTES, UUID_CHARACTERS } from './binary-arrays';

type Element = {
  readonly oid: number;
  /** Bytes of a value; NO for one that JavaScript has otherwise than this type. */
  readonly size: (value: unknown) => number;
  /** Answers false for a value that is none of this type after all. */
  readonly write: (arrays: BinaryArrays, value: never) => unknown;
};

const NO = -1;

const sizeOfInteger =
  (bytes: number, most: number): Element['size'] =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) <= most && (value as number) >= -most - 1 ? bytes : NO;

const ELEMENTS: Readonly<Record<string, Element>> = {
  boolean: { oid: oid.bool, size: (value) => (typeof value === 'boolean' ? 1 : NO), write: (arrays, value: boolean) => arrays.bool(value) },
  smallint: { oid: oid.int2, size: sizeOfInteger(2, 2 ** 15 - 1), write: (arrays, value: number) => arrays.int2(value) },
  integer: { oid: oid.int4, size: sizeOfInteger(4, 2 ** 31 - 1), write: (arrays, value: number) => arrays.int4(value) },
  bigint: { oid: oid.int8, size: sizeOfInteger(8, Number.MAX_SAFE_INTEGER), write: (arrays, value: number) => arrays.int8(value) },
  text: {
    oid: oid.text,
    size: (value) => (typeof value === 'string' ? Buffer.byteLength(value) : NO),
    write: (arrays, value: string) => arrays.text(value),
  },
  uuid: {
    oid: oid.uuid,
    size: (value) => (typeof value === 'string' && value.length === UUID_CHARACTERS ? UUID_BYTES : NO),
    write: (arrays, value: string) => arrays.uuid(value),
  },
};

/**
 * An array as a parameter of type `<type>[]`, ready to be sent. In binary where all values are of the type: as text, driver and server
 * quote and unquote every value, which for pages of rows costs more than storing them. Else the array as it is, for the driver: PostgreSQL
 * converts it, or refuses it in its own words.
 */
export function arrayParameter(type: string, values: readonly unknown[]): Buffer | readonly unknown[] {
  const element = ELEMENTS[type];
  if (!element) return values;
  let bytes = ARRAY_HEAD_BYTES + LENGTH_BYTES * values.length;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    const size = value === null ? 0 : element.size(value);
    if (size === NO) return values;
    bytes += size;
  }
  const arrays = new BinaryArrays(Buffer.allocUnsafe(bytes));
  let fits = true;
  const sent = arrays.array(element.oid, values, (value) => {
    if (value === null) arrays.nothing();
    else if (element.write(arrays, value as never) === false) fits = false;
  });
  return fits ? sent : values;
}
