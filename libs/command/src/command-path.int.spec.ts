import { type Fact, purposeValueSet, refusal, streamName } from '@tsunagari/contracts';
import { postgresEventStore, eventsSchema } from '@tsunagari/event-store-postgres';
import { migrate } from '@tsunagari/postgres';
import { keyringSchema, postgresKeyring } from '@tsunagari/privacy';
import { testDatabase, type TestDatabase } from '@tsunagari/testing';
import { type CommandEnvelope, type CommandPath, commandPath } from './command-path';
import { accept, decided, type Decider, refuse } from './decider';

let database: TestDatabase;
let path: CommandPath;
let store: ReturnType<typeof postgresEventStore>;
beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.pool, eventsSchema, keyringSchema);
  store = postgresEventStore({ pool: database.pool });
  const secret = (): Uint8Array => new Uint8Array(32).fill(7);
  const keyring = postgresKeyring({ pool: database.pool, secrets: { masterKey: secret(), lookupKey: secret(), digestKey: secret() } });
  path = commandPath({ store, keyring });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

type Count = { readonly by: string; readonly refused?: boolean };
/** Counts: every fact carries how many stood before it, so a lost update would show as two with the same number. */
const counter: Decider<Count, number> = {
  initial: 0,
  evolve: (count) => count + 1,
  decide: ({ by, refused = false }, count) =>
    refused
      ? refuse(refusal('INVALID_FIELD', 'by', 'it may be counted'))
      : accept(
          decided(purposeValueSet, {
            purposeId: 'counted',
            valueVersion: count + 1,
            value: { amountMinor: 1, currency: 'JPY' },
            reason: 'to count',
            by,
          }),
        ),
};
const envelope = (stream: string, key: string, over: Partial<CommandEnvelope<Count>> = {}): CommandEnvelope<Count> => ({
  stream: streamName('purposeValue', stream),
  command: { by: 'user:spec' },
  body: { stream },
  idempotencyKey: key,
  actor: 'user:spec',
  source: 'spec',
  correlationId: 'spec',
  at: '2026-01-01T00:00:00.000Z',
  ...over,
});
const factsOf = async (stream: string): Promise<readonly Fact[]> => {
  const state = await store.readStream(streamName('purposeValue', stream));
  return state.kind === 'open' ? state.facts : [];
};
const numbers = async (stream: string): Promise<unknown[]> =>
  (await factsOf(stream)).map(({ data }) => (data as { valueVersion: number }).valueVersion);

describe('execute', () => {
  it('of many on one stream at once refuses nobody and loses no update', async () => {
    const results = await Promise.all(Array.from({ length: 100 }, (_, n) => path.execute(counter, envelope('hot', `hot-${n}`))));
    expect(results.filter(({ kind }) => kind !== 'accepted')).toEqual([]);
    expect(await numbers('hot')).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  });

  it('goes on with the stream after a command that threw', async () => {
    const broken: Decider<Count, number> = {
      ...counter,
      decide: () => {
        throw new Error('a bug');
      },
    };
    const [first, second] = await Promise.allSettled([
      path.execute(broken, envelope('broken', 'broken-1')),
      path.execute(counter, envelope('broken', 'broken-2')),
    ]);
    expect(first.status).toBe('rejected');
    expect(second).toMatchObject({ status: 'fulfilled', value: { kind: 'accepted', version: 1 } });
  });
});

describe('executeMany', () => {
  it('decides each on what was read, in one batch, in the order of the input', async () => {
    await path.execute(counter, envelope('b', 'b-first'));
    const results = await path.executeMany(counter, [
      { envelope: envelope('a', 'a-1'), past: [] },
      { envelope: envelope('c', 'c-1', { command: { by: 'user:spec', refused: true } }), past: [] },
      { envelope: envelope('b', 'b-2'), past: await factsOf('b') },
      { envelope: envelope('d', 'no key'), past: [] },
      { envelope: envelope('e', 'e-1', { expectedVersion: 3 }), past: [] },
      { envelope: envelope('f', 'f-1', { prepare: async () => refusal('OVERLOADED', null, 'not now') }), past: [] },
    ]);
    expect(results).toMatchObject([
      { kind: 'accepted', version: 1, repeated: false },
      { kind: 'refused', refusal: { code: 'INVALID_FIELD', field: 'by' } },
      { kind: 'accepted', version: 2, repeated: false },
      { kind: 'refused', refusal: { code: 'INVALID_FIELD', field: 'idempotencyKey' } },
      { kind: 'refused', refusal: { code: 'VERSION_CONFLICT' }, actualVersion: 0 },
      { kind: 'refused', refusal: { code: 'OVERLOADED' } },
    ]);
    expect([await numbers('a'), await numbers('b'), await numbers('f')]).toEqual([[1], [1, 2], []]);
  });

  it('decides anew for whoever read what is behind, and only for him', async () => {
    await path.execute(counter, envelope('late', 'late-1'));
    const [late, early] = await path.executeMany(counter, [
      { envelope: envelope('late', 'late-2'), past: [] },
      { envelope: envelope('early', 'early-1'), past: [] },
    ]);
    expect([late, early]).toMatchObject([
      { kind: 'accepted', version: 2 },
      { kind: 'accepted', version: 1 },
    ]);
    expect(await numbers('late')).toEqual([1, 2]);
  });

  it('gives the first result to a repeat, whether what was read shows it or not, and refuses the key with another body', async () => {
    const first = await path.execute(counter, envelope('again', 'again-1'));
    const past = await factsOf('again');
    for (const read of [past, []])
      expect(await path.executeMany(counter, [{ envelope: envelope('again', 'again-1'), past: read }])).toEqual([
        { ...first, repeated: true },
      ]);
    expect(await path.executeMany(counter, [{ envelope: envelope('again', 'again-1', { body: 'another' }), past }])).toMatchObject([
      { kind: 'refused', refusal: { code: 'IDEMPOTENCY_MISMATCH' } },
    ]);
    expect(await numbers('again')).toEqual([1]);
  });

  it('of nothing is nothing', async () => {
    expect(await path.executeMany(counter, [])).toEqual([]);
  });
});
