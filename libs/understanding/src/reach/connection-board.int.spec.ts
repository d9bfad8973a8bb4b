import {
  behaviourRecorded,
  consentGranted,
  customerConnected,
  customerErased,
  type FactDefinition,
  identifierRegistered,
  interactionRecorded,
  subscriptionActivated,
  subscriptionCancelled,
  touchpointPaused,
  touchpointRegistered,
} from '@tsunagari/contracts';
import { specPlatform, type SpecPlatform } from '../../test-programs/spec-platform';

/**
 * Seven customers, counted by hand as of 31 March. Open relationships: Ann (contract), Ben and Cat (bought in March), Dan (contract), Eve (bought
 * in March). Fay bought in November and lapsed, Gil's contract ended, Hal has never bought, Ida was forgotten.
 */
let on: SpecPlatform;
const id: Record<string, string> = {};
const DAY = '2026-03-31';
const gbp = (amountMinor: number) => ({ amountMinor, currency: 'GBP' });
const contract = (subscriptionId: string) => ({
  ...{ subscriptionId, planId: 'basic', planVersion: 1, family: 'f', kind: 'new', price: gbp(900), interval: 'month', graceDays: 10 },
  terms: { takesEffect: 'immediately', noticeDays: 0, minimumMonths: 0 },
  ...{ periodEndsAt: '2026-12-10T10:00:00.000Z', mrr: gbp(900), mrrDelta: gbp(900) },
});
const place = (touchpointId: string, direction: string) => ({
  ...{ touchpointId, direction, name: { ja: '名', en: 'Name' }, kind: 'web', directness: 'direct', online: true, selfService: [] },
});

async function reachable(name: string, expiresAt?: string): Promise<void> {
  const of = id[name] ?? '';
  await on.record(
    of,
    identifierRegistered,
    { identifierType: 'email', value: `${name}@example.com`, verified: true, kind: 'person' },
    '2026-01-02',
  );
  const said = { category: 'marketing', channel: 'email', source: 'customers', verified: true };
  await on.record(of, consentGranted, { ...said, ...(expiresAt === undefined ? {} : { expiresAt }) }, '2026-01-03');
}
const fact = (name: string, definition: FactDefinition, data: object, day: string) => on.record(id[name] ?? '', definition, data, day);
const connect = (name: string, touchpointId: string) => fact(name, customerConnected, { touchpointId, via: 'sign_up' }, '2026-01-04');

type Shown = { readonly value: string | null; readonly numerator: string; readonly denominator: string };
type Board = Readonly<Record<'alwaysConnected' | 'returnPath' | 'outbound' | 'inUse' | 'inUseOfConnected', Shown>>;
const METRIC = '{ value reasonNull numerator denominator n class method notes freshness { position } }';
const ask = async (args = '') =>
  (
    await on.ask<{ connectionBoard: Board }>(
      `{ connectionBoard${args} { alwaysConnected ${METRIC} returnPath ${METRIC} outbound ${METRIC} inUse ${METRIC} inUseOfConnected ${METRIC} touchpoints asOfDay freshness { position } } }`,
    )
  ).connectionBoard;
const share = ({ numerator, denominator }: Shown): string => `${numerator}/${denominator}`;

beforeAll(async () => {
  on = await specPlatform();
});
afterAll(() => on.stop());

it('says nothing without an open relationship', async () => {
  expect(await on.refusal('{ connectionBoard { asOfDay } }')).toMatchObject({ code: 'NOT_FOUND' });
  on.errors.length = 0;
  await on.understoodUpTo('2026-01-01');
  expect(await ask()).toMatchObject({
    alwaysConnected: { value: null, reasonNull: 'NO_BASE', n: 0, class: 'PROCESS' },
    inUse: { value: null, reasonNull: 'NO_BASE' },
    touchpoints: [],
  });
});

it('counts who can be reached and can answer among open relationships, and use apart [2.04] [2.08]', async () => {
  for (const name of ['ann', 'ben', 'cat', 'dan', 'eve', 'fay', 'gil', 'hal', 'ida']) id[name] = await on.customer(name, '2026-01-01');
  await on.record(null, touchpointRegistered, place('app', 'two_way'), '2026-01-01');
  await on.record(null, touchpointRegistered, place('old', 'two_way'), '2026-01-01');
  await on.record(null, touchpointPaused, { touchpointId: 'old', reason: 'gone' }, '2026-02-01');
  await fact('ann', subscriptionActivated, contract('s-ann'), '2026-01-05');
  await fact('dan', subscriptionActivated, contract('s-dan'), '2026-01-05');
  await fact('gil', subscriptionActivated, contract('s-gil'), '2026-01-05');
  const over = { subscriptionId: 's-gil', voluntary: true, mrr: gbp(0), mrrDelta: gbp(-900) };
  await fact('gil', subscriptionCancelled, over, '2026-02-10');
  for (const name of ['ben', 'cat', 'eve', 'ida']) await on.buys(id[name] ?? '', `o-${name}`, '2026-03-05');
  await on.buys(id['fay'] ?? '', 'o-fay', '2025-11-05');
  // Ann, Ben and those who are not open: both ways. Cat's consent ended, Dan is connected where nobody hears him, Eve agreed to nothing.
  for (const name of ['ann', 'ben', 'dan', 'fay', 'gil', 'hal', 'ida']) await reachable(name);
  await reachable('cat', '2026-03-30T00:00:00.000Z');
  for (const name of ['ann', 'ben', 'cat', 'eve', 'fay', 'gil', 'hal', 'ida']) await connect(name, 'app');
  await connect('dan', 'old');
  await fact('ann', behaviourRecorded, { call: 'track', name: 'Open', properties: {} }, '2026-03-20');
  const contact = { touchpointId: 'app', interactionId: 'i', direction: 'inbound', initiator: 'customer', proactive: false };
  await fact('eve', interactionRecorded, contact, '2026-03-30');
  await fact('ben', interactionRecorded, { ...contact, interactionId: 'j' }, '2026-02-20');
  await fact('ida', customerErased, { subjects: [id['ida']], scope: 'keep-suppression', by: 'user:ops' }, '2026-03-10');
  await on.understoodUpTo(DAY);
  const board = await ask();
  expect(board).toMatchObject({
    alwaysConnected: {
      value: '0.4',
      n: 5,
      class: 'PROCESS',
      notes: ['open: a running contract, or a purchase in the last 90 days', 'in use within 30 days: 2 of 5'],
      freshness: { position: expect.stringMatching(/^[1-9]/) },
    },
    touchpoints: ['app'],
    asOfDay: DAY,
  });
  expect(Object.values(board).slice(0, 5).map(share)).toEqual(['2/5', '4/5', '3/5', '2/5', '1/2']);
  // Ben was in contact 39 days ago.
  expect(share((await ask('(usedWithinDays: 60)')).inUse)).toBe('3/5');
  expect(on.errors).toEqual([]);
});

it('is a metric that a brand may define', async () => {
  await on.definitions.define(
    {
      ...{ kind: 'DefineMetric', metricId: 'reach', name: { ja: '常につながる', en: 'Always connected' }, metricKind: 'always-connected' },
      ...{ class: 'PROCESS', zeroDenominator: 'null-with-reason', partialPeriods: 'marked' },
    },
    { idempotencyKey: 'reach', by: 'user:test', requestId: 'r', at: '2026-04-01T00:00:00.000Z' },
  );
  // An answer is as fresh as the one that lags furthest, which it names.
  await on.runner.catchUp();
  const { metric } = await on.ask<{ metric: object }>('{ metric(metricId: "reach") { value interval { from } freshness { projection } } }');
  expect(metric).toEqual({ value: '0.4', interval: null, freshness: { projection: 'reach' } });
});

it.each([0, 366])('refuses a use within %i days', async (days) => {
  expect(await on.refusal(`{ connectionBoard(usedWithinDays: ${days}) { asOfDay } }`)).toMatchObject({
    code: 'BAD_USER_INPUT',
    field: 'usedWithinDays',
  });
});
