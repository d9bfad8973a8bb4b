import {
  behaviourRecorded,
  customersMerged,
  proposalAccepted,
  requestFulfilled,
  requestSubmitted,
  subscriptionActivated,
} from '@tsunagari/contracts';
import { specPlatform, type SpecPlatform } from '../../test-programs/spec-platform';

/**
 * Two customers in January; then, recorded in February, what had happened in January and nobody knew of: a second use, an answer to a request, an order. And a
 * merge. A metric as of the end of January knows nothing of it.
 */
let on: SpecPlatform;
let [then, later] = ['', ''];
const JANUARY = 'period: { from: "2026-01-01", to: "2026-01-31" }';
const FIELDS = '{ value reasonNull numerator denominator n partial asOfDay freshness { projection version position lagMs } }';
const READ_MODELS = ['purchases', 'profile', 'holdings', 'experience', 'reach'] as const;

async function define(
  metricId: string,
  more: { readonly metricKind: string; readonly class: string; readonly rule?: string },
): Promise<void> {
  const outcome = await on.definitions.define(
    {
      kind: 'DefineMetric',
      metricId,
      name: { ja: '名', en: metricId },
      zeroDenominator: 'null-with-reason',
      partialPeriods: 'marked',
      ...more,
      class: more.class as 'RESULT',
    },
    { idempotencyKey: metricId, by: 'user:test', requestId: 'r', at: '2026-02-15T00:00:00.000Z' },
  );
  expect(outcome).toMatchObject({ kind: 'accepted' });
}
const ask = async (metricId: string, more = '') =>
  (await on.ask<{ metric: Readonly<Record<string, unknown>> }>(`{ metric(metricId: "${metricId}", ${JANUARY} ${more}) ${FIELDS} }`)).metric;
const refused = (metricId: string, more: string) => on.refusal(`{ metric(metricId: "${metricId}", ${JANUARY} ${more}) { value } }`);

async function built(name: string, label: string, position: string): Promise<void> {
  expect(await on.runner.startRebuild(name, { by: 'user:ops', asOf: { label, position } })).toMatchObject({ kind: 'started' });
  while ((await on.runner.labelled(name, label))?.isReady !== true) await on.runner.catchUp();
}

beforeAll(async () => {
  on = await specPlatform();
  const [ann, ben] = [await on.customer('ann', '2026-01-01'), await on.customer('ben', '2026-01-01')];
  const use = { call: 'track', name: 'Open', properties: {} };
  const contract = {
    subscriptionId: 's-ann',
    planId: 'basic',
    planVersion: 1,
    family: 'f',
    kind: 'new',
    price: { amountMinor: 1000, currency: 'GBP' },
    interval: 'month',
    terms: { takesEffect: 'immediately', noticeDays: 0, minimumMonths: 0 },
    graceDays: 10,
    periodEndsAt: '2026-12-10T10:00:00.000Z',
    mrr: { amountMinor: 1000, currency: 'GBP' },
    mrrDelta: { amountMinor: 1000, currency: 'GBP' },
  };
  await on.buys(ann, 'a1', '2026-01-05', 1000);
  await on.record(ann, behaviourRecorded, use, '2026-01-05T12:00:00.000Z');
  await on.record(ann, subscriptionActivated, contract, '2026-01-10');
  await on.record(ben, requestSubmitted, { requestId: 'r1', kind: 'complaint' }, '2026-01-10T10:00:00.000Z');
  await on.record(ann, proposalAccepted, proposalAccepted.examples[0] as object, '2026-01-05T11:00:00.000Z');
  await on.record(ann, proposalAccepted, proposalAccepted.examples[0] as object, '2026-01-20T11:00:00.000Z');
  await on.understoodUpTo('2026-01-31');
  then = await on.log.head();
  await on.record(ben, behaviourRecorded, use, '2026-01-20T12:00:00.000Z');
  await on.record(
    ben,
    requestFulfilled,
    { requestId: 'r1', kind: 'complaint', by: 'user:mika', steps: 1, elapsedS: 60 },
    '2026-01-10T10:01:00.000Z',
  );
  await on.buys(ben, 'b1', '2026-01-21', 3000);
  await on.record(ben, subscriptionActivated, { ...contract, subscriptionId: 's-ben' }, '2026-01-22');
  await on.understoodUpTo('2026-02-10');
  later = await on.log.head();
  await on.record(ben, customersMerged, { subjects: [ann, ben], by: 'user:ops', reason: 'the same person' }, '2026-02-11');
  await on.understoodUpTo('2026-02-14');
  await define('early', { metricKind: 'early-resolution', class: 'PROCESS' });
  await define('recommended', { metricKind: 'recommendation-share', class: 'PROCESS' });
  await define('active', { metricKind: 'active-users', class: 'RESULT' });
  await define('mrr', { metricKind: 'mrr', class: 'RESULT' });
  await define('worth', { metricKind: 'ltv-historic', class: 'RESULT' });
  await define('connected', { metricKind: 'always-connected', class: 'PROCESS' });
  await define('buyers', { metricKind: 'share', class: 'RESULT', rule: 'purchases > 0' });
}, 60_000);
afterAll(() => on.stop());

describe('what is read from the log', () => {
  it('is answered as of any moment: by position, by when it was recorded, by when it happened', async () => {
    expect(await ask('early')).toMatchObject({ numerator: '1', denominator: '1' });
    const fresh = { projection: 'journal', position: then, lagMs: 0 };
    expect(await ask('early', `asOf: { position: "${then}" }`)).toMatchObject({
      value: '0',
      denominator: '1',
      asOfDay: '2026-01-31',
      freshness: fresh,
    });
    const [{ recorded } = { recorded: '' }] = (await on.log.read({ after: String(Number(then) - 1), limit: 1 })).facts;
    expect(await ask('early', `asOf: { knownBy: "${recorded}" }`)).toMatchObject({ value: expect.any(String), denominator: '1' });
    // By then he had complained, and no day had been closed.
    expect(await refused('early', 'asOf: { occurredBy: "2026-01-10T10:00:30Z" }')).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('knows whose it was then: what Ben used after Ann had accepted follows only once they are one', async () => {
    expect(await ask('recommended')).toMatchObject({ value: '1', n: 2 });
    expect(await ask('recommended', `asOf: { position: "${later}" }`)).toMatchObject({ value: '0.5', n: 2 });
    expect(await ask('recommended', `asOf: { position: "${then}" }`)).toMatchObject({ value: '1', n: 1, freshness: { position: then } });
  });

  it('a board of the log is answered as of any moment, too', async () => {
    const board = async (more: string) =>
      (
        await on.ask<{ dissatisfactionBoard: unknown }>(
          `{ dissatisfactionBoard(${JANUARY} ${more}) { detected earlyResolution ${FIELDS} resolution { value } freshness { position } } }`,
        )
      ).dissatisfactionBoard;
    expect(await board('')).toMatchObject({ detected: 1, earlyResolution: { value: '1' }, resolution: { value: '60' } });
    expect(await board(`asOf: { position: "${then}" }`)).toMatchObject({
      detected: 1,
      earlyResolution: { value: '0', freshness: { position: then } },
      resolution: { value: null },
      freshness: { position: then },
    });
  });

  it('as of a moment before any day was over there is no answer', async () => {
    expect(await refused('early', 'asOf: { position: "1" }')).toMatchObject({
      code: 'NOT_FOUND',
      remedy: expect.stringContaining('Close the days'),
    });
  });
});

describe('what stands on read models', () => {
  it.each(['active', 'mrr', 'worth', 'connected', 'buyers'])(
    '%s is refused as of a moment that nobody named, never answered for now',
    async (metricId) => {
      expect(await refused(metricId, `asOf: { position: "${then}" }`)).toMatchObject({
        code: 'AS_OF_UNSUPPORTED',
        field: 'asOf',
        remedy: expect.stringContaining('asOfLabel'),
      });
    },
  );

  it('is answered by the label of its generations, and of one that lacks one it says which', async () => {
    expect(await refused('active', 'asOfLabel: "january"')).toMatchObject({ code: 'NOT_FOUND', field: 'asOfLabel' });
    await built('experience', 'january', then);
    const fresh = { position: then, lagMs: 0 };
    expect(await ask('active', 'asOfLabel: "january"')).toMatchObject({
      value: '1',
      asOfDay: '2026-01-31',
      freshness: { ...fresh, projection: 'experience' },
    });
    expect(await refused('buyers', 'asOfLabel: "january"')).toMatchObject({
      code: 'AS_OF_UNSUPPORTED',
      field: 'asOfLabel',
      remedy: expect.stringContaining(`startRebuild(input: { projection: "purchases", asOf: { label: "january", position: "${then}" } })`),
    });
    for (const name of READ_MODELS.filter((each) => each !== 'experience')) await built(name, 'january', then);
    expect(await ask('buyers', 'asOfLabel: "january"')).toMatchObject({ value: '0.5', n: 2, asOfDay: '2026-01-31', freshness: fresh });
    expect(await ask('buyers')).toMatchObject({ value: '1', n: 1 });
    expect(await ask('mrr', 'asOfLabel: "january"')).toMatchObject({ value: '1000', freshness: { ...fresh, projection: 'holdings' } });
    expect(await ask('mrr')).toMatchObject({ value: '2000' });
    expect(await ask('worth', 'asOfLabel: "january"')).toMatchObject({ value: '1000', denominator: '1' });
    expect(await ask('connected', 'asOfLabel: "january"')).toMatchObject({ value: '0', denominator: '1' });
    // What is read from the log is asked by the same label: it names a moment.
    expect(await ask('early', 'asOfLabel: "january"')).toEqual(await ask('early', `asOf: { position: "${then}" }`));
  });

  it('generations of one label that are of several moments are not mixed', async () => {
    await built('purchases', 'mixed', then);
    for (const name of ['profile', 'holdings', 'experience']) await built(name, 'mixed', later);
    expect(await ask('worth', 'asOfLabel: "mixed"')).toMatchObject({ value: '1000', freshness: { position: then } });
    for (const metricId of ['buyers', 'early'])
      expect(await refused(metricId, 'asOfLabel: "mixed"')).toMatchObject({ code: 'AS_OF_UNSUPPORTED', field: 'asOfLabel' });
  });

  it('one moment is asked for', async () => {
    expect(await refused('active', `asOf: { position: "${then}" }, asOfLabel: "january"`)).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'asOfLabel',
    });
  });
});
