import type { Fact, Position } from '@tsunagari/contracts';
import { BEGINNING, comparePositions } from '@tsunagari/contracts';
import type { LogPage, LogRead } from '@tsunagari/event-log';
import fc from 'fast-check';
import { sharedTail } from './shared-tail';

const types = ['first', 'second', 'third'];

/** A table as a statement sees it: what stood there when the statement began, answered some turns later. */
function table(turns: () => number = () => 1) {
  const facts: Fact[] = [];
  let statements = 0;
  let isAway = false;
  const asked = async <T>(answer: () => T): Promise<T> => {
    statements++;
    if (isAway) throw new Error('away');
    const found = answer();
    for (let turn = turns(); turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve));
    return found;
  };
  return {
    facts,
    statements: () => statements,
    setAway: (away: boolean) => (isAway = away),
    append: (type = 'first') => void facts.push({ position: String(facts.length + 1), type, id: `fact-${facts.length}` } as Fact),
    head: (): Promise<Position> => asked(() => facts.at(-1)?.position ?? BEGINNING),
    readPage: ({ after, upTo, types: of, limit }: LogRead): Promise<LogPage> =>
      asked(() => {
        const end = upTo !== undefined && comparePositions(upTo, String(facts.length)) < 0 ? upTo : String(facts.length);
        const wanted = facts.filter(
          ({ position, type }) =>
            comparePositions(position, after) > 0 && comparePositions(position, end) <= 0 && (of === undefined || of.includes(type)),
        );
        const page = wanted.slice(0, limit);
        if (page.length < wanted.length) return { facts: page, upTo: page.at(-1)?.position ?? after, atEnd: false };
        return { facts: page, upTo: comparePositions(end, after) < 0 ? after : end, atEnd: true };
      }),
  };
}

it('asks once for all who are at the end', async () => {
  const given = table();
  const { read } = sharedTail(given);
  await read({ after: BEGINNING, limit: 10 });
  for (let n = 0; n < 3; n++) given.append(types[n]);
  const before = given.statements();
  const pages = await Promise.all([
    read({ after: BEGINNING, limit: 10 }),
    read({ after: BEGINNING, limit: 10, types: ['second'] }),
    read({ after: BEGINNING, limit: 1 }),
  ]);
  expect(pages.map(({ facts, upTo, atEnd }) => [facts.map(({ position }) => position), upTo, atEnd])).toEqual([
    [['1', '2', '3'], '3', true],
    [['2'], '3', true],
    [['1'], '1', false],
  ]);
  expect(given.statements()).toBe(before + 1);
});

it('hands every reader every fact once and in order, and whatever was there when it asked', async () => {
  const reader = fc.record({ limit: fc.integer({ min: 1, max: 30 }), of: fc.option(fc.subarray(types, { minLength: 1 })) });
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ append: fc.constantFrom(...types), times: fc.nat(8) }) },
    { weight: 1, arbitrary: fc.record({ append: fc.constantFrom(...types), times: fc.constant(1_100) }) },
    { weight: 6, arbitrary: fc.record({ readers: fc.uniqueArray(fc.nat(3), { minLength: 1 }) }) },
    { weight: 1, arbitrary: fc.constant('cut' as const) },
    { weight: 1, arbitrary: fc.constant('away' as const) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(reader, { minLength: 4, maxLength: 4 }),
      fc.array(step, { maxLength: 40 }),
      fc.infiniteStream(fc.nat(3)),
      async (readers, steps, turns) => {
        const given = table(() => turns.next().value ?? 1);
        const { read, head, forget } = sharedTail(given);
        const places = readers.map(() => ({ after: BEGINNING, seen: [] as string[] }));
        const wanted = (of: string[] | null, upTo: Position): string[] =>
          given.facts
            .filter(({ position, type }) => comparePositions(position, upTo) <= 0 && (of === null || of.includes(type)))
            .map(({ position }) => position);
        const turn = async (n: number): Promise<void> => {
          const place = places[n];
          const { limit, of } = readers[n] ?? { limit: 1, of: null };
          if (!place) return;
          const there = given.facts.length;
          const page = await read({ after: place.after, limit, ...(of ? { types: of } : {}) });
          place.seen.push(...page.facts.map(({ position }) => position));
          place.after = page.upTo;
          if (page.atEnd) expect(comparePositions(page.upTo, String(there))).toBeGreaterThanOrEqual(0);
          expect(place.seen).toEqual(wanted(of, page.upTo));
        };
        for (const each of steps) {
          if (each === 'cut') forget();
          else if (each === 'away') {
            given.setAway(true);
            await Promise.allSettled([head(), read({ after: String(given.facts.length), limit: 1 })]);
            given.setAway(false);
          } else if ('append' in each) for (let n = 0; n < each.times; n++) given.append(each.append);
          else {
            const there = given.facts.length;
            const asked = [...each.readers.map(turn), head().then((at) => expect(Number(at)).toBeGreaterThanOrEqual(there))];
            given.append();
            await Promise.all(asked);
          }
        }
      },
    ),
    { numRuns: 150 },
  );
});

it('keeps what was read of a database that is away to nobody', async () => {
  const given = table();
  const { read, head } = sharedTail(given);
  await read({ after: BEGINNING, limit: 10 });
  given.append();
  given.setAway(true);
  await expect(read({ after: BEGINNING, limit: 10 })).rejects.toThrow('away');
  given.setAway(false);
  expect(await head()).toBe('1');
  expect((await read({ after: BEGINNING, limit: 10 })).facts).toHaveLength(1);
});
