import { standOf } from './status';

it.each([
  ['caught up', { position: '100', lagMs: 0, rebuilding: false }],
  ['behind', { position: '99', lagMs: 0, rebuilding: false }],
  ['2.0 s behind', { position: '99', lagMs: 2_000, rebuilding: false }],
  ['2.0 s behind, rebuilding', { position: '7', lagMs: 2_000, rebuilding: true }],
])('says %s of %j where the log stands at 100', (said, of) => {
  expect(standOf(of, '100')).toBe(said);
});
