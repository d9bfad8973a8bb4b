import { serverSettings } from './settings';

describe('settings of the embedded server', () => {
  it.each([
    [0.25, '128MB'],
    [1, '256MB'],
    [2, '512MB'],
    [24, '1024MB'],
  ])('a machine of %d GiB keeps %s of pages', (gib, expected) => {
    expect(serverSettings(5432, 'safe', gib * 2 ** 30)['shared_buffers']).toBe(expected);
  });

  it('a server for tests keeps few, whatever there is', () => {
    expect(serverSettings(5432, 'test', 2 ** 36)['shared_buffers']).toBe('128MB');
  });
});
