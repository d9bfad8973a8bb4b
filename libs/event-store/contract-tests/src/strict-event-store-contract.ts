import { randomUUID } from 'node:crypto';
import type { EventStore } from '@tsunagari/event-store';
import type { StoreUnderTest } from './event-store-contract';
import { appended, freshStream, readToEnd, someFact, someFacts } from './facts';

/** What the PostgreSQL store gives beyond the port. No code outside the adapter may rely on it. */
export function strictEventStoreContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`beyond the event store contract: ${name}`, () => {
    let given: StoreUnderTest;
    let store: EventStore;
    beforeAll(async () => {
      given = await make();
      store = given.store;
    });
    afterAll(() => given.close());

    it('gives dense positions', async () => {
      await Promise.all(Array.from({ length: 60 }, () => store.append({ stream: freshStream(), expected: 'none', facts: someFacts(3) })));
      const positions = (await readToEnd(given.log)).map((fact) => Number(fact.position));
      expect(positions).toEqual(positions.map((_, index) => index + 1));
    });

    it("takes an append with 'any' or 'exists' once, however often it comes (failure mode 26)", async () => {
      const stream = freshStream();
      const facts = someFacts(3);
      const first = appended(await store.append({ stream, expected: 'any', facts }));
      const again = await Promise.all(
        Array.from({ length: 20 }, (_, at) => store.append({ stream, expected: at % 2 ? 'any' : 'exists', facts })),
      );
      for (const outcome of again) expect(outcome).toEqual({ ...first, duplicate: true });
      expect(await store.readStream(stream)).toMatchObject({ lastVersion: 3 });
    });

    it('takes the same new append once when it comes many times at the same moment', async () => {
      const stream = freshStream();
      const facts = someFacts(2);
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => store.append({ stream, expected: 'any', facts })));
      expect(outcomes.filter((outcome) => !appended(outcome).duplicate)).toHaveLength(1);
      expect(new Set(outcomes.map((outcome) => appended(outcome).position)).size).toBe(1);
    });

    it('refuses a known id with other content, in another stream, or with only some of its facts (failure mode 26)', async () => {
      const stream = freshStream();
      const [first, second] = someFacts(2) as [ReturnType<typeof someFact>, ReturnType<typeof someFact>];
      await store.append({ stream, expected: 'none', facts: [first, second] });
      const changed = someFact({ id: second.id, data: { changed: true } });
      expect(await store.append({ stream, expected: 'any', facts: [first, changed] })).toEqual({ kind: 'mismatch', ids: [second.id] });
      expect(await store.append({ stream: freshStream(), expected: 'none', facts: [first] })).toEqual({
        kind: 'mismatch',
        ids: [first.id],
      });
      expect(await store.append({ stream, expected: 'any', facts: [first, someFact()] })).toEqual({ kind: 'mismatch', ids: [first.id] });
      expect(await store.readStream(stream)).toMatchObject({ lastVersion: 2 });
    });

    it('takes an honest retry with other clocks in its metadata for the same fact (failure mode 26)', async () => {
      const stream = freshStream();
      const fact = someFact({ meta: { actor: 'source:web', source: 'web', correlationId: 'c', sentAt: '2026-01-01T00:00:00.000Z' } });
      await store.append({ stream, expected: 'any', facts: [fact] });
      const retry = { ...fact, occurred: '2011-02-03T04:05:07.000Z', meta: { ...fact.meta, sentAt: '2026-01-01T00:00:09.000Z' } };
      expect(appended(await store.append({ stream, expected: 'any', facts: [retry] })).duplicate).toBe(true);
    });

    it('lets a command with a mismatching id or too large a payload fail alone in its batch (failure mode 7)', async () => {
      const known = someFact();
      await store.append({ stream: freshStream(), expected: 'none', facts: [known] });
      const good = Array.from({ length: 200 }, () => ({ stream: freshStream(), expected: 'none' as const, facts: someFacts(2) }));
      const mismatching = { stream: freshStream(), expected: 'none' as const, facts: [someFact({ id: known.id, data: 'other' })] };
      const large = { stream: freshStream(), expected: 'none' as const, facts: [someFact({ data: { text: 'x'.repeat(2_000_000) } })] };
      const outcomes = await store.appendMany([...good.slice(0, 100), mismatching, large, ...good.slice(100)]);
      expect(outcomes[100]).toEqual({ kind: 'mismatch', ids: [known.id] });
      expect(outcomes[101]).toMatchObject({ kind: 'refused', field: 'facts.0.data', rule: expect.stringContaining('bytes') });
      expect(outcomes.filter((outcome) => outcome.kind === 'appended' && !outcome.duplicate)).toHaveLength(200);
      for (const { stream } of [mismatching, large]) expect(await store.readStream(stream)).toEqual({ kind: 'missing' });
    });

    it('changes nothing when everything is imported again (failure mode 26)', async () => {
      const streams = Array.from({ length: 50 }, freshStream);
      const appends = Array.from({ length: 2_000 }, (_, index) => ({
        stream: streams[index % 50] as string,
        expected: 'any' as const,
        facts: [someFact({ id: randomUUID(), data: { index } })],
      }));
      const first = await store.appendMany(appends);
      const head = await given.log.head();
      const second = await store.appendMany(appends);
      expect(second).toEqual(first.map((outcome) => ({ ...outcome, duplicate: true })));
      expect(await given.log.head()).toBe(head);
    });
  });
}
