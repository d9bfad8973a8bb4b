import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020';
import fc from 'fast-check';
import { z } from 'zod';
import {
  CannotSay,
  comparePositions,
  defineFact,
  FactRegistry,
  facts,
  isPosition,
  signals,
  storedSchema,
  STREAM_CATEGORIES,
  streamName,
  toCloudEvent,
  toSequence,
} from './index';
import { contractSchemas } from './json-schema';

describe('the registry of facts', () => {
  it.each(facts.all().map((definition) => [definition.name, definition] as const))(
    '%s: every example of every version decodes [1.14]',
    (_, definition) => {
      expect(definition.examples).toHaveLength(definition.version);
      definition.examples.forEach((example, index) => {
        const decoded = facts.decode({ type: definition.type, schema: index + 1, data: example });
        expect(decoded.kind).toBe('decoded');
        if (decoded.kind === 'decoded') expect(definition.data.safeParse(decoded.data).error).toBeUndefined();
      });
    },
  );

  it.each(facts.all().map((definition) => [definition.name, definition] as const))('%s refuses an unknown field', (_, definition) => {
    const result = definition.data.safeParse({ ...(definition.examples.at(-1) as object), surprise: 1 });
    expect(result.error?.issues[0]?.code).toBe('unrecognized_keys');
  });

  it('says what it does not know, instead of guessing', () => {
    expect(facts.decode({ type: 'retention.value.never-heard-of', schema: 1, data: {} })).toEqual({ kind: 'unknown-type' });
    expect(facts.decode({ type: 'retention.subscriptions.order-placed', schema: 9, data: {} })).toEqual({
      kind: 'newer-version',
      known: 1,
    });
  });

  const measured = defineFact({
    name: 'SomethingMeasured',
    context: 'value',
    version: 3,
    data: z.strictObject({ millimetres: z.int(), by: z.string() }),
    examples: [{ centimetres: 1 }, { millimetres: 10 }, { millimetres: 10, by: 'hand' }],
    upcast: { 1: ({ centimetres }) => ({ millimetres: Number(centimetres) * 10 }), 2: (data) => ({ ...data, by: 'unknown' }) },
    downcast: {
      1: ({ millimetres }) => ({ centimetres: Math.floor(Number(millimetres) / 10) }),
      2: ({ by, ...older }) => (by === 'unknown' ? older : new CannotSay('version 2 does not know who measured')),
    },
  });
  const registry = new FactRegistry([measured]);
  const of = (schema: number, data: unknown) => ({ type: measured.type, schema, data });

  it('brings an older version up to the newest, one step at a time (failure mode 21)', () => {
    expect(registry.decode(of(1, { centimetres: 10 }))).toEqual({ kind: 'decoded', data: { millimetres: 100, by: 'unknown' } });
  });

  it('says a fact to an old consumer without loss, or says why it cannot (failure mode 21)', () => {
    expect(registry.readAs(of(3, { millimetres: 70, by: 'unknown' }), 1)).toEqual({ kind: 'decoded', data: { centimetres: 7 } });
    expect(registry.readAs(of(1, { centimetres: 7 }), 2)).toEqual({ kind: 'decoded', data: { millimetres: 70 } });
    expect(registry.readAs(of(1, { centimetres: 7 }), 1)).toEqual({ kind: 'decoded', data: { centimetres: 7 } });
    expect(registry.readAs(of(3, { millimetres: 70, by: 'hand' }), 2)).toMatchObject({
      kind: 'cannot-say',
      version: 2,
      reason: 'NO_WORDS',
      because: 'version 2 does not know who measured',
    });
    expect(registry.readAs(of(3, { millimetres: 75, by: 'unknown' }), 1)).toMatchObject({
      kind: 'cannot-say',
      version: 1,
      reason: 'LOSES',
    });
    expect(registry.readAs(of(4, {}), 1)).toEqual({ kind: 'newer-version', known: 3 });
    expect(registry.readAs({ type: 'retention.value.never-heard-of', schema: 1, data: {} }, 1)).toEqual({ kind: 'unknown-type' });
    for (const version of [0, 4, 1.5]) expect(() => registry.readAs(of(3, {}), version)).toThrow(RangeError);
  });

  it('gives the recorded data again from whatever an old version was told, whatever the data (failure mode 21)', () => {
    const told = { decoded: 0, 'cannot-say': 0 };
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom('unknown', 'hand'), fc.constantFrom(1, 2), (millimetres, by, version) => {
        const data = { millimetres, by };
        const older = registry.readAs(of(3, data), version);
        if (older.kind !== 'decoded' && older.kind !== 'cannot-say') throw new Error(older.kind);
        told[older.kind]++;
        if (older.kind === 'decoded') expect(registry.decode(of(version, older.data))).toEqual({ kind: 'decoded', data });
        expect(older.kind).toBe(by === 'unknown' && (version === 2 || millimetres % 10 === 0) ? 'decoded' : 'cannot-say');
      }),
    );
    expect(Math.min(...Object.values(told))).toBeGreaterThan(0);
  });

  it.each(facts.all().map((definition) => [definition.name, definition] as const))(
    '%s: every example is said in every version, or there is a reason why it has no words (failure mode 21)',
    (_, { type, version: newest, examples }) => {
      examples.forEach((data, index) => {
        for (let wanted = 1; wanted <= newest; wanted++) {
          const read = facts.readAs({ type, schema: index + 1, data }, wanted);
          if (read.kind === 'cannot-say') expect(read).toMatchObject({ reason: 'NO_WORDS', because: expect.stringMatching(/\w+ \w+/) });
          else expect(read.kind).toBe('decoded');
          if (read.kind === 'decoded' && wanted <= index + 1)
            expect(facts.readAs({ type, schema: wanted, data: read.data }, index + 1)).toEqual({ kind: 'decoded', data });
        }
      });
    },
  );

  it('refuses to start with a version that nobody can read, or that leaves old consumers alone, or with two facts of one name', () => {
    const definition = { name: 'ThingDone', context: 'value', data: z.strictObject({}), examples: [{}] } as const;
    const upcast = { 1: (data: Record<string, unknown>) => data };
    expect(() => new FactRegistry([defineFact({ ...definition, version: 2 })])).toThrow('no upcast from version 1');
    expect(() => new FactRegistry([defineFact({ ...definition, version: 2, upcast })])).toThrow('no downcast to version 1');
    expect(() => new FactRegistry([defineFact(definition), defineFact(definition)])).toThrow('two facts are called');
  });

  it('records a personal field as sealed text only', () => {
    const definition = facts.get('retention.customers.identifier-registered');
    expect(definition).toBeDefined();
    if (!definition) return;
    const example = definition.examples[0] as Record<string, unknown>;
    expect(storedSchema(definition).safeParse(example).success).toBe(false);
    expect(storedSchema(definition).safeParse({ ...example, value: 'sealed.1.AAAA' }).success).toBe(true);
  });
});

describe('the registry of signals', () => {
  it.each(signals.all().map((definition) => [definition.name, definition] as const))(
    '%s: its example keeps its contract',
    (_, definition) => {
      expect(definition.data.safeParse(definition.example).error).toBeUndefined();
      expect(definition.data.safeParse({ ...definition.example, surprise: 1 }).success).toBe(false);
      expect(signals.get(definition.topic, definition.kind)).toBe(definition);
    },
  );

  it('is a signal or a fact, never both: a rebuild reads facts only', () => {
    expect(signals.all().filter(({ type }) => facts.get(type) !== undefined)).toEqual([]);
    expect(signals.get('signals', 'NeverHeardOf')).toBeUndefined();
  });
});

it('the JSON Schema files are those of the registry: run `npm run contracts` after a change', () => {
  const folder = path.join(__dirname, '..', 'schemas');
  const expected = contractSchemas();
  expect(readdirSync(folder).sort()).toEqual(expect.arrayContaining(Object.keys(expected).sort()));
  for (const [file, text] of Object.entries(expected)) expect(readFileSync(path.join(folder, file), 'utf8')).toBe(text);
});

it('every version of a fact keeps its JSON Schema, and what is said in that version keeps it (failure mode 21)', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  for (const { type, version: newest, examples, personal } of facts.all())
    for (let version = 1; version <= newest; version++) {
      const file = path.join(__dirname, '..', 'schemas', `${type}.v${version}.json`);
      const keeps = ajv.compile(JSON.parse(readFileSync(file, 'utf8')) as object);
      examples.forEach((plain, index) => {
        const sealed = personal.filter((field) => field in (plain as object)).map((field) => [field, 'sealed.1.AAAA']);
        const read = facts.readAs({ type, schema: index + 1, data: { ...(plain as object), ...Object.fromEntries(sealed) } }, version);
        if (read.kind === 'decoded') expect([type, version, keeps(read.data), keeps.errors]).toEqual([type, version, true, null]);
      });
    }
});

describe('positions', () => {
  it('are ordered beyond 2^53, as text too once they are sequences (failure mode 24)', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (a, b) => {
        const order = Math.sign(comparePositions(String(a), String(b)));
        expect(order).toBe(a < b ? -1 : a > b ? 1 : 0);
        const [left, right] = [toSequence(String(a)), toSequence(String(b))];
        expect(left < right ? -1 : left > right ? 1 : 0).toBe(order);
      }),
    );
  });

  it.each(['', '01', '-1', '1e3', ' 1', '1.5', '12345678901234567890', 7, null])('%p is not a position', (value) => {
    expect(isPosition(value)).toBe(false);
  });
});

describe('stream names', () => {
  it('stand in one table', () => {
    expect(streamName('order', '536365')).toBe('order-536365');
    expect(Object.keys(STREAM_CATEGORIES)).toContain('identifier');
  });
  it.each(['', 'a\nb', 'x'.repeat(201)])('refuse %p', (id) => {
    expect(() => streamName('order', id)).toThrow(RangeError);
  });
});

it('a fact leaves as a CloudEvents 1.0 envelope', () => {
  const envelope = toCloudEvent({
    id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
    type: 'retention.subscriptions.order-placed',
    schema: 1,
    subject: '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f',
    data: { orderId: '1' },
    meta: { actor: 'source:web', source: 'web', correlationId: 'c' },
    occurred: '2010-12-01T08:26:00.000Z',
    recorded: '2026-01-01T00:00:00.000Z',
    position: '42',
    stream: 'order-1',
    version: 1,
  });
  expect(envelope).toMatchObject({
    specversion: '1.0',
    type: 'retention.subscriptions.order-placed.v1',
    time: '2010-12-01T08:26:00.000Z',
    recordedtime: '2026-01-01T00:00:00.000Z',
    partitionkey: '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f',
    sequence: '00000000000000000042',
    dataschema: 'tsunagari:schemas/retention.subscriptions.order-placed.v1.json',
  });
  for (const name of Object.keys(envelope)) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
});
