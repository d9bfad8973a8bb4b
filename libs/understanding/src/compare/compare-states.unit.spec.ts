import { differencesOf } from './compare-states';

it('names every leaf that became another one, came or went', () => {
  const before = { kind: 'person', byCurrency: { GBP: { orders: 1, saleDays: [[1, 100, 1]] } }, silentSince: 5 };
  const after = {
    kind: 'person',
    byCurrency: {
      GBP: {
        orders: 2,
        saleDays: [
          [1, 100, 1],
          [9, 50, 1],
        ],
      },
    },
    silentSince: null,
    extra: 'x',
  };
  expect(differencesOf(before, after)).toEqual([
    { path: 'byCurrency.GBP.orders', before: '1', after: '2' },
    { path: 'byCurrency.GBP.saleDays.1', before: null, after: '[9,50,1]' },
    { path: 'silentSince', before: '5', after: 'null' },
    { path: 'extra', before: null, after: '"x"' },
  ]);
  expect(differencesOf(before, before)).toEqual([]);
  expect(differencesOf(undefined, { a: 1 })).toEqual([{ path: '', before: null, after: '{"a":1}' }]);
});

it('shows no sealed value', () => {
  const sealed = 'sealed.1.abc';
  expect(JSON.stringify(differencesOf({ value: null }, { value: sealed }))).not.toContain('abc');
});
