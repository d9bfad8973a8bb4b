import { touchpointPaused, touchpointRegistered, touchpointResumed, touchpointRetired } from '@tsunagari/contracts';
import { recorded } from '@tsunagari/testing';
import { waysBack } from './ways-back';

const place = (touchpointId: string, direction: string, more = {}) =>
  recorded(touchpointRegistered, {
    ...{ touchpointId, direction, name: { ja: '名', en: 'Name' }, kind: 'web', directness: 'direct', online: true, selfService: [] },
    ...more,
  });

it('an answer comes back over what hears, or over the open way back of what only speaks [2.08]', () => {
  const places = [
    place('app', 'two_way'),
    place('phone', 'inbound'),
    place('ad', 'outbound', { returnPathId: 'app' }),
    place('echo', 'outbound', { returnPathId: 'ad' }),
  ];
  const reason = { reason: 'x' };
  const closed = recorded(touchpointPaused, { touchpointId: 'app', ...reason });
  expect(waysBack(places)).toEqual(['app', 'phone', 'ad']);
  expect(waysBack([...places, closed])).toEqual(['phone']);
  expect(waysBack([...places, closed, recorded(touchpointResumed, { touchpointId: 'app' })])).toEqual(['app', 'phone', 'ad']);
  expect(waysBack([...places, recorded(touchpointRetired, { touchpointId: 'ad', ...reason })])).toEqual(['app', 'phone']);
  expect(waysBack([])).toEqual([]);
});
