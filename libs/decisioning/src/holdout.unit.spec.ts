import fc from 'fast-check';
import { assignmentOf, bucketOf, bucketOfVersion1, holdoutOf } from './holdout';
import { sampleRatio } from './sample-ratio';

describe('buckets', () => {
  it.each([
    ['', 'a', 0.22],
    ['', 'b', 0.077],
    ['b', 'a', 0.946],
    ['ef', 'd', 0.652],
  ])('version 1 of (%p, %p) is what GrowthBook publishes', (salt, unit, bucket) => {
    expect(bucketOfVersion1(salt, unit)).toBe(bucket);
  });
  it.each([
    ['seed', 'a', 0.0505],
    ['seed', 'b', 0.2696],
    ['foo', 'ab', 0.2575],
    ['foo', 'def', 0.2019],
  ])('version 2 of (%p, %p) is what GrowthBook publishes', (salt, unit, bucket) => {
    expect(bucketOf(salt, unit)).toBe(bucket);
  });
  it('a range that grows at its end keeps everybody whom it held [1.24]', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.double({ min: 0, max: 0.4, noNaN: true }),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        (unit, to, more) => {
          const holdout = { id: 'h', salt: 's', from: 0, to, slots: null };
          if (assignmentOf(holdout, unit).heldOut) expect(assignmentOf({ ...holdout, to: to + more }, unit).heldOut).toBe(true);
        },
      ),
    );
  });
  it('hold their share', () => {
    const held = Array.from({ length: 20_000 }, (_, n) => bucketOf('salt', `unit-${n}`)).filter((bucket) => bucket < 0.1).length;
    expect(sampleRatio([held, 20_000 - held], [1, 9])?.mismatch).toBe(false);
  });
  it('concern the slots that they cover', () => {
    const all = { id: 'all', salt: 's', from: 0, to: 1, slots: null };
    expect(holdoutOf([{ ...all, id: 'other', slots: ['mail'] }, all], 'home', 'u')?.id).toBe('all');
    expect(holdoutOf([{ ...all, slots: ['mail'] }], 'home', 'u')).toBeNull();
  });
});

describe('sample-ratio mismatch', () => {
  it.each([
    [[500, 500], [1, 1], 1],
    [[1000, 1100], [1, 1], 0.029097],
    [[821_588, 815_482], [1, 1], 0.00000182],
    [[310, 340, 350], [1, 1, 1], 0.2725],
  ])('of %p is a chi-square test', (counts, weights, pValue) => {
    expect(sampleRatio(counts, weights)?.pValue).toBeCloseTo(pValue, 4);
  });
  it('is an alarm below 0.001 only', () => {
    expect(sampleRatio([1000, 1100], [1, 1])?.mismatch).toBe(false);
    expect(sampleRatio([821_588, 815_482], [1, 1])?.mismatch).toBe(true);
  });
  it('says nothing of nobody, and refuses an arm without a weight', () => {
    expect(sampleRatio([0, 0], [1, 1])).toBeNull();
    expect(() => sampleRatio([1, 2], [1, 0])).toThrow(RangeError);
  });
});
