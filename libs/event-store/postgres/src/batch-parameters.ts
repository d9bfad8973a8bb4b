import { ARRAY_HEAD_BYTES, BinaryArrays, LENGTH_BYTES, oid, UUID_BYTES } from '@tsunagari/postgres';
import type { EncodedAppend, EncodedFact } from './encode';

const keptBytes = 8_000_000;
const utf8BytesPerUnit = 3;

/**
 * The parameters of append_events after the clock, each array in PostgreSQL's binary form. As text, every JSON document would be
 * escaped once more here and unescaped there: that took as long as all else. The memory is used again for the next batch, so
 * what was given is good only until then.
 */
export class BatchParameters {
  private memory = Buffer.alloc(0);

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
    const arrays = new BinaryArrays(this.memory);
    return [
      arrays.array(oid.text, appends, ({ stream }) => arrays.text(stream)),
      arrays.array(oid.int8, appends, ({ expected }) => arrays.int8(BigInt(expected))),
      arrays.array(oid.int4, appends, (append) => arrays.int4(append.facts.length)),
      arrays.array(oid.int4, command, (number) => arrays.int4(number)),
      arrays.array(oid.int4, nth, (number) => arrays.int4(number)),
      arrays.array(oid.uuid, facts, ({ id }) => arrays.uuid(id)),
      arrays.array(oid.bytea, facts, ({ digest }) => arrays.hex(digest)),
      arrays.array(oid.text, facts, ({ type }) => arrays.text(type)),
      arrays.array(oid.int2, facts, ({ schema }) => arrays.int2(schema)),
      arrays.array(oid.uuid, facts, ({ subject }) => (subject === null ? arrays.nothing() : arrays.uuid(subject))),
      arrays.array(oid.json, facts, ({ data }) => arrays.text(data)),
      arrays.array(oid.json, facts, ({ meta }) => arrays.text(meta)),
      arrays.array(oid.timestamptz, facts, ({ occurred }) => arrays.int8(occurred)),
    ];
  }

  /** Room for the longest form of everything, so that nothing has to be measured before it is written. */
  private reserve(appends: readonly EncodedAppend[], facts: readonly EncodedFact[]): void {
    let bytes = 13 * ARRAY_HEAD_BYTES;
    for (const { stream } of appends) bytes += 7 * LENGTH_BYTES + 8 + 4 + stream.length * utf8BytesPerUnit;
    for (const { digest, type, data, meta } of facts)
      bytes += 12 * LENGTH_BYTES + 2 * UUID_BYTES + 18 + digest.length + (type.length + data.length + meta.length) * utf8BytesPerUnit;
    if (this.memory.length < bytes || this.memory.length > keptBytes) this.memory = Buffer.allocUnsafeSlow(Math.max(bytes, 4_096));
  }
}
