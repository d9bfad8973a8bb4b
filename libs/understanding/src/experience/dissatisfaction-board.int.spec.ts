import {
  cancellationRequested,
  customersMerged,
  requestAcknowledged,
  requestFulfilled,
  requestSubmitted,
  taskDone,
  taskOpened,
  voiceRecorded,
} from '@tsunagari/contracts';
import { specPlatform, type SpecPlatform } from '../../test-programs/spec-platform';

/** Ann complains twice and is helped within an hour, then within two days; Ben is in trouble, asks to leave, and is helped; Cat says so today. */
let on: SpecPlatform;
const METRIC =
  '{ value reasonNull numerator denominator n partial method notes class ci { low high } interval { from to } freshness { projection position } }';
const BOARD = `detected earlyResolution ${METRIC} firstResponse ${METRIC} resolution ${METRIC} limitHours partial freshness { projection }`;
const JANUARY = 'period: { from: "2026-01-01", to: "2026-01-31" }';
type Shown = { readonly dissatisfactionBoard: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
const board = async (more = JANUARY) => (await on.ask<Shown>(`{ dissatisfactionBoard(${more}) { ${BOARD} } }`)).dissatisfactionBoard;

beforeAll(async () => {
  on = await specPlatform();
  const [ann, ben, tab, cat] = [
    await on.customer('ann', '2026-01-01'),
    await on.customer('ben', '2026-01-01'),
    await on.customer('tab', '2026-01-01'),
    await on.customer('cat', '2026-01-01'),
  ];
  const complaint = (requestId: string) => ({ requestId, kind: 'complaint' });
  for (const [requestId, day, answered, settled] of [
    ['c1', '2026-01-10', 'T10:10:00.000Z', '2026-01-10T11:00:00.000Z'],
    ['c2', '2026-01-12', 'T10:30:00.000Z', '2026-01-14T10:00:00.000Z'],
  ] as const) {
    await on.record(ann, requestSubmitted, complaint(requestId), `${day}T10:00:00.000Z`);
    await on.record(ann, requestAcknowledged, { ...complaint(requestId), by: 'user:mika' }, `${day}${answered}`);
    await on.record(ann, requestFulfilled, { ...complaint(requestId), by: 'user:mika', steps: 1, elapsedS: 1 }, settled);
  }
  const voice = (voiceId: string, kind: string) => ({ touchpointId: 'shop', voiceId, kind, text: 'x' });
  const task = { taskId: 't1', title: 'see to it', owner: 'team:success', due: '2026-01-21T10:00:00.000Z', about: ben };
  await on.record(ben, voiceRecorded, voice('v1', 'trouble'), '2026-01-20T10:00:00.000Z');
  await on.record(ben, voiceRecorded, voice('v2', 'praise'), '2026-01-20T10:00:00.000Z');
  await on.record(null, taskOpened, task, '2026-01-20T10:01:00.000Z');
  // It is Ben who signed in at the tab, too: that he asked to leave there counts.
  await on.record(ben, customersMerged, { subjects: [ben, tab], by: 'user:ops', reason: 'the same person' }, '2026-01-20T11:00:00.000Z');
  await on.record(tab, cancellationRequested, { subscriptionId: 's', effectiveAt: '2026-02-10T12:00:00.000Z' }, '2026-01-20T12:00:00.000Z');
  await on.record(null, taskDone, { taskId: 't1', by: 'user:mika' }, '2026-01-20T14:00:00.000Z');
  await on.record(cat, voiceRecorded, voice('v3', 'dissatisfaction'), '2026-01-31T22:00:00.000Z');
  await on.understoodUpTo('2026-01-31');
}, 60_000);
afterAll(() => on.stop());

it('early is in time and before she asks to leave; who is not watched long enough is left out [1.09]', async () => {
  const { detected, earlyResolution, firstResponse, resolution, ...rest } = await board();
  expect(detected).toBe(4);
  expect(earlyResolution).toMatchObject({
    value: expect.stringMatching(/^0\.3333/),
    numerator: '1',
    denominator: '3',
    partial: true,
    notes: ['1 not watched for that long yet, left out'],
    class: 'PROCESS',
    interval: { from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' },
    freshness: { projection: 'journal', position: expect.stringMatching(/^[1-9]/) },
  });
  // Answered after 10 and 30 minutes. Resolved after an hour, four hours, two days, and one open: the median is four hours.
  expect(firstResponse).toMatchObject({ value: '600', n: 2, numerator: '2' });
  expect(resolution).toMatchObject({ value: '14400', n: 4, numerator: '3' });
  expect(rest).toMatchObject({ limitHours: 24, partial: false, freshness: { projection: 'journal' } });
});

it('another limit, another answer; a period without any has no value; a limit that is none is refused', async () => {
  expect((await board(`${JANUARY}, limitHours: 48`))['earlyResolution']).toMatchObject({ numerator: '2', denominator: '3' });
  expect((await board(`${JANUARY}, limitHours: 1`))['earlyResolution']).toMatchObject({ numerator: '1', denominator: '4', partial: false });
  const nobody = await board('period: { from: "2026-01-01", to: "2026-01-09" }');
  expect(nobody).toMatchObject({ detected: 0, earlyResolution: { value: null, reasonNull: 'NO_BASE', ci: null } });
  expect(nobody['resolution']).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
  const refused = await on.refusal(`{ dissatisfactionBoard(${JANUARY}, limitHours: 0) { detected } }`);
  expect(refused).toMatchObject({ code: 'BAD_USER_INPUT', field: 'limitHours' });
});

it('is a metric that can be defined, with the limit of a day', async () => {
  await on.definitions.define(
    {
      kind: 'DefineMetric',
      metricId: 'early',
      name: { ja: '早期解決', en: 'Early resolution' },
      metricKind: 'early-resolution',
      class: 'PROCESS',
      zeroDenominator: 'null-with-reason',
      partialPeriods: 'marked',
    },
    { idempotencyKey: 'early', by: 'user:test', requestId: 'r', at: '2026-02-15T00:00:00.000Z' },
  );
  // Both are read at one position: that of the definition.
  expect(await on.runner.catchUp()).toMatchObject({ kind: 'caught-up' });
  const { metric } = await on.ask<{ metric: unknown }>(`{ metric(metricId: "early", ${JANUARY}) ${METRIC} }`);
  expect(metric).toEqual((await board())['earlyResolution']);
});
