import { hashMatch, projectionLag, qualityShare, rebuildTime } from './measurement';

describe('measurement quality', () => {
  it('shares are of what was received, with their interval, or have no base', () => {
    expect(qualityShare({}, 'quarantined', 1, 8)).toMatchObject({
      value: 0.125,
      numerator: 1,
      denominator: 8,
      n: 8,
      class: 'MEASUREMENT',
      method: 'quarantined inputs ÷ inputs received',
      // Wilson of 1 in 8 by hand: (0.125 + 3.841459/16 ± 1.959964 · √(0.125 · 0.875/8 + 3.841459/256)) ÷ (1 + 3.841459/8).
      ci: { low: expect.closeTo(0.02242, 4), high: expect.closeTo(0.47091, 4) },
    });
    expect(qualityShare({}, 'late', 0, 0)).toMatchObject({ value: null, reasonNull: 'NO_BASE', ci: null });
    expect(hashMatch({}, { equal: 3, built: 4 })).toMatchObject({ value: 0.75, n: 4, class: 'MEASUREMENT' });
    expect(hashMatch({}, { equal: 0, built: 0 })).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
  });

  it('a lag is in seconds, and 0 is a value', () => {
    expect(projectionLag({}, 1500)).toMatchObject({ value: 1.5, unit: 'seconds', class: 'MEASUREMENT', reasonNull: null });
    expect(projectionLag({}, 0)).toMatchObject({ value: 0, reasonNull: null });
  });

  it('a rebuild takes the time that it worked, and has a rate unless it took none', () => {
    const { time, rate } = rebuildTime({}, { facts: 33_982, busyMs: 1500 });
    expect(time).toMatchObject({ value: 1.5, unit: 'seconds', n: 33_982 });
    expect(rate).toMatchObject({ value: 33_982 / 1.5, unit: 'facts per second', numerator: 33_982, denominator: 1.5 });
    expect(rebuildTime({}, { facts: 0, busyMs: 0 })).toMatchObject({ time: { value: 0 }, rate: { value: null, reasonNull: 'NO_BASE' } });
    expect(rebuildTime({}, null)).toMatchObject({
      time: { value: null, reasonNull: 'NO_BASE' },
      rate: { value: null, reasonNull: 'NO_BASE' },
    });
  });
});
