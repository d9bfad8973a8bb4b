import type { DecisionRow } from './decision-table';
import { proposalBoard } from './proposal-board';

const row = (over: Partial<DecisionRow>): DecisionRow => ({
  decisionId: 'd',
  customer: 'c',
  subject: 'c',
  slot: 'home',
  decidedAt: '2026-01-02T00:00:00.000Z',
  policyId: 'p',
  policyVersion: 1,
  arm: 'treated',
  holdoutId: null,
  place: 1,
  offerId: 'how-to',
  revision: 1,
  probability: 1,
  score: 10,
  candidates: 3,
  fallback: false,
  presented: false,
  answer: 'none',
  outcomes: [],
  ...over,
});
async function* streamed(rows: readonly DecisionRow[]): AsyncGenerator<DecisionRow> {
  yield* rows;
}
const half = { holdoutId: 'h', from: 0, to: 0.5 };
const outcome = (reward: number) => [{ indicator: 'smooth', windowDays: 28, reward }];
/** Forty treated of whom thirty reached it, forty held out of whom ten did. */
const arms = (treated = 40, held = 40): readonly DecisionRow[] => [
  ...Array.from({ length: treated }, (_, n) => row({ customer: `t${n}`, outcomes: outcome(n < 30 ? 1 : 0) })),
  ...Array.from({ length: held }, (_, n) => row({ customer: `h${n}`, arm: 'holdout', holdoutId: 'h', outcomes: outcome(n < 10 ? 1 : 0) })),
];

it('counts decisions, and accepted ÷ presented over what was shown', async () => {
  const board = await proposalBoard(
    streamed([
      row({ presented: true, answer: 'accepted' }),
      row({ place: 2, presented: true, answer: 'fulfilled' }),
      row({ customer: 'b', presented: true, answer: 'declined' }),
      row({ customer: 'd', presented: true, answer: 'presented' }),
      row({ customer: 'e' }),
      row({ customer: 'f', offerId: null }),
      row({ customer: 'g', arm: 'holdout', holdoutId: 'h' }),
    ]),
    [],
  );
  expect(board).toMatchObject({ decisions: 6, heldOut: 1, nothing: 1, effects: [] });
  expect(board.acceptance).toMatchObject({ value: 0.5, numerator: 2, denominator: 4, class: 'PROCESS' });
  expect((await proposalBoard(streamed([]), [half])).acceptance).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
});

it('the effect of a holdout is by assignment, with its interval', async () => {
  const { effects } = await proposalBoard(streamed(arms()), [half]);
  // 0.75 − 0.25; variances 0.75·0.25·40/39 each: standard error √(2 · 0.1923077 / 40) = 0.0980581, times 1.959964.
  expect(effects).toMatchObject([
    { holdoutId: 'h', indicator: 'smooth', windowDays: 28, treated: 40, heldOut: 40, sampleRatio: { p: 1, mismatch: false } },
  ]);
  const close = (value: number): unknown => expect.closeTo(value, 10);
  expect(effects[0]?.effect).toMatchObject({ value: close(0.5), numerator: close(0.75), denominator: close(0.25), n: 80 });
  expect(effects[0]?.effect.ci?.low).toBeCloseTo(0.30781, 5);
  expect(effects[0]?.effect.ci?.high).toBeCloseTo(0.69219, 5);
});

it('uplift is by the score of what each got or would have got, and no action has none', async () => {
  // Scored high, half of the treated reach it and nobody held out; scored nothing, nobody does.
  const scored = (high: boolean, held: boolean) =>
    Array.from({ length: 20 }, (_, n) =>
      row({
        customer: `${high} ${held} ${n}`,
        ...(held ? { arm: 'holdout' as const, holdoutId: 'h' } : {}),
        ...(high ? { score: 500 } : { score: null, offerId: null }),
        outcomes: outcome(high && !held && n < 10 ? 1 : 0),
      }),
    );
  const rows = [...scored(true, false), ...scored(true, true), ...scored(false, false), ...scored(false, true)];
  const [{ uplift } = {}] = (await proposalBoard(streamed(rows), [half])).effects;
  // Ten more among 80: a gain of 0.125 from the first half on. Area 0.5 · 0.0625 + 0.5 · 0.125; a random order 0.0625.
  expect(uplift?.points).toEqual([
    { targeted: 0, gain: 0 },
    { targeted: 0.5, gain: 0.125 },
    { targeted: 1, gain: 0.125 },
  ]);
  expect([uplift?.auuc, uplift?.qini]).toMatchObject([
    { value: 0.09375, n: 80, class: 'MEASUREMENT' },
    { value: 0.03125, n: 80, class: 'MEASUREMENT' },
  ]);
});

it('says nothing where the arms are not as they were drawn, or too small', async () => {
  // 40 against 120 of a holdout of half: χ² = 2 · 40² / 80 = 40.
  const [broken] = (await proposalBoard(streamed(arms(40, 120)), [half])).effects;
  expect(broken).toMatchObject({ sampleRatio: { mismatch: true }, effect: { value: null, reasonNull: 'SAMPLE_RATIO_MISMATCH' } });
  expect(broken?.uplift.qini).toMatchObject({ value: null, reasonNull: 'SAMPLE_RATIO_MISMATCH' });
  expect(broken?.sampleRatio.chiSquare).toBeCloseTo(40, 10);
  const [small] = (await proposalBoard(streamed(arms(20, 20)), [half])).effects;
  expect(small).toMatchObject({
    effect: { value: null, reasonNull: 'ARM_TOO_SMALL' },
    uplift: { auuc: { value: null, reasonNull: 'ARM_TOO_SMALL' } },
  });
});

it('takes each customer once, by her first decision, in the slots of the holdout, and by its own arm', async () => {
  const again = row({ customer: 't0', outcomes: outcome(100) });
  const elsewhere = row({ customer: 'x', slot: 'mail', outcomes: outcome(100) });
  const ofAnother = row({ customer: 'y', arm: 'holdout', holdoutId: 'other', outcomes: outcome(100) });
  const second = row({ customer: 'z', place: 2, outcomes: outcome(100) });
  const { effects } = await proposalBoard(streamed([...arms(), again, elsewhere, ofAnother, second]), [{ ...half, slots: ['home'] }]);
  expect(effects).toMatchObject([{ treated: 40, heldOut: 40, effect: { value: expect.closeTo(0.5, 10) } }]);
  // Held out whole, there is nobody to compare with.
  expect((await proposalBoard(streamed(arms()), [{ ...half, to: 1 }])).effects).toEqual([]);
});
