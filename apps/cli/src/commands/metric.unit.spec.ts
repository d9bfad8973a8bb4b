import { UsageError } from '../command';
import { wishOf } from './metric';

const wish = (words: string, options: Readonly<Record<string, string>> = {}) =>
  wishOf({ positionals: words === '' ? [] : words.split(' '), options });

describe('what is asked of metrics', () => {
  it('is all of them, or one over a period or the last month', () => {
    expect(wish('list')).toEqual({ kind: 'list' });
    expect(wish('kinds')).toEqual({ kind: 'kinds' });
    expect(wish('show mrr')).toEqual({ kind: 'show', metricId: 'mrr', period: null, asOf: null });
    const period = { from: '2026-01-01', to: '2026-01-31' };
    expect(wish('show mrr', period)).toEqual({ kind: 'show', metricId: 'mrr', period, asOf: null });
    expect(wish('show mrr', { position: '34357' })).toMatchObject({ period: null, asOf: { position: '34357' } });
    expect(wish('show mrr', { ...period, label: 'march' })).toMatchObject({ period, asOf: { label: 'march' } });
  });

  it.each([
    ['', {}, 'takes list, kinds, or show'],
    ['mrr', {}, 'takes list, kinds, or show'],
    ['show', {}, 'takes list, kinds, or show'],
    ['show mrr nrr', {}, 'takes list, kinds, or show'],
    ['kinds share', {}, 'takes list, kinds, or show'],
    ['kinds', { label: 'march' }, 'a period and a moment are of metric show'],
    ['list', { from: '2026-01-01' }, 'a period and a moment are of metric show'],
    ['list', { label: 'march' }, 'a period and a moment are of metric show'],
    ['show mrr', { position: '1', label: 'march' }, 'one moment is asked for'],
    ['show mrr', { position: 'march' }, 'a position is a whole number, not march'],
    ['show mrr', { from: '2026-01-01' }, '--to is missing'],
    ['show mrr', { to: '2026-01-31' }, '--from is missing'],
    ['show mrr', { from: '2026-01-01', to: 'today' }, '--to is today'],
    ['show mrr', { from: '2026-13-01', to: '2026-01-31' }, '--from is 2026-13-01'],
  ])('is a wrong call as metric %s %j', (words, options, said) => {
    expect(() => wish(words, options)).toThrow(UsageError);
    expect(() => wish(words, options)).toThrow(said);
  });
});
