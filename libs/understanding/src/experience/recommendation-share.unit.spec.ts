import { RecommendedUses } from './recommendation-share.query';

const at = (hour: number): string => new Date(Date.UTC(2026, 0, 2) + hour * 3_600_000).toISOString();
const uses = (of: readonly (readonly [customer: string, hour: number, call?: string])[]) => {
  const accepted = new Map([['ann', [Date.parse(at(0)), Date.parse(at(100))]]]);
  const count = new RecommendedUses(accepted, { from: at(-5), to: at(200) });
  for (const [customer, hour, call = 'track'] of of)
    count.add({ data: { call, name: 'Open', properties: {} }, occurred: at(hour) }, customer);
  return count.result();
};

it('a use follows what its own customer accepted, within a day, never before', () => {
  expect(
    uses([
      ['ann', 0],
      ['ann', 23.9],
      ['ann', 24],
      ['ann', -1],
      ['ann', 99],
      ['ann', 101, 'screen'],
      ['ben', 1],
    ]),
  ).toEqual({ recommended: 3, all: 7 });
});

it('counts uses only, within the period', () => {
  expect(
    uses([
      ['ann', 1, 'page'],
      ['ann', 1, 'identify'],
      ['ann', -6],
      ['ann', 200],
    ]),
  ).toEqual({ recommended: 0, all: 0 });
});
