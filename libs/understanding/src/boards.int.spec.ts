import {
  behaviourRecorded,
  cancellationRequested,
  flowAbandoned,
  flowCompleted,
  flowStarted,
  interactionRecorded,
  marginRecorded,
  proposalAccepted,
  proposalPresented,
  requestAcknowledged,
  requestFulfilled,
  requestSubmitted,
  subscriptionActivated,
  subscriptionCancelled,
} from '@tsunagari/contracts';
import { specPlatform, type SpecPlatform } from '../test-programs/spec-platform';

/**
 * One small world, counted by hand. Ann: buys 5, 12 and 13 January, uses on the same days. Ben: buys 6 and 20 January. Cat: buys 3 February.
 */
let on: SpecPlatform;
let [ann, ben, cat] = ['', '', ''];
const ids: Record<string, string> = {};
const gbp = (amountMinor: number) => ({ amountMinor, currency: 'GBP' });

beforeAll(async () => {
  on = await specPlatform();
  [ann, ben, cat] = [
    await on.customer('ann', '2026-01-01'),
    await on.customer('ben', '2026-01-01'),
    await on.customer('cat', '2026-01-01'),
  ];
  const use = (who: string, at: string, name = 'Open') => on.record(who, behaviourRecorded, { call: 'track', name, properties: {} }, at);
  await on.buys(ann, 'a1', '2026-01-05', 1000);
  await on.buys(ann, 'a2', '2026-01-12T11:00:00.000Z', 3000);
  await on.buys(ann, 'a3', '2026-01-13T23:30:00.000Z', 2000);
  await on.buys(ben, 'b1', '2026-01-06', 500);
  ids['b2'] = await on.buys(ben, 'b2', '2026-01-20', 700);
  await on.buys(cat, 'c1', '2026-02-03', 900);
  await use(ann, '2026-01-05');
  await use(ann, '2026-01-12T11:00:00.000Z');
  await use(ann, '2026-01-13T23:30:00.000Z', 'Share');
  await use(ben, '2026-01-06');
  for (const [orderId, minor] of [
    ['a1', 400],
    ['a2', 900],
    ['a3', 500],
  ] as const)
    await on.record(ann, marginRecorded, { orderId, margin: gbp(minor) }, '2026-01-15');
  const contract = (subscriptionId: string, price: number) => ({
    subscriptionId,
    planId: 'basic',
    planVersion: 1,
    family: 'f',
    kind: 'new',
    price: gbp(price),
    interval: 'month',
    terms: { takesEffect: 'immediately', noticeDays: 0, minimumMonths: 0 },
    graceDays: 10,
    periodEndsAt: '2026-12-10T10:00:00.000Z',
    mrr: gbp(price),
    mrrDelta: gbp(price),
  });
  ids['contract'] = await on.record(ann, subscriptionActivated, contract('s-ann', 1000), '2026-01-10');
  await on.record(ben, subscriptionActivated, contract('s-ben', 3000), '2026-01-10');
  const over = { subscriptionId: 's-ben', voluntary: true, mrr: gbp(0), mrrDelta: gbp(-3000) };
  await on.record(ben, cancellationRequested, { subscriptionId: 's-ben', effectiveAt: '2026-02-10T12:00:00.000Z' }, '2026-02-01');
  await on.record(ben, subscriptionCancelled, over, '2026-02-10');
  for (const [n, initiator] of (['customer', 'company', 'company', 'customer', 'staff'] as const).entries())
    await on.record(
      ann,
      interactionRecorded,
      { touchpointId: 'shop', interactionId: `i${n}`, direction: 'inbound', initiator, proactive: false },
      `2026-01-2${n}`,
    );
  const flow = (flowId: string, kind: string) => ({ touchpointId: 'site', flowId, kind });
  for (const [flowId, kind, steps] of [
    ['f1', 'sign_up', 2],
    ['f2', 'sign_up', 4],
    ['f3', 'cancel', 3],
  ] as const) {
    await on.record(ann, flowStarted, flow(flowId, kind), '2026-01-08T10:00:00.000Z');
    await on.record(ann, flowCompleted, { ...flow(flowId, kind), steps, elapsedS: 10 * steps }, '2026-01-08T10:01:00.000Z');
  }
  await on.record(ben, flowStarted, flow('f4', 'cancel'), '2026-01-09T10:00:00.000Z');
  await on.record(ben, flowAbandoned, { ...flow('f4', 'cancel'), steps: 5, elapsedS: 90 }, '2026-01-09T10:02:00.000Z');
  const request = (requestId: string) => ({ requestId, kind: 'question' });
  for (const [requestId, day] of [
    ['r1', '2026-01-10'],
    ['r2', '2026-01-11'],
    ['r3', '2026-01-12'],
  ] as const)
    await on.record(ann, requestSubmitted, request(requestId), `${day}T10:00:00.000Z`);
  await on.record(ann, requestAcknowledged, { ...request('r1'), by: 'user:mika' }, '2026-01-10T10:10:00.000Z');
  await on.record(ann, requestFulfilled, { ...request('r1'), by: 'user:mika', steps: 1, elapsedS: 3600 }, '2026-01-10T11:00:00.000Z');
  await on.record(ann, requestFulfilled, { ...request('r2'), by: 'user:mika', steps: 1, elapsedS: 1800 }, '2026-01-11T10:30:00.000Z');
  const proposal = (n: number) => ({
    ...(proposalPresented.examples[0] as object),
    proposalId: `0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f.home.1.${n}`,
  });
  for (const n of [1, 2, 3, 4]) await on.record(ann, proposalPresented, proposal(n), `2026-01-2${n}`);
  const { touchpointId: _, ...accepted } = proposal(2) as { touchpointId?: string };
  await on.record(ann, proposalAccepted, accepted, '2026-02-02');
  await on.understoodUpTo('2026-02-14');
}, 60_000);
afterAll(() => on.stop());

const CELLS = '{ rows { cohort size cells { from to returned partial } } }';
type Grid = {
  retention: {
    rows: { cohort: string; size: number; cells: { from: number; to: number | null; returned: number | null; partial: boolean }[] }[];
    bySegment?: unknown;
  };
};
const grid = async (input: string) =>
  (await on.ask<Grid>(`{ retention(input: { ${input} }) ${CELLS} }`)).retention.rows.map(({ cohort, size, cells }) => [
    cohort,
    size,
    ...cells.map(({ returned, partial }) => `${returned}${partial ? '?' : ''}`),
  ]);

describe('retention, counted by hand [0.09]', () => {
  it('of any events gives what the read model gives of purchases, by every method', async () => {
    for (const method of ['ON', 'ON_OR_AFTER', 'WITHIN'])
      for (const unit of ['DAY', 'WEEK', 'MONTH', 'MONTH_30']) {
        const plain = `method: ${method}, unit: ${unit}, units: 3`;
        // A zone of its own with the same days makes it read events.
        expect(await grid(`${plain}, timeZone: "Etc/UTC"`)).toEqual(await grid(plain));
      }
    const brackets = 'method: BRACKET, unit: DAY, brackets: [{ from: 1, to: 7 }, { from: 8, to: 14 }]';
    expect(await grid(`${brackets}, timeZone: "Etc/UTC"`)).toEqual(await grid(brackets));
  });

  it('N-day, unbounded and bracket', async () => {
    // Ann came back on days 7 and 8, Ben on day 14.
    expect(await grid('unit: WEEK, units: 2')).toEqual([
      ['2026-01-05', 2, '1', '1'],
      ['2026-01-12', 0, 'null', 'null'],
      ['2026-01-19', 0, 'null', 'null'],
      ['2026-01-26', 0, 'null', 'null?'],
      ['2026-02-02', 1, '0?'],
    ]);
    expect((await grid('method: ON_OR_AFTER, unit: WEEK, units: 2'))[0]).toEqual(['2026-01-05', 2, '2', '1']);
    const [first] = await grid('method: BRACKET, unit: DAY, brackets: [{ from: 1, to: 7 }, { from: 8, to: 14 }]');
    expect(first).toEqual(['2026-01-05', 1, '1', '1']);
  });

  it('start and return event, names, threshold, rolling, time zone', async () => {
    const week = 'unit: WEEK, units: 1';
    // Uses: Ann on days 0, 7 and 8; Ben on day 0 only.
    expect((await grid(`${week}, start: { kind: USE }, return: { kind: USE }`))[0]).toEqual(['2026-01-05', 2, '1']);
    expect((await grid(`${week}, start: { kind: USE }, return: { kind: USE, name: "Share" }, threshold: 2`))[0]).toEqual([
      '2026-01-05',
      2,
      '0',
    ]);
    expect((await grid(`${week}, start: { kind: USE }, return: { kind: PURCHASE }, threshold: 2`))[0]).toEqual(['2026-01-05', 2, '1']);
    // By the clock, her purchase of the 12th at eleven came 23 hours short of a week.
    expect((await grid(`${week}, threshold: 2, basis: ROLLING`))[0]).toEqual(['2026-01-05', 2, '0']);
    expect((await grid(`${week}, threshold: 2`))[0]).toEqual(['2026-01-05', 2, '1']);
    // In Tokyo her last purchase was on the 14th: nine days after the first.
    const bracket = 'method: BRACKET, unit: DAY, brackets: [{ from: 9, to: 9 }]';
    expect((await grid(bracket))[0]).toEqual(['2026-01-05', 1, '0']);
    expect((await grid(`${bracket}, timeZone: "Asia/Tokyo"`))[0]).toEqual(['2026-01-05', 1, '1']);
    // One cohort for each week in which somebody bought.
    expect((await grid(`${week}, recurring: true`)).map(([cohort, size]) => [cohort, size])).toEqual([
      ['2026-01-05', 2],
      ['2026-01-12', 1],
      ['2026-01-19', 1],
      ['2026-01-26', 0],
      ['2026-02-02', 1],
    ]);
    expect((await grid(`${week}, start: { kind: SUBSCRIPTION }, return: { kind: INTERACTION }`))[0]).toEqual(['2026-01-05', 2, '1']);
  });

  it('is broken down by the segment of the day of the start, not of today', async () => {
    const key = { by: 'user:test', requestId: 'r', at: '2026-02-15T00:00:00.000Z' };
    const name = { ja: '名', en: 'Name' };
    // Ann paid on the 10th: on the 5th, when she first bought, she was no subscriber.
    await on.definitions.define(
      { kind: 'DefineSegment', segmentId: 'subscribers', name, rule: 'subscriber' },
      { ...key, idempotencyKey: 's1' },
    );
    await on.definitions.define(
      { kind: 'DefineSegment', segmentId: 'first-day', name, rule: 'purchases == 1 && mean_sale > 8.0' },
      { ...key, idempotencyKey: 's2' },
    );
    const { retention } = await on.ask<Grid>(
      `{ retention(input: { unit: WEEK, units: 1, segments: ["subscribers", "first-day"] }) { rows { cohort } bySegment { segmentId definitionVersion rows { cohort size cells { returned } } } } }`,
    );
    expect(retention.bySegment).toEqual([
      {
        segmentId: 'first-day',
        definitionVersion: 1,
        rows: [
          { cohort: '2026-01-05', size: 1, cells: [{ returned: 1 }] },
          ...['2026-01-12', '2026-01-19', '2026-01-26'].map((cohort) => ({ cohort, size: 0, cells: [{ returned: null }] })),
          { cohort: '2026-02-02', size: 1, cells: [{ returned: 0 }] },
        ],
      },
      { segmentId: null, definitionVersion: null, rows: [{ cohort: '2026-01-05', size: 1, cells: [{ returned: 0 }] }] },
    ]);
  });

  it.each([
    ['unit: MONTH, basis: ROLLING', 'input.unit'],
    ['timeZone: "Mars/Olympus"', 'input.timeZone'],
    ['threshold: 0', 'input.threshold'],
    ['start: { kind: PURCHASE, name: "x" }', 'input.start.name'],
    ['segments: ["nobody"]', 'input.segments.0'],
    ['segments: ["subscribers"], recurring: true', 'input.segments'],
  ])('refuses %s', async (input, field) => {
    expect(await on.refusal(`{ retention(input: { ${input} }) { asOfDay } }`)).toMatchObject({ code: 'BAD_USER_INPUT', field });
  });
});

describe('metrics that the platform computes, counted by hand', () => {
  let defined = 0;
  async function metric(
    kind: string,
    of: string,
    period = { from: '2026-01-01', to: '2026-01-31' },
    partialPeriods: 'marked' | 'left-out' = 'marked',
  ) {
    const metricId = `${kind}-${(defined += 1)}`;
    const outcome = await on.definitions.define(
      {
        kind: 'DefineMetric',
        metricId,
        name: { ja: '名', en: kind },
        metricKind: kind,
        class: of as 'RESULT',
        zeroDenominator: 'null-with-reason',
        partialPeriods,
      },
      { idempotencyKey: metricId, by: 'user:test', requestId: 'r', at: '2026-02-15T00:00:00.000Z' },
    );
    expect(outcome).toMatchObject({ kind: 'accepted' });
    const answer = await on.ask<{ metric: Record<string, unknown> }>(
      `{ metric(metricId: "${metricId}", period: { from: "${period.from}", to: "${period.to}" })
        { value reasonNull numerator denominator n partial method notes class interval { from to timeZone } freshness { projection version position } } }`,
    );
    return answer.metric;
  }

  it('active users, reciprocity, acceptance, with their period', async () => {
    expect(await metric('active-users', 'RESULT')).toMatchObject({
      value: '2',
      partial: false,
      interval: { from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z', timeZone: 'UTC' },
      freshness: { projection: 'experience', version: '2', position: expect.stringMatching(/^[1-9]/) },
    });
    expect(await metric('active-users', 'RESULT', { from: '2026-01-06', to: '2026-01-07' })).toMatchObject({ value: '1' });
    expect(await metric('reciprocity', 'PROCESS')).toMatchObject({ value: '0.4', numerator: '2', denominator: '5' });
    expect(await metric('acceptance-rate', 'PROCESS')).toMatchObject({ value: '0.25', n: 4, freshness: { projection: 'journal' } });
    expect(await metric('acceptance-rate', 'PROCESS', { from: '2026-02-01', to: '2026-02-10' })).toMatchObject({
      value: null,
      reasonNull: 'NO_BASE',
    });
  });

  it('first response, resolution, cancel parity: whoever still waits or gave up counts, censored', async () => {
    // Answered after 10 and 30 minutes, one never: the median of three is 30 minutes. Settled after 60 and 30 minutes.
    expect(await metric('first-response', 'PROCESS')).toMatchObject({ value: '1800', n: 3, numerator: '2' });
    expect(await metric('resolution', 'PROCESS')).toMatchObject({ value: '3600', n: 3 });
    // Sign-ups took 2 and 4 steps: median 2. One cancel took 3, one gave up at 5: median 3.
    expect(await metric('cancel-parity', 'PROCESS')).toMatchObject({
      value: '1.5',
      numerator: '3',
      denominator: '2',
      n: 4,
      notes: ['seconds: 1.50', 'completion: 0.50'],
    });
  });

  it('what contracts bring, and what one is worth simply', async () => {
    const february = { from: '2026-02-01', to: '2026-02-14' };
    expect(await metric('mrr', 'RESULT')).toMatchObject({ value: '4000' });
    expect(await metric('arpa', 'RESULT')).toMatchObject({ value: '2000' });
    expect(await metric('logo-retention', 'RESULT', february)).toMatchObject({ value: '0.5' });
    // 3,000 of 4,000 lost in 14 days; the margin of 1,800 on 6,000 is known.
    const monthly = 1 - 0.25 ** (365 / 12 / 14);
    const simple = await metric('ltv-simple', 'RESULT', february);
    expect(Number(simple['value'])).toBeCloseTo((1000 * 0.3) / monthly, 6);
    expect(simple['notes']).toEqual(['the margin is that of the orders whose margin is known']);
    expect(await metric('ltv-simple', 'RESULT')).toMatchObject({ value: null, reasonNull: 'NO_LOSSES' });
  });

  it('historic value is revenue as long as the margin of some order is unknown, and says so', async () => {
    const historic = await metric('ltv-historic', 'RESULT');
    expect(historic).toMatchObject({ value: '2700', numerator: '8100', denominator: '3', method: 'Σ revenue ÷ customers' });
    expect(historic['notes']).toEqual(['the margin is unknown: this is revenue', 'known of 1 of 3 customers: not mixed with revenue']);
  });

  it('a period that is not over is marked, or left out, as the definition says', async () => {
    const open = { from: '2026-02-01', to: '2026-02-28' };
    expect(await metric('active-users', 'RESULT', open)).toMatchObject({ value: '0', partial: true });
    expect(await metric('active-users', 'RESULT', open, 'left-out')).toMatchObject({
      value: null,
      reasonNull: 'PERIOD_NOT_OVER',
      partial: true,
    });
    expect(await metric('active-users', 'RESULT', undefined, 'left-out')).toMatchObject({ value: '2', partial: false });
  });

  it('a kind that is more than one number says where it is answered', async () => {
    const outcome = {
      kind: 'DefineMetric',
      metricId: 'grid',
      name: { ja: '名', en: 'x' },
      metricKind: 'retention',
      class: 'RESULT',
    } as const;
    const how = { zeroDenominator: 'null-with-reason', partialPeriods: 'marked' } as const;
    await on.definitions.define(
      { ...outcome, ...how },
      { idempotencyKey: 'grid', by: 'user:test', requestId: 'r', at: '2026-02-15T00:00:00.000Z' },
    );
    expect(await on.refusal('{ metric(metricId: "grid") { value } }')).toMatchObject({ rule: 'a grid of cohorts: ask `retention`' });
  });
});

describe('margin', () => {
  const value = (who: string) =>
    on.customerOf(
      who,
      `{ ltv { basis reasonNull } holdings { contractValue { basis } }
        purchases { evidence byCurrency { margin { amountMinor } marginOrders orders historicValue { value method notes } } } }`,
    );

  it('of every order makes what she has brought margin; without it, it is revenue, and says so', async () => {
    expect((await value(ann))['purchases']).toMatchObject({
      byCurrency: [
        { margin: { amountMinor: '1800' }, marginOrders: 3, orders: 3, historicValue: { value: '1800', method: 'Σ margin', notes: [] } },
      ],
    });
    expect((await value(ben))['purchases']).toMatchObject({
      byCurrency: [
        { margin: null, historicValue: { value: '1200', method: 'Σ revenue', notes: ['the margin is unknown: this is revenue'] } },
      ],
    });
    expect(await value(cat)).toMatchObject({
      ltv: { basis: null, reasonNull: 'NO_MODEL' },
      holdings: { contractValue: { basis: 'REVENUE' } },
    });
  });
});

describe('every derived value of a customer says what it rests on', () => {
  it('facts of hers, and the version and position of the projection [1.14]', async () => {
    const name = { ja: '名', en: 'Name' };
    const asked = { by: 'user:test', requestId: 'r', at: '2026-02-15T00:00:00.000Z' };
    await on.definitions.define(
      { kind: 'DefineLifecycle', stages: [{ stageId: 'buyer', name, rule: 'purchases > 0' }] },
      { ...asked, idempotencyKey: 'e1' },
    );
    await on.definitions.define({ kind: 'DefineNeed', needId: 'n', name, rule: 'uses_90d > 0' }, { ...asked, idempotencyKey: 'e2' });
    on.errors.length = 0;
    const rests = 'evidence freshness { version position }';
    const customer = await on.customerOf(
      ann,
      `{
        attributes { name value ${rests} } holdings { ${rests} contracts { evidence } contractValue { evidence } } usage { ${rests} } connection { ${rests} }
        satisfaction { freshness { version position } } stage { ${rests} } segments { ${rests} } needs { ${rests} } churnRisk { ${rests} raised }
        purchases { ${rests} } rfm { ${rests} } profile { ${rests} } ltv { ${rests} } purchaseProbability { ${rests} } }`,
    );
    const facts = await on.journal.bySubjects({ subjects: [ann] });
    const hers = new Set(facts.map(({ id }) => id));
    const without: string[] = [];
    const strange: string[] = [];
    const look = (node: unknown, at: string): void => {
      if (Array.isArray(node)) return node.forEach((each, n) => look(each, `${at}.${n}`));
      if (typeof node !== 'object' || node === null) return;
      const { evidence, freshness, value, name: called } = node as Record<string, unknown>;
      if (Array.isArray(evidence)) {
        for (const id of evidence) if (!hers.has(String(id))) strange.push(`${at}: ${String(id)}`);
        const isKnown = !('value' in node) || (value !== null && value !== '0');
        if (evidence.length === 0 && isKnown && called !== 'as_of') without.push(`${at} ${String(called ?? '')}`);
      }
      if ('freshness' in node)
        expect(freshness).toMatchObject({ version: expect.stringMatching(/^[1-9]/), position: expect.stringMatching(/^[1-9]/) });
      for (const [field, child] of Object.entries(node)) look(child, `${at}.${field}`);
    };
    look(customer, 'customer');
    expect(strange).toEqual([]);
    // She voiced nothing and was asked nothing.
    expect(without.filter((at) => !/dissatisfactions|unanswered/.test(at))).toEqual([]);
    expect(customer['churnRisk']).toMatchObject({ raised: expect.any(Boolean) });
    expect(on.errors).toEqual([]);
  });
});

describe('a definition that a live decision refers to', () => {
  it('is not retired: the other context is asked, and named', async () => {
    const other = await specPlatform({
      uses: (kind, id) => Promise.resolve(kind === 'metric' && id === 'mrr' ? ['result metric of purpose smooth-hair'] : []),
    });
    try {
      const asked = { by: 'user:test', requestId: 'r', at: '2026-02-15T00:00:00.000Z' };
      for (const metricId of ['mrr', 'nrr'])
        await other.definitions.define(
          {
            kind: 'DefineMetric',
            metricId,
            name: { ja: '名', en: metricId },
            metricKind: metricId,
            class: 'RESULT',
            zeroDenominator: 'null-with-reason',
            partialPeriods: 'marked',
          },
          { ...asked, idempotencyKey: metricId },
        );
      const retire = (definitionId: string) =>
        other.definitions.retire(
          { kind: 'RetireDefinition', of: 'metric', definitionId, reason: 'tidying up' },
          { ...asked, idempotencyKey: `-${definitionId}` },
        );
      expect(await retire('mrr')).toMatchObject({
        kind: 'refused',
        refusal: {
          code: 'DEFINITION_IN_USE',
          field: 'definitionId',
          rule: expect.stringContaining('result metric of purpose smooth-hair'),
        },
      });
      expect(await retire('nrr')).toMatchObject({ kind: 'accepted' });
    } finally {
      await other.stop();
    }
  });
});
