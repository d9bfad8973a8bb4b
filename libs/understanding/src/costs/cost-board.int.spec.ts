import { acquisitionCostRecorded, retentionCostRecorded, subscriptionActivated } from '@tsunagari/contracts';
import { specPlatform, type SpecPlatform } from '../../test-programs/spec-platform';

/** Ann buys in January and keeps a contract, Ben bought in January only, Cat first buys in February. */
let on: SpecPlatform;
let ann = '';
const gbp = (amountMinor: number) => ({ amountMinor, currency: 'GBP' });
const cost = (costId: string, amountMinor: number, from: string, to: string, channel: string) => ({
  costId,
  from,
  to,
  cost: gbp(amountMinor),
  channel,
  source: 'books',
});

beforeAll(async () => {
  on = await specPlatform();
  ann = await on.customer('ann', '2026-01-01');
  const [ben, cat] = [await on.customer('ben', '2026-01-01'), await on.customer('cat', '2026-01-01')];
  await on.buys(ann, 'a1', '2026-01-05', 6000);
  await on.buys(ben, 'b1', '2026-01-06', 500);
  await on.buys(cat, 'c1', '2026-02-03', 900);
  const ads = { ...cost('ads', 9999, '2026-01-01', '2026-01-31', 'search'), kind: 'marketing' };
  await on.record(null, acquisitionCostRecorded, ads, '2026-02-01');
  await on.record(null, acquisitionCostRecorded, { ...ads, cost: gbp(1000) }, '2026-02-02');
  const fair = { ...cost('fair', 2800, '2026-02-01', '2026-02-28', 'fair'), kind: 'sales' };
  await on.record(null, acquisitionCostRecorded, fair, '2026-02-03');
  await on.record(null, retentionCostRecorded, cost('care', 350, '2026-02-01', '2026-02-14', 'care'), '2026-02-03');
  const yen = { ...cost('yen', 1, '2025-11-01', '2025-11-30', 'care'), cost: { amountMinor: 1, currency: 'JPY' } };
  await on.record(null, retentionCostRecorded, yen, '2026-02-03');
  await on.record(null, retentionCostRecorded, cost('pound', 1, '2025-11-01', '2025-11-30', 'care'), '2026-02-03');
  await on.understoodUpTo('2026-02-14');
}, 60_000);
afterAll(() => on.stop());

const FIELDS = `currency acquisition { amountMinor } retention { amountMinor } converted kept partial
  byChannel { channel acquisition { amountMinor } retention { amountMinor } }
  cac { value n numerator currency } cacPayback { value reasonNull notes } costRatio { value reasonNull notes } ltvToCac { value reasonNull method notes }
  freshness { position }`;
const board = async (from: string, to: string) =>
  (await on.ask<{ costBoard: object }>(`{ costBoard(period: { from: "${from}", to: "${to}" }) { ${FIELDS} } }`)).costBoard;

it('sets the last word on a cost against whom it won, counted by hand [4.18]', async () => {
  // Of January 1,000, in the second word on it; won Ann and Ben, who have paid 6,500 to date.
  expect(await board('2026-01-01', '2026-01-31')).toMatchObject({
    currency: 'GBP',
    acquisition: { amountMinor: '1000' },
    retention: null,
    converted: 2,
    kept: 0,
    partial: false,
    cac: { value: '500', n: 2, numerator: '1000', currency: 'GBP' },
    cacPayback: { value: null, reasonNull: 'NO_BASE', notes: ['no account pays'] },
    costRatio: { value: null, reasonNull: 'NO_BASE', notes: ['no retention cost is recorded of the period'] },
    ltvToCac: { value: '6.5', method: 'Σ revenue to date ÷ converted customers ÷ CAC', notes: ['the margin is unknown: this is revenue'] },
    freshness: { position: expect.stringMatching(/^[1-9]/) },
  });
});

it('spreads a cost over its days: of a period that is not over, the part up to now; with contracts who is kept, and what one is worth', async () => {
  const contract = { subscriptionId: 's', planId: 'p', planVersion: 1, family: 'f', kind: 'new', price: gbp(2000), interval: 'month' };
  const terms = { terms: { takesEffect: 'immediately', noticeDays: 0, minimumMonths: 0 }, graceDays: 10 };
  const worth = { periodEndsAt: '2026-12-10T10:00:00.000Z', mrr: gbp(2000), mrrDelta: gbp(2000) };
  await on.record(ann, subscriptionActivated, { ...contract, ...terms, ...worth }, '2026-01-10');
  await on.runner.catchUp();
  // Half of February: 1,400 of 2,800 won Cat, 350 kept Ann, whose contract runs on. Ben did not come back.
  expect(await board('2026-02-01', '2026-02-28')).toMatchObject({
    acquisition: { amountMinor: '1400' },
    retention: { amountMinor: '350' },
    converted: 1,
    kept: 1,
    partial: true,
    byChannel: [
      { channel: 'fair', acquisition: { amountMinor: '1400' }, retention: null },
      { channel: 'care', acquisition: null, retention: { amountMinor: '350' } },
    ],
    cac: { value: '1400' },
    costRatio: { value: '4', notes: ['5 is a reference line, not a target'] },
    cacPayback: { value: null, notes: ['the margin is unknown'] },
    ltvToCac: { value: null, reasonNull: 'NO_BASE', notes: ['what a customer is worth is unknown'] },
  });
});

it('says why there is no number where nothing is recorded, or several currencies are', async () => {
  expect(await board('2025-12-01', '2025-12-31')).toMatchObject({ currency: null, acquisition: null, byChannel: [], cac: { value: null } });
  expect(await board('2025-11-01', '2025-11-30')).toMatchObject({
    currency: null,
    retention: null,
    costRatio: { reasonNull: 'MIXED_CURRENCY' },
  });
});

it('answers as metrics that a brand defines', async () => {
  for (const [kind, value] of [
    ['cac', '1400'],
    ['cost-ratio', '4'],
    ['cac-payback', null],
    ['ltv-to-cac', null],
  ] as const) {
    const made = await on.definitions.define(
      {
        kind: 'DefineMetric',
        metricId: kind,
        name: { ja: '名', en: kind },
        metricKind: kind,
        class: 'PROCESS',
        zeroDenominator: 'null-with-reason',
        partialPeriods: 'marked',
      },
      { idempotencyKey: kind, by: 'user:test', requestId: 'r', at: '2026-02-15T00:00:00.000Z' },
    );
    expect(made).toMatchObject({ kind: 'accepted' });
    // Freshness names the one furthest behind: none is.
    expect(await on.runner.catchUp()).toMatchObject({ kind: 'caught-up' });
    const { metric } = await on.ask<{ metric: object }>(
      `{ metric(metricId: "${kind}", period: { from: "2026-02-01", to: "2026-02-14" }) { value partial freshness { projection } } }`,
    );
    expect(metric).toMatchObject({ value, partial: false, freshness: { projection: 'holdings' } });
  }
});
