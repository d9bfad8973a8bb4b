import { identifierRegistered } from '@tsunagari/contracts';
import { recorded } from '@tsunagari/testing';
import type { DecisionRow } from './decision-table';
import { firstSeenIn, recommendationBoard } from './recommendation-board';

const row = (decisionId: string, offerId: string | null, over: Partial<DecisionRow> = {}): DecisionRow => ({
  decisionId,
  customer: decisionId.slice(0, 1),
  subject: decisionId.slice(0, 1),
  slot: 'home',
  decidedAt: '2026-03-01T00:00:00.000Z',
  policyId: 'p',
  policyVersion: 1,
  arm: 'treated',
  holdoutId: null,
  place: 1,
  offerId,
  revision: 1,
  probability: 1,
  score: 10,
  candidates: 3,
  fallback: false,
  presented: true,
  answer: 'presented',
  outcomes: [],
  ...over,
});
async function* streamed(rows: readonly DecisionRow[]): AsyncGenerator<DecisionRow> {
  yield* rows;
}
const seen: Readonly<Record<string, string>> = { a: '2026-02-20T00:00:00.000Z', b: '2025-11-01T00:00:00.000Z' };
const board = (rows: readonly DecisionRow[], k = 2) =>
  recommendationBoard(streamed(rows), k, (customers) =>
    Promise.resolve(new Map(customers.flatMap((each) => (seen[each] ? [[each, seen[each]]] : [])))),
  );

it('precision is of what was shown, by the months since she was first seen [3.16]', async () => {
  const found = await board([
    row('a1', 'x', { answer: 'accepted' }),
    row('a1', 'y', { place: 2, presented: false, answer: 'none' }),
    row('a1', 'z', { place: 3, answer: 'accepted' }), // beyond k
    row('b1', 'x', { answer: 'fulfilled' }),
    row('b1', 'y', { place: 2, answer: 'declined' }),
    row('b2', 'y', { presented: false, answer: 'none' }), // decided, never shown
    row('b3', null), // no action
    row('c1', 'x', { arm: 'holdout', holdoutId: 'h', presented: false, answer: 'none' }),
    row('d1', 'x'), // of whom nobody knows since when: a newcomer
  ]);
  expect(found).toMatchObject({ shown: 3, precision: { value: 0.4, numerator: 2, denominator: 5, class: 'PROCESS' } });
  expect(
    found.precisionByTenure.map(({ tenure, precision }) => [tenure.from, tenure.to, precision.numerator, precision.denominator]),
  ).toEqual([
    [0, 1, 1, 3],
    [1, 3, 0, 0],
    [3, 6, 1, 2],
    [6, 12, 0, 0],
    [12, null, 0, 0],
  ]);
});

it('lists are compared by the newest slate of each customer, shown or not [3.15]', async () => {
  const later = '2026-03-02T00:00:00.000Z';
  const found = await board([
    row('a1', 'x'),
    row('a2', 'y', { decidedAt: later }),
    row('a2', 'z', { place: 2, decidedAt: later }),
    row('b1', 'y', { presented: false, answer: 'none' }),
  ]);
  // {y, z} – {y}: half.
  expect(found.listDistance).toMatchObject({ value: 0.5, n: 2, denominator: 1, notes: [] });
  expect((await board([row('a1', 'x')])).listDistance).toMatchObject({ value: null, reasonNull: 'NO_BASE', n: 1 });
  expect(await board([])).toMatchObject({ shown: 0, precision: { value: null, reasonNull: 'NO_BASE' } });
});

it('of very many customers a sample is compared, and said', async () => {
  const many = Array.from({ length: 2003 }, (_, n) =>
    row('a', n % 2 === 0 ? 'x' : 'y', { decisionId: `d${n}`, customer: String(n).padStart(5, '0') }),
  );
  const { listDistance } = await board(many);
  // A thousand of each: 10⁶ of 2000 · 1999 ÷ 2 pairs differ.
  expect(listDistance).toMatchObject({ n: 2000, notes: ['3 more customers have a list: a random sample was compared'] });
  expect(listDistance.value).toBeCloseTo(1_000_000 / 1_999_000, 12);
});

it('is known since the first of her identifiers', async () => {
  const registered = (subject: string, occurred: string) =>
    recorded(identifierRegistered, identifierRegistered.examples[0], { subject, occurred });
  const since = await firstSeenIn(
    { bySubjects: () => Promise.resolve([registered('a1', '2026-01-02T00:00:00.000Z'), registered('a2', '2026-01-01T00:00:00.000Z')]) },
    {
      subjectsOf: () =>
        Promise.resolve(
          new Map([
            ['a', ['a1', 'a2']],
            ['b', ['b']],
          ]),
        ),
    },
  )(['a', 'b']);
  expect([...since]).toEqual([['a', '2026-01-01T00:00:00.000Z']]);
});
