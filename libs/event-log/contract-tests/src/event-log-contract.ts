import { randomUUID } from 'node:crypto';
import type { Fact, NewFact } from '@tsunagari/contracts';
import { BEGINNING, compareForFold, comparePositions } from '@tsunagari/contracts';
import type { EventLog, Journal } from '@tsunagari/event-log';

/** A log with its journal, and how facts get into it: each list becomes one append to a stream of its own. */
export type LogUnderTest = {
  readonly log: EventLog;
  readonly journal: Journal;
  readonly record: (facts: readonly NewFact[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

const types = ['retention.test.first', 'retention.test.second', 'retention.test.third'] as const;

function fact(given: Partial<NewFact> = {}): NewFact {
  const id = randomUUID();
  return {
    id,
    type: types[0],
    schema: 1,
    subject: null,
    data: { id },
    meta: { actor: 'system:test', source: 'test', correlationId: id },
    occurred: '2011-02-03T04:05:06.789Z',
    digest: id.replaceAll('-', ''),
    ...given,
  };
}

/** What every adapter of the event log and the journal promises. Call it in a spec with how to make a fresh, empty log. */
export function eventLogContract(name: string, make: () => Promise<LogUnderTest>): void {
  describe(`event log contract: ${name}`, () => {
    let given: LogUnderTest;
    beforeEach(async () => (given = await make()));
    afterEach(() => given.close());
    const ids = (facts: readonly Pick<Fact, 'id'>[]): string[] => facts.map(({ id }) => id);

    it('is empty at first', async () => {
      expect(await given.log.head()).toBe(BEGINNING);
      expect(await given.log.read({ after: BEGINNING, limit: 10 })).toEqual({ facts: [], upTo: BEGINNING, atEnd: true });
      expect(await given.log.read({ after: BEGINNING, limit: 10, types: [types[0]] })).toEqual({ facts: [], upTo: BEGINNING, atEnd: true });
    });

    it('hands out every fact once, in the order of positions, whatever the page size', async () => {
      const facts = Array.from({ length: 53 }, () => fact());
      for (let at = 0; at < facts.length; at += 5) await given.record(facts.slice(at, at + 5));
      for (const limit of [1, 7, 53, 1_000]) {
        const seen: Fact[] = [];
        for (let after = BEGINNING; ;) {
          const page = await given.log.read({ after, limit });
          expect(page.facts.length).toBeLessThanOrEqual(limit);
          seen.push(...page.facts);
          after = page.upTo;
          if (page.atEnd) break;
        }
        expect(ids(seen)).toEqual(ids(facts));
        for (let at = 1; at < seen.length; at++) expect(comparePositions(seen[at - 1]!.position, seen[at]!.position)).toBeLessThan(0);
        expect(await given.log.head()).toBe(seen[seen.length - 1]?.position);
      }
    });

    it('hands out the same pages with the data as text, for whoever passes it on', async () => {
      const datas = [
        { nested: [{ stream: 'a', data: 1 }] },
        'a "word"',
        ['\\.', '\u0000', '\n', '繋がり'],
        1.5e300,
        null,
        { data: {}, stream: '' },
      ];
      await given.record(datas.map((data, at) => fact({ data, type: types[at % 2 ? 1 : 0], subject: at % 2 ? null : randomUUID() })));
      for (const filter of [{}, { types: [types[0]] }])
        for (let after = BEGINNING, end = false; !end;) {
          const read = { after, limit: 2, ...filter };
          const [page, unparsed] = [await given.log.read(read), await given.log.readUnparsed(read)];
          // Whether a full page was the last one may be known to one read and not to the other.
          const facts = page.facts.map(({ data, ...rest }) => ({ ...rest, json: JSON.stringify(data) }));
          expect(unparsed).toEqual({ facts, upTo: page.upTo, atEnd: expect.any(Boolean) });
          [after, end] = [page.upTo, page.atEnd];
        }
    });

    it('advances over facts that the filter drops', async () => {
      for (const type of [0, 1, 1, 1, 0, 2, 1, 1] as const) await given.record([fact({ type: types[type] })]);
      const seen: string[] = [];
      for (let after = BEGINNING; ;) {
        const page = await given.log.read({ after, limit: 1, types: [types[0], types[2]] });
        seen.push(...page.facts.map(({ type }) => type));
        if (page.atEnd) {
          expect(page.upTo).toBe(await given.log.head());
          break;
        }
        expect(page.upTo).not.toBe(after);
        after = page.upTo;
      }
      expect(seen).toEqual([types[0], types[0], types[2]]);
      const none = await given.log.read({ after: BEGINNING, limit: 5, types: ['retention.test.never'] });
      expect(none).toEqual({ facts: [], upTo: await given.log.head(), atEnd: true });
    });

    it('never reads beyond the position it was told', async () => {
      const facts = Array.from({ length: 6 }, (_, at) => fact({ type: types[at % 2 ? 1 : 0] }));
      await given.record(facts);
      const all = (await given.log.read({ after: BEGINNING, limit: 10 })).facts;
      const page = await given.log.read({ after: all[0]!.position, upTo: all[3]!.position, limit: 10 });
      expect(ids(page.facts)).toEqual(ids(all.slice(1, 4)));
      expect([page.upTo, page.atEnd]).toEqual([all[3]!.position, true]);
      const filtered = await given.log.read({ after: BEGINNING, upTo: all[3]!.position, types: [types[0]], limit: 10 });
      expect(ids(filtered.facts)).toEqual(ids([all[0]!, all[2]!]));
      expect([filtered.upTo, filtered.atEnd]).toEqual([all[3]!.position, true]);
    });

    it('calls a listener after something was appended, and not after it has stopped', async () => {
      let calls = 0;
      let wake = (): void => undefined;
      const stop = given.log.onAppended(() => {
        calls++;
        wake();
      });
      const seen = async (): Promise<string> => {
        for (;;) {
          const head = await given.log.head();
          if (head !== BEGINNING) return head;
          await new Promise<void>((resolve) => (wake = resolve));
        }
      };
      const waiting = seen();
      await given.record([fact()]);
      await waiting;
      stop();
      const before = calls;
      await given.record([fact()]);
      await given.log.head();
      expect(calls).toBe(before);
    });
  });

  describe(`journal contract: ${name}`, () => {
    let given: LogUnderTest;
    const [ada, ben, cleo] = [randomUUID(), randomUUID(), randomUUID()];
    let all: readonly Fact[];
    const ids = (facts: readonly Pick<Fact, 'id'>[]): string[] => facts.map(({ id }) => id);
    beforeAll(async () => {
      given = await make();
      for (let at = 0; at < 60; at++)
        await given.record([
          fact({
            subject: [ada, ben, cleo, null][at % 4] ?? null,
            type: types[at % 3]!,
            occurred: `2011-01-${String(1 + ((at * 7) % 20)).padStart(2, '0')}T00:00:00.000Z`,
          }),
        ]);
      all = (await given.log.read({ after: BEGINNING, limit: 100 })).facts;
    });
    afterAll(() => given.close());
    const of = (...subjects: string[]): Fact[] => all.filter((each) => each.subject !== null && subjects.includes(each.subject));

    it('gives the facts of subjects in the order of positions, each once', async () => {
      expect(await given.journal.bySubjects({ subjects: [ada, cleo, ada] })).toEqual(of(ada, cleo));
      expect(await given.journal.bySubjects({ subjects: [randomUUID()] })).toEqual([]);
      expect(await given.journal.bySubjects({ subjects: [] })).toEqual([]);
    });

    it('gives what was known by a position, had happened by a moment, and is of some types', async () => {
      const upTo = all[30]!.position;
      const occurredBy = '2011-01-10T00:00:00.000Z';
      const wanted = (each: Fact): boolean =>
        comparePositions(each.position, upTo) <= 0 && each.occurred <= occurredBy && each.type !== types[2];
      const found = await given.journal.bySubjects({ subjects: [ada, ben], upTo, occurredBy, types: [types[0], types[1]] });
      expect(found.length).toBeGreaterThan(0);
      expect(ids(found)).toEqual(ids(of(ada, ben).filter(wanted)));
    });

    it('pages through a timeline, newest first by (occurred, id)', async () => {
      const wanted = of(ben, cleo).sort(compareForFold).reverse();
      const seen: Fact[] = [];
      for (let before: { occurred: string; id: string } | undefined; ;) {
        const page = await given.journal.timeline({ subjects: [ben, cleo], first: 4, ...(before ? { before } : {}) });
        seen.push(...page.facts);
        before = page.facts[page.facts.length - 1];
        if (!page.hasMore) break;
        expect(page.facts).toHaveLength(4);
      }
      expect(ids(seen)).toEqual(ids(wanted));
    });

    it('gives everything in the order of subjects, page by page, within the same bounds', async () => {
      const read = async (limit: number, bounds: object = {}): Promise<Fact[]> => {
        const seen: Fact[] = [];
        for (let after: { subject: string; position: string } | null = null; ;) {
          const page = await given.journal.inSubjectOrder({ after, limit, ...bounds });
          seen.push(...page);
          const last = page[page.length - 1];
          if (page.length < limit || !last?.subject) return seen;
          after = { subject: last.subject, position: last.position };
        }
      };
      const wanted = [ada, ben, cleo].sort().flatMap((subject) => of(subject));
      for (const limit of [1, 7, 45, 100]) expect(ids(await read(limit))).toEqual(ids(wanted));
      const upTo = all[30]!.position;
      const bounds = { upTo, types: [types[0], types[2]], occurredBy: '2011-01-10T00:00:00.000Z' };
      expect(ids(await read(4, bounds))).toEqual(
        ids(
          wanted.filter(
            ({ type, position, occurred }) =>
              type !== types[1] && comparePositions(position, upTo) <= 0 && occurred <= '2011-01-10T00:00:00.000Z',
          ),
        ),
      );
    });

    it('knows the last position recorded by a moment', async () => {
      expect(await given.journal.positionAt('2000-01-01T00:00:00.000Z')).toBe(BEGINNING);
      expect(await given.journal.positionAt('2999-01-01T00:00:00.000Z')).toBe(all.at(-1)!.position);
      for (const { recorded } of all)
        expect(await given.journal.positionAt(recorded)).toBe(all.findLast((each) => each.recorded <= recorded)!.position);
    });

    it('finds facts by id, and says nothing of ids it does not know', async () => {
      const some = [all[3]!, all[17]!];
      expect(await given.journal.byIds([...ids(some), randomUUID(), all[3]!.id])).toEqual(some);
      expect(await given.journal.byIds([])).toEqual([]);
    });
  });
}
