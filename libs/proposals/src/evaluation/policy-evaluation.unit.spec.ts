import type { ModelledChoice } from '@tsunagari/decisioning';
import { evaluationBoard, type JudgedDecisions } from './policy-evaluation';

const choice = (over: Partial<ModelledChoice> = {}): ModelledChoice => ({
  ...{ arm: 'comb', reward: 1, logged: 0.5, target: 0.5, unsupported: 0 },
  chances: [{ arm: 'comb', p: 1 }],
  ...over,
});
const times = (n: number, over: Partial<ModelledChoice> = {}): ModelledChoice[] => Array.from({ length: n }, () => choice(over));
const reward = { indicator: 'smooth', windowDays: 28 };
const boardOf = (choices: readonly ModelledChoice[], over: Partial<JudgedDecisions> = {}) =>
  evaluationBoard({ choices, withoutOutcome: 0, heldOut: 0, redacted: 0, ...over }, reward, 10);
const ESTIMATES = ['ips', 'clippedIps', 'snips', 'dm', 'dr'] as const;

describe('what a candidate would have brought', () => {
  it('is told with its interval, its base and how it was computed, beside what was earned', () => {
    const board = boardOf([...times(100, { reward: 1 }), ...times(100, { reward: 0 })], { withoutOutcome: 7, heldOut: 3, redacted: 2 });
    expect(board).toMatchObject({
      ...{ n: 200, effectiveSampleSize: 200, meanWeight: 1, largestWeight: 1, unsupportedShare: 0, clip: 10, doubts: [] },
      ...{ withoutOutcome: 7, heldOut: 3, redacted: 2 },
    });
    const half = { value: expect.closeTo(0.5, 12), reasonNull: null, n: 200, class: 'MEASUREMENT', unit: 'score' };
    // The standard error of 100 ones and 100 noughts.
    const error = 1.959963984540054 * Math.sqrt(50 / 199 / 200);
    expect(board.logged).toMatchObject({ ...half, ci: { low: expect.closeTo(0.5 - error, 12), high: expect.closeTo(0.5 + error, 12) } });
    expect(board.ips).toMatchObject({ ...half, method: 'IPS: mean(w·r)', ci: { low: expect.closeTo(0.5 - error, 12), level: 0.95 } });
    expect(board.clippedIps.method).toBe('clipped IPS: mean(min(w, 10)·r)');
    for (const name of ESTIMATES) {
      expect(board[name].value).toBeCloseTo(0.5, 12);
      expect(board[name].notes).toEqual(['outcome smooth within 28 days', '7 decisions without that outcome are left out']);
    }
  });

  it.each([
    ['NO_BASE', []],
    ['EFFECTIVE_SAMPLE_TOO_SMALL', times(99)],
    ['WEIGHTS_OFF', times(200, { target: 0.6 })],
    ['SUPPORT_VIOLATION', [...times(190), ...times(10, { target: 0, unsupported: 1 })]],
  ])('has no value for %s, and says so', (reason, choices) => {
    const board = boardOf(choices);
    expect(board.doubts[0]).toBe(reason);
    for (const name of ESTIMATES) expect(board[name]).toMatchObject({ value: null, reasonNull: reason, ci: null, n: choices.length });
    expect(board.logged.value).toBe(choices.length === 0 ? null : 1);
  });

  it('tells every doubt, what cannot be known before what is not known well', () => {
    const board = boardOf(times(20, { target: 0, unsupported: 1 }));
    expect(board.doubts).toEqual(['SUPPORT_VIOLATION', 'EFFECTIVE_SAMPLE_TOO_SMALL']);
    expect(board.snips.notes).toEqual([
      'outcome smooth within 28 days',
      "at most 0.01 of the candidate's choices may lie outside the log",
      'an effective sample of at least 100',
    ]);
  });

  it('of one decision has no interval of what was earned', () => {
    expect(boardOf(times(1)).logged).toMatchObject({ value: 1, ci: null });
  });
});
