import type { Fact } from '@tsunagari/contracts';
import { toCloudEvent } from '@tsunagari/contracts';
import fc from 'fast-check';
import { factRecord, readFact, readUnparsed, readWatermark, watermarkRecord } from './fact-records';

const optional = <T>(name: string, value: fc.Arbitrary<T>): fc.Arbitrary<object> =>
  fc.option(value).map((given) => (given === null ? {} : { [name]: given }));
const anyText = fc.string({ unit: 'binary' });
const fact: fc.Arbitrary<Fact> = fc
  .record({
    id: fc.uuid(),
    type: fc.constantFrom('retention.subscriptions.order-placed', 'retention.test.a"b'),
    schema: fc.integer({ min: 1, max: 9 }),
    subject: fc.option(fc.uuid()),
    // As an own member of an own name it must not be taken for the envelope's.
    data: fc.oneof(fc.jsonValue(), fc.record({ stream: anyText, data: fc.dictionary(anyText, anyText), 'a,"stream":': anyText })),
    occurred: fc.constant('2011-02-03T04:05:06.789Z'),
    recorded: fc.constant('2011-02-04T04:05:06.789Z'),
    position: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String),
    stream: anyText,
    version: fc.integer({ min: 1, max: 9_999 }),
    required: fc.record({ actor: anyText, source: anyText, correlationId: anyText }),
    given: fc.tuple(
      ...['causationId', 'traceparent', 'sentAt', 'receivedAt', 'originalTimestamp', 'command'].map((name) => optional(name, anyText)),
      optional('imported', fc.constant(true as const)),
    ),
  })
  .map(({ required, given, ...rest }) => ({ ...rest, meta: Object.assign({ ...required }, ...given) as Fact['meta'] }));

it('writes the envelope letter by letter as its object would be written, and reads the same fact back', () => {
  fc.assert(
    fc.property(fact, (given) => {
      const { data, ...rest } = given;
      const unparsed = { ...rest, json: JSON.stringify(data) };
      const { key, value, headers } = factRecord(unparsed);
      const { partitionkey, sequence, ...envelope } = toCloudEvent(given);
      expect(JSON.parse(value)).toMatchObject(
        JSON.parse(JSON.stringify({ ...envelope, partitionkey, sequence, stream: given.stream })) as object,
      );
      expect(JSON.stringify(JSON.parse(value))).toBe(value);
      expect([key, headers]).toEqual([partitionkey, { 'content-type': 'application/cloudevents+json', sequence }]);
      expect(readFact(value)).toEqual(JSON.parse(JSON.stringify(given)));
      expect(readUnparsed(value)).toEqual(unparsed);
    }),
  );
});

it('a watermark says where it begins and which fact it ends with', () => {
  const tail = { position: '9223372036854775807', id: 'b3b0c1de-33a9-4b4f-9d5e-0a5a0f6f3b7a', previous: '9007199254740993' };
  expect(readWatermark(watermarkRecord('9007199254740992', tail).value)).toEqual({ after: '00009007199254740992', tail });
});
