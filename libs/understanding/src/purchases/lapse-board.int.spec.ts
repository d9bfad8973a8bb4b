import { orderCancelled } from '@tsunagari/contracts';
import { specPlatform, type SpecPlatform } from '../../test-programs/spec-platform';

/**
 * A rule of 30 days, and February. Ann bought on 10 January and never again: she lapses on 9 February. Ben the same, and comes back on the 20th. Cat buys
 * every week. Dan, silent since 2025, comes back on the 15th; Eve does not. Fay is new, and Gus has never bought.
 */
let on: SpecPlatform;
let before = '';
const FEBRUARY = 'period: { from: "2026-02-01", to: "2026-02-28" }, lapseDays: 30';
const METRIC = '{ value reasonNull numerator denominator n partial notes class ci { low high } asOfDay freshness { projection position } }';
const BOARD = `{ lapse ${METRIC} regained ${METRIC} customers lapsed lapseDays partial asOfDay freshness { projection position } }`;
type Board = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
const board = async (more = FEBRUARY) => (await on.ask<{ lapseBoard: Board }>(`{ lapseBoard(${more}) ${BOARD} }`)).lapseBoard;

beforeAll(async () => {
  on = await specPlatform();
  let made = 0;
  const who: Record<string, string> = {};
  for (const [name, ...days] of [
    ['ann', '2026-01-10'],
    ['ben', '2026-01-10', '2026-02-20'],
    ['cat', '2026-01-20', '2026-02-03', '2026-02-17'],
    ['dan', '2025-06-01', '2026-02-15'],
    ['eve', '2025-06-01'],
    ['fay', '2026-02-02'],
    ['gus'],
  ] as const) {
    const customer = (who[name] = await on.customer(name, '2025-06-01'));
    for (const day of days) await on.buys(customer, `o${++made}`, day);
  }
  await on.understoodUpTo('2026-02-28');
  before = (await on.log.head()).toString();
  // Ben's purchase of the 20th is taken back afterwards: as of then it counted.
  await on.record(who['ben'] ?? '', orderCancelled, { orderId: 'o3' }, '2026-03-01');
  await on.understoodUpTo('2026-03-02');
}, 60_000);
afterAll(() => on.stop());

it('lapsed and regained of those who could, as of the last day of the period', async () => {
  const { lapse, regained, ...rest } = await board();
  expect(lapse).toMatchObject({
    value: expect.stringMatching(/^0\.666/),
    numerator: '2',
    denominator: '3',
    notes: [],
    class: 'RESULT',
    asOfDay: '2026-02-28',
    freshness: { projection: 'purchases' },
  });
  expect(regained).toMatchObject({ value: '0.5', numerator: '1', denominator: '2', notes: [] });
  expect(rest).toMatchObject({ customers: 6, lapsed: 3, lapseDays: 30, partial: false, asOfDay: '2026-02-28' });
});

it('a period that is not over is partial; without a base there is no value; a rule that is none is refused', async () => {
  expect(await board('period: { from: "2026-02-01", to: "2026-03-31" }, lapseDays: 30')).toMatchObject({
    lapse: { partial: true },
    asOfDay: '2026-03-02',
  });
  expect(await board('period: { from: "2025-01-01", to: "2025-01-31" }')).toMatchObject({
    lapse: { value: null, reasonNull: 'NO_BASE' },
    regained: { value: null, reasonNull: 'NO_BASE' },
    customers: 0,
  });
  for (const [more, field] of [
    [`${FEBRUARY.replace('30', '0')}`, 'lapseDays'],
    ['period: { from: "2026-02-02", to: "2026-02-01" }', 'period'],
  ] as const)
    expect(await on.refusal(`{ lapseBoard(${more}) { customers } }`)).toMatchObject({ code: 'BAD_USER_INPUT', field });
});

it('the whole base as of a moment keeps what was known then: she had come back', async () => {
  expect(await on.runner.startRebuild('purchases', { by: 'user:ops', asOf: { label: 'february', position: before } })).toMatchObject({
    kind: 'started',
  });
  const isReady = async () => (await on.runner.labelled('purchases', 'february'))?.isReady === true;
  while (!(await isReady())) await on.runner.catchUp();
  const { lapse, freshness } = await board(`${FEBRUARY}, asOfLabel: "february"`);
  expect(lapse).toMatchObject({ numerator: '2', notes: ['1 of them bought again within the period'], freshness: { position: before } });
  expect(freshness).toMatchObject({ projection: 'purchases', position: before });
  expect(await on.refusal(`{ lapseBoard(${FEBRUARY}, asOfLabel: "never") { customers } }`)).toMatchObject({ code: 'NOT_FOUND' });
});

it('is a pair of metrics that can be defined, with the rule of 90 days', async () => {
  for (const kind of ['lapse', 'regained'])
    await on.definitions.define(
      {
        kind: 'DefineMetric',
        metricId: kind,
        name: { ja: '離反', en: kind },
        metricKind: kind,
        class: 'RESULT',
        zeroDenominator: 'null-with-reason',
        partialPeriods: 'marked',
      },
      { idempotencyKey: kind, by: 'user:test', requestId: 'r', at: '2026-03-03T00:00:00.000Z' },
    );
  const february = 'period: { from: "2026-02-01", to: "2026-02-28" }';
  // Both are read at one position: that of the definitions.
  expect(await on.runner.catchUp()).toMatchObject({ kind: 'caught-up' });
  const { lapse, regained } = await board(february);
  const answer = await on.ask(
    `{ lapse: metric(metricId: "lapse", ${february}) ${METRIC} regained: metric(metricId: "regained", ${february}) ${METRIC} }`,
  );
  expect(answer).toEqual({ lapse, regained });
  expect([lapse, regained]).toMatchObject([
    { numerator: '0', denominator: '3' },
    { numerator: '1', denominator: '2' },
  ]);
});
