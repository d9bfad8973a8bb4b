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
    expect(holdoutOf([{ ...all, slots: ['mail', 'home'] }], 'home', 'u')).toEqual({ id: 'all', bucket: bucketOf('s', 'u') });
  });
  it('hold from their beginning on, to before their end', () => {
    const bucket = bucketOf('s', 'u');
    const of = (from: number, to: number) => assignmentOf({ id: 'h', salt: 's', from, to, slots: null }, 'u');
    expect(of(bucket, bucket + 0.0001)).toEqual({ bucket, heldOut: true });
    expect(of(0, bucket)).toEqual({ bucket, heldOut: false });
    expect(of(bucket + 0.0001, 1)).toEqual({ bucket, heldOut: false });
    const none = { id: 'none', salt: 's', from: 0, to: bucket, slots: null };
    const all = { ...none, id: 'all', to: 1 };
    expect(holdoutOf([none, all], 'home', 'u')).toEqual({ id: 'all', bucket });
    expect(holdoutOf([none], 'home', 'u')).toBeNull();
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
  // Tails by numerical integration of the density.
  it.each([
    [[1000, 1100], [1, 1], 100 ** 2 / 2100, 1, 0.029096331741],
    [[310, 340, 350], [1, 1, 1], 2.6, 2, 0.272531793034],
    [[70, 30, 50, 50, 50], [1, 1, 1, 1, 1], 16, 4, 0.003019163651],
    [[12, 18, 31, 39], [1, 2, 3, 4], 0.4 + 0.2 + 1 / 30 + 1 / 40, 3, 0.882957786874],
    [[120, 80], [3, 2], 0, 1, 1],
  ])('of %p by weights %p is known to many places', (counts, weights, chiSquare, degrees, pValue) => {
    const found = sampleRatio(counts, weights);
    expect(found?.chiSquare).toBeCloseTo(chiSquare, 12);
    expect(found?.degrees).toBe(degrees);
    expect(found?.pValue).toBeCloseTo(pValue, 11);
  });
  it('is an alarm below 0.001 only', () => {
    expect(sampleRatio([1000, 1100], [1, 1])?.mismatch).toBe(false);
    expect(sampleRatio([821_588, 815_482], [1, 1])?.mismatch).toBe(true);
  });
  it('says nothing of nobody, and refuses an arm without a weight', () => {
    expect(sampleRatio([0, 0], [1, 1])).toBeNull();
    expect(() => sampleRatio([1, 2], [1, 0])).toThrow(new RangeError('every arm has a count and a weight above 0'));
    expect(() => sampleRatio([1, 2], [1, 1, 1])).toThrow(RangeError);
    expect(() => sampleRatio([1, 2], [1, -1])).toThrow(RangeError);
    expect(sampleRatio([5], [1])).toBeNull();
    expect(sampleRatio([], [])).toBeNull();
  });
});
