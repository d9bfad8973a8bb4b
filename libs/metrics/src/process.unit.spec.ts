import {
  acceptanceRate,
  activeUsers,
  alwaysConnectedRate,
  cancelParity,
  earlyResolution,
  medianTime,
  reciprocity,
  tuningCadence,
  tuningHitRate,
} from './process';

describe('process metrics', () => {
  it('shares have a base or no value', () => {
    expect(acceptanceRate({}, { accepted: 3, presented: 12 })).toMatchObject({ value: 0.25, n: 12 });
    for (const empty of [
      acceptanceRate({}, { accepted: 0, presented: 0 }),
      reciprocity({}, { byCustomer: 0, all: 0 }),
      tuningCadence({}, { inTime: 0, due: 0 }),
    ])
      expect(empty).toMatchObject({ value: null, reasonNull: 'NO_BASE', ci: null });
    expect(alwaysConnectedRate({}, { reachable: 1, open: 2 })).toMatchObject({
      value: 0.5,
      numerator: 1,
      denominator: 2,
      class: 'PROCESS',
    });
    expect(alwaysConnectedRate({}, { reachable: 0, open: 0 })).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
    expect(activeUsers({}, ['a', 'b', 'a'], 'as of then')).toMatchObject({ value: 2, method: 'distinct customers, identity as of then' });
    expect(tuningHitRate({}, [{ low: 0.1 }, { low: 0 }, { low: -1 }])).toMatchObject({ value: 1 / 3 });
  });

  it('cancel parity counts those who gave up', () => {
    const flow = (steps: number, completed: boolean) => ({ steps, seconds: steps * 10, completed });
    const parity = cancelParity(
      {},
      [flow(6, true), flow(8, true), flow(3, false)],
      [flow(2, true), flow(4, true), flow(4, true), flow(1, false)],
    );
    expect(parity.steps).toMatchObject({ value: 1.5, numerator: 6, denominator: 4 });
    expect(parity.seconds.value).toBe(1.5);
    expect(parity.completion.value).toBeCloseTo(2 / 3 / 0.75, 12);
    expect(cancelParity({}, [], [flow(2, true)]).steps).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
    expect(cancelParity({}, [flow(2, false)], [flow(2, true)]).steps).toMatchObject({ value: null, reasonNull: 'NOT_REACHED' });
  });

  it('what is still open is censored, not forgotten', () => {
    expect(
      medianTime(
        {},
        [
          { duration: 10, happened: true },
          { duration: 90, happened: false },
          { duration: 80, happened: false },
        ],
        'first response',
      ),
    ).toMatchObject({ value: null, reasonNull: 'NOT_REACHED', n: 3 });
    const early = earlyResolution(
      {},
      [
        { resolvedAfter: 5, cancelAfter: null, watched: 100 },
        { resolvedAfter: 5, cancelAfter: 4, watched: 100 },
        { resolvedAfter: null, cancelAfter: null, watched: 100 },
        { resolvedAfter: null, cancelAfter: null, watched: 5 },
        { resolvedAfter: 2, cancelAfter: null, watched: 5 },
        { resolvedAfter: 10, cancelAfter: 11, watched: 10 },
      ],
      10,
    );
    // In time: the first and the last one. One was resolved after she had asked to leave, one never; two are too young to tell.
    expect(early).toMatchObject({ value: 0.5, numerator: 2, n: 4, partial: true, notes: ['2 not watched for that long yet, left out'] });
    expect(earlyResolution({}, [{ resolvedAfter: 2, cancelAfter: null, watched: 5 }], 10)).toMatchObject({
      value: null,
      reasonNull: 'NO_BASE',
      partial: true,
    });
  });
});
