import { platformUnderTest, type PlatformUnderTest, TEST_NOW } from '../../../testing/src/platform-under-test';

let platform: PlatformUnderTest;
beforeAll(async () => (platform = await platformUnderTest()));
afterAll(() => platform.stop());

const METRIC =
  '{ value reasonNull unit numerator denominator n partial class interval { from to } ci { low } freshness { projection position } }';
const BOARD = `quarantineRate ${METRIC} lateShare ${METRIC} hashMatch ${METRIC} lateAfterHours partial freshness { projection }
  projections { projection lag ${METRIC} rebuildTime ${METRIC} rebuildRate ${METRIC} hashMatch ${METRIC} }`;
const JANUARY = 'period: { from: "2026-01-01", to: "2026-01-01" }';
const TODAY = `period: { from: "2026-01-01", to: "${TEST_NOW.slice(0, 10)}" }`;
const board = async (more = TODAY) => {
  const { data, errors } = await platform.ask(`{ measurementBoard(${more}) { ${BOARD} } }`, {}, { role: 'ops' });
  expect(errors).toEqual([]);
  return data.measurementBoard;
};
const track = (messageId: string, timestamp: string, event: string | number = 'Open') =>
  platform.send('/v1/track', { userId: 'anna', messageId, event, timestamp });

it('counts what came in, late or not, and what was kept out, each once', async () => {
  await track('m1', '2026-01-02T03:00:00.000Z');
  await track('m1', '2026-01-02T03:00:00.000Z'); // sent again: it is received once
  await track('m2', '2026-01-02T01:00:00.000Z'); // two hours old
  await track('m3', '2025-12-28T03:00:00.000Z'); // five days old
  await track('m4', '2026-01-02T03:00:00.000Z', 7); // no name of an event
  const { quarantineRate, lateShare, hashMatch, ...rest } = await board();
  expect(quarantineRate).toMatchObject({
    value: '0.25',
    numerator: '1',
    denominator: '4',
    class: 'MEASUREMENT',
    unit: 'share',
    partial: true,
    interval: { from: '2026-01-01T00:00:00.000Z', to: '2026-01-03T00:00:00.000Z' },
    freshness: { projection: 'journal', position: expect.stringMatching(/^[1-9]/) },
  });
  expect(lateShare).toMatchObject({ numerator: '1', denominator: '3', class: 'MEASUREMENT' });
  expect((await board(`${TODAY}, lateAfterHours: 1`)).lateShare).toMatchObject({ numerator: '2', denominator: '3' });
  expect(hashMatch).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
  expect(rest).toMatchObject({ lateAfterHours: 24, partial: true, freshness: { projection: 'journal' } });
});

it('says how far each read model is, how long its newest rebuild took, and whether it said the same', async () => {
  const of = async (name: string) => (await board()).projections.find(({ projection }: { projection: string }) => projection === name);
  const before = await of('profile');
  expect(before).toMatchObject({
    lag: { value: '0', unit: 'seconds', class: 'MEASUREMENT', freshness: { projection: 'profile' } },
    rebuildTime: { value: null, reasonNull: 'NO_BASE' },
    rebuildRate: { value: null, reasonNull: 'NO_BASE' },
    hashMatch: { value: null, reasonNull: 'NO_BASE' },
  });
  const { data } = await platform.ask('mutation { startRebuild(input: { projection: "profile" }) { __typename } }');
  expect(data.startRebuild.__typename).toBe('ProjectionChanged');
  const end = Date.now() + 40_000;
  while ((await of('profile')).hashMatch.value === null) if (Date.now() > end) throw new Error('it was never built');
  const { rebuildTime, rebuildRate, hashMatch } = await of('profile');
  expect(rebuildTime).toMatchObject({ value: expect.stringMatching(/^[0-9.]+$/), unit: 'seconds', n: expect.any(Number) });
  expect(rebuildRate).toMatchObject({ unit: 'facts per second', numerator: String(rebuildTime.n), denominator: rebuildTime.value });
  expect(hashMatch).toMatchObject({ value: '1', numerator: '1', denominator: '1' });
  expect((await board()).hashMatch).toMatchObject({ value: '1', n: 1 });
  expect((await of('purchases')).hashMatch).toMatchObject({ value: null });
});

it('of a period in which nothing was recorded it says nothing; what is no period and no limit is refused', async () => {
  expect(await board(JANUARY)).toMatchObject({ quarantineRate: { value: null, reasonNull: 'NO_BASE', partial: false }, partial: false });
  for (const [more, field] of [
    [`${TODAY}, lateAfterHours: 0`, 'lateAfterHours'],
    ['period: { from: "2026-01-02", to: "2026-01-01" }', 'period'],
  ] as const) {
    const { errors } = await platform.ask(`{ measurementBoard(${more}) { partial } }`, {}, { role: 'ops' });
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
  }
  const { errors } = await platform.ask(`{ measurementBoard(${TODAY}) { partial } }`, {}, { role: 'marketer' });
  expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
});

it('the shares are metrics that can be defined', async () => {
  for (const kind of ['quarantine-rate', 'late-share', 'hash-match']) {
    const { data } = await platform.ask(
      `mutation { defineMetric(input: { metricId: "${kind}", name: { ja: "指標", en: "${kind}" }, kind: "${kind}", class: MEASUREMENT,
         zeroDenominator: NULL_WITH_REASON, partialPeriods: MARKED, idempotencyKey: "${kind}" }) { __typename } }`,
    );
    expect(data).toEqual({ defineMetric: { __typename: 'DefinitionsChanged' } });
  }
  await platform.services.closeDays('2026-01-02', '2026-01-01');
  await platform.caughtUp();
  const { data } = await platform.ask(
    `{ quarantine: metric(metricId: "quarantine-rate", ${TODAY}) { value n } late: metric(metricId: "late-share", ${TODAY}) { numerator n }
       hash: metric(metricId: "hash-match", ${TODAY}) { value n } }`,
  );
  expect(data).toEqual({ quarantine: { value: '0.25', n: 4 }, late: { numerator: '1', n: 3 }, hash: { value: '1', n: 1 } });
});
