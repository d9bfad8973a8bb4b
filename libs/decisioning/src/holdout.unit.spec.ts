import { sampleRatioTest } from '@tsunagari/metrics';
import fc from 'fast-check';
import { assignmentOf, bucketOf, bucketOfVersion1, holdoutOf } from './holdout';

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
    expect(sampleRatioTest([held, 20_000 - held], [1, 9]).mismatch).toBe(false);
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
