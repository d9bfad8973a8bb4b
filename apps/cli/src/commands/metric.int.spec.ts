import { type PlatformUnderTest, platformUnderTest } from '../../../../libs/testing/src/platform-under-test';
import { UsageError } from '../command';
import { type MetricWish, toldOf } from './metric';

const JANUARY = { from: '2025-12-01', to: '2025-12-31' };

let platform: PlatformUnderTest;
beforeAll(async () => {
  platform = await platformUnderTest();
});
afterAll(() => platform.stop());

const told = (wish: MetricWish) => toldOf(wish, platform.services);
type Show = Extract<MetricWish, { kind: 'show' }>;
const show = (metricId: string, period: Show['period'] = null, asOf: Show['asOf'] = null) => told({ kind: 'show', metricId, period, asOf });
const define = async (metricId: string, more: string): Promise<void> => {
  const { data } = await platform.ask(
    `mutation { defineMetric(input: { metricId: "${metricId}", name: { ja: "指標", en: "A ${metricId}" }, 
       zeroDenominator: NULL_WITH_REASON, partialPeriods: MARKED, idempotencyKey: "${metricId}", ${more} }) { __typename } }`,
  );
  expect(data).toEqual({ defineMetric: { __typename: 'DefinitionsChanged' } });
};

it('says that nothing is defined, and so far of no day that it is over', async () => {
  expect(await told({ kind: 'list' })).toEqual({ code: 0, value: [], text: expect.stringContaining('No metric is defined yet') });
  await expect(show('buyers')).rejects.toThrow(new UsageError('there is no metric buyers; none is defined yet'));
  await define('buyers', 'class: RESULT, kind: "share", rule: "purchases > 0"');
  await define('contracts', 'class: RESULT, kind: "mrr"');
  await define('answers', 'class: PROCESS, kind: "first-response"');
  expect(await show('buyers')).toMatchObject({ code: 1, text: expect.stringContaining('✗ No day is closed yet.') });
  await expect(show('sellers')).rejects.toThrow(new UsageError('there is no metric sellers; there are buyers, contracts, answers'));
});

it('lists them, and shows one with what it was made of, or why it has no value', async () => {
  for (const userId of ['u-1', 'u-2']) await platform.send('/v1/identify', { userId, messageId: userId });
  await platform.send('/v1/track', {
    userId: 'u-1',
    messageId: 'o-1',
    event: 'Order Completed',
    timestamp: '2025-12-30T00:00:00.000Z',
    properties: { order_id: 'o-1', currency: 'GBP', products: [{ product_id: 'p', price: 10, quantity: 1 }], total: 10 },
  });
  await platform.services.closeDays('2026-01-01', '2025-12-01');
  await platform.caughtUp();

  const { text, value } = await told({ kind: 'list' });
  expect(text.split('\n')).toEqual([
    expect.stringMatching(/metric .*version .*name .*kind .*class/),
    expect.stringContaining('─'),
    expect.stringMatching(/buyers +1 +A buyers +share +result/),
    expect.stringMatching(/contracts +1 +A contracts +mrr +result/),
    expect.stringMatching(/answers +1 +A answers +first-response +process/),
  ]);
  expect(value).toMatchObject([{ metricId: 'buyers', retired: null }, { metricId: 'contracts' }, { metricId: 'answers' }]);

  const buyers = await show('buyers');
  expect(buyers).toMatchObject({ code: 0, value: { metricId: 'buyers', value: '0.5', n: 2, asOfDay: '2026-01-01' } });
  expect(buyers.text).toContain('A buyers (buyers, version 1): 50.00 %');
  expect(buyers.text).toMatch(/between .* % and .* % with probability 0.95/);

  const answers = await show('answers', JANUARY);
  expect(answers).toMatchObject({ code: 0, value: { value: null, reasonNull: 'NO_BASE', n: 0 } });
  expect(answers.text).toContain('A answers (answers, version 1): no value, NO_BASE');
  expect(answers.text).toContain('2025-12-01T00:00:00.000Z to 2026-01-01T00:00:00.000Z (UTC)');
});

it('tells of what kinds one can be defined, and each of them can be: it is answered, or said where', async () => {
  const { code, value, text } = await told({ kind: 'kinds' });
  expect(code).toBe(0);
  const kinds = value as readonly { readonly kind: string; readonly class: string | null; readonly elsewhere: string | null }[];
  expect(kinds.slice(0, 2)).toMatchObject([
    { kind: 'share', class: null, elsewhere: null },
    { kind: 'mean', class: null, elsewhere: null },
  ]);
  expect(text).toMatch(/cac +process +sales and marketing cost ÷ customers first converted +holdings, purchases/);
  expect(text).toMatch(/time-to-value +outcome .* of one indicator: ask `kpiBoard`/);
  for (const { kind, class: of, elsewhere } of kinds.slice(2)) {
    await define(`of-${kind}`, `class: ${of ?? ''}, kind: "${kind}"`);
    const { code: said, value: shown, text: words } = await show(`of-${kind}`);
    if (elsewhere !== null) {
      expect({ kind, said, words }).toEqual({ kind, said: 1, words: `✗ ${kind} cannot be answered here. ${elsewhere}.` });
    } else if (said === 1)
      expect(shown).toMatchObject({ refused: { code: 'NOT_FOUND', remedy: expect.stringMatching(/^Record or import/) } });
    else expect(shown).toMatchObject({ metricId: `of-${kind}`, class: of, definitionVersion: 1 });
  }
  // What is to date speaks of the last closed day, whatever the period.
  for (const kind of ['ltv-historic', 'always-connected']) expect((await show(`of-${kind}`, JANUARY)).text).toContain('as of 2026-01-01;');
  expect((await show('of-active-users')).text).toMatch(/version 1\): \d+$/m);
});

it('passes on what the graph refuses: a wrong question, and what is not there yet', async () => {
  await expect(show('answers', { from: '2026-01-01', to: '2025-12-01' })).rejects.toThrow(UsageError);
  await expect(show('answers', { from: '2026-01-01', to: '2025-12-01' })).rejects.toThrow('from is not after to');
  expect(await show('contracts', JANUARY)).toMatchObject({
    code: 1,
    value: { metricId: 'contracts', refused: { code: 'NOT_FOUND' } },
    text: '✗ There is no contract yet. Record or import subscriptions first.',
  });
});

it('as of a moment it shows what was known then, or why it cannot', async () => {
  const head = await platform.head();
  const answers = await show('answers', JANUARY, { position: head });
  expect(answers).toMatchObject({ code: 0, value: { value: null, reasonNull: 'NO_BASE', freshness: { position: head } } });
  expect(answers.text).toContain(`as of position ${head} of the log`);
  expect(await show('buyers', null, { position: head })).toMatchObject({
    code: 1,
    value: { refused: { code: 'AS_OF_UNSUPPORTED', remedy: expect.stringContaining('asOfLabel') } },
  });
  expect(await show('buyers', null, { label: 'never' })).toMatchObject({ code: 1, value: { refused: { code: 'NOT_FOUND' } } });
});
