import { randomUUID } from 'node:crypto';
import { comparePositions } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import type { Append, AppendOutcome, EventStore, ExpectedVersion } from '@tsunagari/event-store';
import { appended, freshStream, readToEnd, someFact, someFacts } from './facts';

/** A store, and the log that shows what was appended to it. */
export type StoreUnderTest = { readonly store: EventStore; readonly log: EventLog; readonly close: () => Promise<void> };

type Present = 'missing' | 'present' | 'tombstoned';

/** What every adapter of the event store promises. Call it in a spec with how to make a fresh, empty store. */
export function eventStoreContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`event store contract: ${name}`, () => {
    let given: StoreUnderTest;
    let store: EventStore;
    beforeAll(async () => {
      given = await make();
      store = given.store;
    });
    afterAll(() => given.close());

    const append = (stream: string, expected: ExpectedVersion, facts = someFacts(1)): Promise<AppendOutcome> =>
      store.append({ stream, expected, facts });

    it('gives back what was appended, value for value', async () => {
      const stream = freshStream();
      const fact = someFact({
        subject: randomUUID(),
        schema: 3,
        data: {
          text: 'quote " backslash \\ newline \n null \u0000 kana ツナガリ 🎌 braces {,}',
          number: 0.1,
          nested: [{ deep: null }],
          '': true,
        },
        meta: { actor: 'user:test', source: 'te"st\\', correlationId: 'c', causationId: 'd', imported: true },
        occurred: '0999-12-31T23:59:59.001Z',
      });
      const outcome = appended(await append(stream, 'none', [fact]));
      const state = await store.readStream(stream);
      const { digest: _, ...rest } = fact;
      expect(state).toEqual({
        kind: 'open',
        lastVersion: 1,
        facts: [{ ...rest, stream, version: 1, position: outcome.position, recorded: expect.stringMatching(/^\d{4}-.*T.*\.\d{3}Z$/) }],
      });
    });

    it('appends several facts together, in their order', async () => {
      const stream = freshStream();
      const facts = someFacts(5);
      expect(appended(await append(stream, 'none', facts)).version).toBe(5);
      const state = await store.readStream(stream);
      expect(state.kind === 'open' && state.facts.map((fact) => fact.id)).toEqual(facts.map((fact) => fact.id));
      expect(state.kind === 'open' && state.facts.map((fact) => fact.version)).toEqual([1, 2, 3, 4, 5]);
    });

    it('appends all facts of an append or none of them', async () => {
      const stream = freshStream();
      const refused = await append(stream, 'none', [someFact(), someFact({ occurred: 'yesterday' })]);
      expect(refused).toMatchObject({ kind: 'refused', field: 'facts.1.occurred' });
      expect(await store.readStream(stream)).toEqual({ kind: 'missing' });
    });

    it('takes an empty append as no append at all', async () => {
      const stream = freshStream();
      expect((await append(stream, 'none', [])).kind).toBe('appended');
      expect(await store.readStream(stream)).toEqual({ kind: 'missing' });
      await append(stream, 'none');
      expect(await append(stream, 'none', [])).toMatchObject({ kind: 'appended', version: 1 });
    });

    describe('expected versions (failure mode 5)', () => {
      const streamThatIs = async (present: Present): Promise<string> => {
        const stream = freshStream();
        if (present !== 'missing') await append(stream, 'none', someFacts(3));
        if (present === 'tombstoned') await store.tombstone(stream, 'any');
        return stream;
      };
      const expectations: ExpectedVersion[] = ['none', { exact: 3 }, { exact: 2 }, { exact: 0 }, 'exists', 'any'];
      const accepts = (expected: ExpectedVersion, version: number): boolean =>
        expected === 'any' ||
        (expected === 'exists' && version > 0) ||
        (expected === 'none' && version === 0) ||
        (typeof expected === 'object' && expected.exact === version);

      for (const present of ['missing', 'present', 'tombstoned'] as const)
        for (const expected of expectations) {
          const actual = present === 'missing' ? 0 : 3;
          const wanted =
            present === 'tombstoned'
              ? { kind: 'closed' }
              : accepts(expected, actual)
                ? { kind: 'appended', version: actual + 1, duplicate: false }
                : { kind: 'conflict', actual };
          const called = typeof expected === 'string' ? expected : `exact ${expected.exact}`;

          it(`answers ${JSON.stringify(wanted)} to '${called}' on a ${present} stream`, async () => {
            expect(await append(await streamThatIs(present), expected)).toMatchObject(wanted);
          });

          it(`lets ${wanted.kind !== 'appended' ? 'none' : expected === 'any' || expected === 'exists' ? 'all' : 'one'} of 50 concurrent '${called}' pass on a ${present} stream`, async () => {
            const stream = await streamThatIs(present);
            const outcomes = await Promise.all(Array.from({ length: 50 }, () => append(stream, expected)));
            const passed = outcomes.filter((outcome) => outcome.kind === 'appended');
            const wantedPasses = wanted.kind !== 'appended' ? 0 : expected === 'any' || expected === 'exists' ? 50 : 1;
            expect(passed).toHaveLength(wantedPasses);
            expect(new Set(passed.map((outcome) => outcome.version)).size).toBe(wantedPasses);
            for (const outcome of outcomes)
              if (outcome.kind !== 'appended')
                expect(outcome).toEqual(
                  wanted.kind === 'closed' ? { kind: 'closed' } : { kind: 'conflict', actual: actual + wantedPasses },
                );
          });
        }
    });

    it('gives the same answer to a repeated append that expected no stream or an exact version [idempotent by id]', async () => {
      const stream = freshStream();
      for (const expected of ['none', { exact: 2 }] as const) {
        const facts = someFacts(2);
        const first = appended(await append(stream, expected, facts));
        const again = appended(await append(stream, expected, facts));
        expect([again.version, again.position]).toEqual([first.version, first.position]);
      }
      expect(await store.readStream(stream)).toMatchObject({ lastVersion: 4 });
    });

    it('reads a stream forward and backward, from a version, at most so many', async () => {
      const stream = freshStream();
      await append(stream, 'none', someFacts(10));
      const versions = async (options: Parameters<EventStore['readStream']>[1]): Promise<number[]> => {
        const state = await store.readStream(stream, options);
        expect(state).toMatchObject({ kind: 'open', lastVersion: 10 });
        return state.kind === 'open' ? state.facts.map((fact) => fact.version) : [];
      };
      expect(await versions({ from: 8 })).toEqual([8, 9, 10]);
      expect(await versions({ limit: 2 })).toEqual([1, 2]);
      expect(await versions({ direction: 'backward', limit: 3 })).toEqual([10, 9, 8]);
      expect(await versions({ direction: 'backward', from: 2 })).toEqual([2, 1]);
      expect(await versions({ from: 11 })).toEqual([]);
      expect(await versions({ limit: 0 })).toEqual([]);
    });

    it('reads several streams together, each as it is read alone', async () => {
      const [one, other, missing, closed] = [freshStream(), freshStream(), freshStream(), freshStream()];
      await append(one, 'none', someFacts(12));
      await append(other, 'none', someFacts(2));
      await append(other, { exact: 2 }, someFacts(1));
      await append(closed, 'none', someFacts(1));
      await store.tombstone(closed, 'any');
      const asked = [other, missing, one, closed, one];
      const read = await store.readStreams(asked);
      expect([...read.keys()].sort()).toEqual([...new Set(asked)].sort());
      for (const stream of asked) expect(read.get(stream)).toEqual(await store.readStream(stream));
      expect([one, other, missing, closed].map((stream) => read.get(stream)?.kind)).toEqual(['open', 'open', 'missing', 'closed']);
      expect(await store.readStreams([])).toEqual(new Map());
    });

    it('keeps a closed stream closed, and its facts in the log', async () => {
      const stream = freshStream();
      const facts = someFacts(2);
      const { position } = appended(await append(stream, 'none', facts));
      expect(await store.tombstone(stream, { exact: 1 })).toEqual({ kind: 'conflict', actual: 2 });
      expect((await store.tombstone(stream, { exact: 2 })).kind).toBe('appended');
      expect(await store.tombstone(stream, 'any')).toEqual({ kind: 'closed' });
      expect(await store.readStream(stream)).toEqual({ kind: 'closed' });
      expect(await append(stream, 'any')).toEqual({ kind: 'closed' });
      const log = await readToEnd(given.log);
      expect(log.filter((fact) => fact.stream === stream).map((fact) => fact.id)).toEqual(facts.map((fact) => fact.id));
      expect(log.find((fact) => fact.id === facts[1]?.id)?.position).toBe(position);
    });

    it('answers appendMany one by one and in order, and one failure leaves the others alone', async () => {
      const [a, b, c] = [freshStream(), freshStream(), freshStream()];
      await append(b, 'none');
      const appends: Append[] = [
        { stream: a, expected: 'none', facts: someFacts(2) },
        { stream: b, expected: 'none', facts: someFacts(1) },
        { stream: a, expected: { exact: 2 }, facts: someFacts(1) },
        { stream: c, expected: 'any', facts: someFacts(1) },
      ];
      const outcomes = await store.appendMany(appends);
      expect(outcomes.map((outcome) => outcome.kind)).toEqual(['appended', 'conflict', 'appended', 'appended']);
      expect(comparePositions(appended(outcomes[0]).position, appended(outcomes[2]).position)).toBeLessThan(0);
    });

    it('imports more in one call than fits a batch', async () => {
      const streams = Array.from({ length: 7 }, freshStream);
      const appends = Array.from({ length: 3_000 }, (_, index) => ({
        stream: streams[index % 7] as string,
        expected: 'any' as const,
        facts: [someFact({ data: { index } })],
      }));
      const outcomes = await store.appendMany(appends);
      const positions = outcomes.map((outcome) => appended(outcome).position);
      expect([...positions].sort(comparePositions)).toEqual(positions);
    });

    it('shows in the log every fact once, in strictly increasing positions, stream versions in order', async () => {
      const streams = Array.from({ length: 20 }, freshStream);
      await Promise.all(streams.flatMap((stream) => Array.from({ length: 10 }, () => append(stream, 'any', someFacts(2)))));
      const facts = await readToEnd(given.log, undefined, 37);
      for (let index = 1; index < facts.length; index++)
        expect(comparePositions(facts[index - 1]!.position, facts[index]!.position)).toBeLessThan(0);
      for (const stream of streams)
        expect(facts.filter((fact) => fact.stream === stream).map((fact) => fact.version)).toEqual(
          Array.from({ length: 20 }, (_, at) => at + 1),
        );
    });
  });
}
