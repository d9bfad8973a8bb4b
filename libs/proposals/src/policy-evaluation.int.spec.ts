import { facts as registry } from '@tsunagari/contracts';
import { active, attribute, decide, offered, createOffer, platform, say, startBrand, worth } from '../../testing/src/brand-under-test';
import { type DecisionRow, decisionTable } from './evaluation/decision-table';

startBrand();

const METRIC = '{ value reasonNull n method class unit ci notes }';
const EVALUATE = `query Evaluate($input: PolicyEvaluationInput!) { evaluatePolicy(input: $input) { __typename
  ... on CommandRefused { code field }
  ... on PolicyEvaluated { evaluation { n withoutOutcome heldOut redacted effectiveSampleSize meanWeight largestWeight unsupportedShare clip doubts
    logged ${METRIC} ips ${METRIC} clippedIps ${METRIC} snips ${METRIC} dm ${METRIC} dr ${METRIC} } } } }`;
const reward = { indicator: 'smooth', windowDays: 28 };
const ask = (input: object, role: 'data' | 'frontend' = 'data') =>
  platform.ask(EVALUATE, { input: { slot: 'judged', reward, ...input } }, { role });
const evaluate = async (input: object) => (await ask(input)).data.evaluatePolicy.evaluation;

const table = async (slot: string): Promise<readonly DecisionRow[]> => {
  const { log, store } = platform.deployment;
  const rows: DecisionRow[] = [];
  for await (const row of decisionTable({ log, store, registry, identity: platform.services.runner.identity }, { slot })) rows.push(row);
  return rows;
};
/** Ten at a time. */
const each = async <T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> => {
  for (let n = 0; n < items.length; n += 10) await Promise.all(items.slice(n, n + 10).map(work));
};
const identifier = (n: number) => ({ type: 'USER_ID', value: `judged-${n}` });
/** The same seeds in every run: which offer each of them gets hangs on the key alone. */
const decideFor = (n: number, slot = 'judged') => decide({ identifier: identifier(n), slot, idempotencyKey: `${slot}-${n}` }, 'admin');
/** Who is combed is smooth two times of three, who is oiled one of four, and nobody of herself. */
const came: Readonly<Record<string, number>> = { comb: 3, oil: 4 };
const N = 300;
let rows: readonly DecisionRow[];
const meanOf = (offerId?: string): number => {
  const of = rows.filter((row) => offerId === undefined || row.offerId === offerId);
  return of.reduce((sum, { outcomes }) => sum + (outcomes[0]?.reward ?? 0), 0) / of.length;
};

beforeAll(async () => {
  await worth('hair', 4000);
  const here = { slots: ['judged', 'few', 'certain'], purposeIds: ['hair'] };
  await offered('comb', { ...here, goalEffect: { value: 0.2, basis: 'MEASURED' } });
  await offered('oil', { ...here, goalEffect: { value: 0.1, basis: 'MEASURED' } });
  await createOffer('draft', here);
  // The best with 0.4, the other and no action with 0.3 each.
  await active('exploring', ['judged', 'few'], { kind: 'EPSILON_GREEDY', exploration: 0.9, toBeEvaluated: true });
  await active('strict', ['certain']);
  for (let from = 0; from < N; from += 100)
    expect(
      (
        await platform.send('/v1/batch', {
          batch: Array.from({ length: 100 }, (_, n) => ({
            type: 'identify',
            messageId: `m-${from + n}`,
            userId: identifier(from + n).value,
          })),
        })
      ).status,
    ).toBe(200);
  const customers = Array.from({ length: N }, (_, n) => n);
  await each(customers, async (n) => expect(await decideFor(n)).not.toHaveProperty('code'));
  const counts = new Map<string, number>();
  await each(await table('judged'), async ({ decisionId, offerId }) => {
    const nth = (counts.get(offerId ?? '') ?? 0) + 1;
    counts.set(offerId ?? '', nth);
    const every = came[offerId ?? ''];
    const smooth = every !== undefined && (offerId === 'comb' ? nth % every !== 0 : nth % every === 0);
    await attribute({ decisionId: `Decision:${decisionId}`, ...reward, reward: smooth ? 1 : 0 }, 'data');
  });
  rows = await table('judged');
}, 120_000);

describe('evaluatePolicy', () => {
  it('of the policy that decided is what was earned, by every estimator', async () => {
    const found = await evaluate({ policy: { policyId: 'exploring', policyVersion: 1 } });
    expect(found).toMatchObject({
      ...{ n: N, withoutOutcome: 0, heldOut: 0, redacted: 0, unsupportedShare: 0, clip: 10, doubts: [] },
      ...{ effectiveSampleSize: N, meanWeight: 1, largestWeight: 1 },
    });
    const earned = { value: expect.closeTo(meanOf(), 9), reasonNull: null, n: N, class: 'MEASUREMENT', unit: 'score' };
    for (const name of ['logged', 'ips', 'clippedIps', 'snips']) expect(found[name]).toMatchObject(earned);
    expect(found.ips.ci).toEqual([expect.closeTo(found.logged.ci[0], 9), expect.closeTo(found.logged.ci[1], 9)]);
  });

  it('of one that always takes the best is what the best brought, weighed by how seldom it was chosen', async () => {
    const found = await evaluate({ policy: { policyId: 'strict', policyVersion: 1 } });
    const combed = rows.filter(({ offerId }) => offerId === 'comb').length;
    expect(found).toMatchObject({ n: N, unsupportedShare: 0, doubts: [], effectiveSampleSize: expect.closeTo(combed, 6) });
    expect(found.largestWeight).toBeCloseTo(2.5, 9);
    expect(found.meanWeight).toBeCloseTo((2.5 * combed) / N, 9);
    expect(found.snips.value).toBeCloseTo(meanOf('comb'), 9);
    expect(found.ips.value).toBeCloseTo((meanOf('comb') * 2.5 * combed) / N, 9);
    // The truth is two of three; what was earned is far below.
    for (const name of ['snips', 'ips', 'dr']) {
      expect(found[name].ci[0]).toBeLessThan(2 / 3);
      expect(found[name].ci[1]).toBeGreaterThan(2 / 3);
    }
    expect(found.dr.ci[1] - found.dr.ci[0]).toBeLessThan(found.ips.ci[1] - found.ips.ci[0]);
    expect(found.dm.value).toBeGreaterThan(meanOf());
    expect(found.logged.value).toBeCloseTo(meanOf(), 9);
    // The offer alone is the same candidate here, and needs nothing of what was seen.
    const alone = await evaluate({ offerId: 'comb' });
    expect(alone.snips).toEqual(found.snips);
    expect(alone.dr).toEqual(found.dr);
  });

  it('cuts weights where it is told to, and records it', async () => {
    const found = await evaluate({ policy: { policyId: 'strict', policyVersion: 1 }, clip: 2 });
    expect(found).toMatchObject({ clip: 2, clippedIps: { method: 'clipped IPS: mean(min(w, 2)·r)' } });
    expect(found.clippedIps.value).toBeCloseTo((found.ips.value * 2) / 2.5, 9);
  });

  it('has no value where the log never held what the candidate would have chosen', async () => {
    const found = await evaluate({ offerId: 'draft' });
    expect(found).toMatchObject({ unsupportedShare: 1, doubts: ['SUPPORT_VIOLATION', 'EFFECTIVE_SAMPLE_TOO_SMALL'] });
    for (const name of ['ips', 'clippedIps', 'snips', 'dm', 'dr'])
      expect(found[name]).toMatchObject({ value: null, reasonNull: 'SUPPORT_VIOLATION', n: N, ci: null });
    expect(found.logged.value).toBeCloseTo(meanOf(), 9);
  });

  it('has none without the outcome asked for, or in a period of no decisions', async () => {
    const unknown = await evaluate({ offerId: 'comb', reward: { indicator: 'smooth', windowDays: 7 } });
    expect(unknown).toMatchObject({ n: 0, withoutOutcome: N, snips: { value: null, reasonNull: 'NO_BASE' }, logged: { value: null } });
    const before = await evaluate({ offerId: 'comb', to: rows[0]?.decidedAt });
    expect(before).toMatchObject({ n: 0, withoutOutcome: 0, doubts: ['NO_BASE', 'EFFECTIVE_SAMPLE_TOO_SMALL'] });
    expect(await evaluate({ offerId: 'comb', from: rows[0]?.decidedAt })).toMatchObject({ n: N });
  });

  it('has none of a handful of decisions; one that chose with certainty judges no other', async () => {
    for (const [n, slot] of [
      [0, 'few'],
      [1, 'few'],
      [2, 'certain'],
      [3, 'certain'],
    ] as const) {
      // prettier-ignore
      const { decision } = await decideFor(n, slot);
      await attribute({ decisionId: decision.id, ...reward, reward: 1 }, 'data');
    }
    const few = await evaluate({ slot: 'few', policy: { policyId: 'exploring', policyVersion: 1 } });
    expect(few).toMatchObject({ n: 2, ips: { value: null, reasonNull: 'EFFECTIVE_SAMPLE_TOO_SMALL' }, logged: { value: 1 } });
    const certain = await evaluate({ slot: 'certain', policy: { policyId: 'exploring', policyVersion: 1 } });
    expect(certain.unsupportedShare).toBeCloseTo(0.6, 9);
    expect(certain).toMatchObject({ n: 2, dr: { value: null, reasonNull: 'SUPPORT_VIOLATION' } });
  });

  it('counts who is held out and who was erased, and rests on neither', async () => {
    const { decision } = await decideFor(4, 'few');
    await attribute({ decisionId: decision.id, ...reward, reward: 1 }, 'data');
    await say('defineHoldout', 'DefineHoldoutInput', { holdoutId: 'all', salt: 's', to: 1, slots: ['few'] }, '', 'data');
    const held = await decideFor(5, 'few');
    await attribute({ decisionId: held.decision.id, ...reward, reward: 0 }, 'data');
    const { customer } = (await platform.ask('query C($i: IdentifierInput!) { customer(identifier: $i) { id } }', { i: identifier(4) }))
      .data;
    await say('eraseCustomer', 'EraseCustomerInput', { customerId: customer.id, confirm: 'ERASE' }, '', 'admin');
    const found = await evaluate({ slot: 'few', policy: { policyId: 'exploring', policyVersion: 1 } });
    expect(found).toMatchObject({ n: 2, heldOut: 1, redacted: 1, withoutOutcome: 0 });
    // An offer is judged by what was recorded in the clear.
    expect(await evaluate({ slot: 'few', offerId: 'comb' })).toMatchObject({ n: 3, heldOut: 1, redacted: 0 });
  });

  it.each([
    [{}, 'INVALID_FIELD', 'input.policy'],
    [{ offerId: 'comb', policy: { policyId: 'strict', policyVersion: 1 } }, 'INVALID_FIELD', 'input.policy'],
    [{ policy: { policyId: 'nobody', policyVersion: 1 } }, 'UNKNOWN_POLICY', 'input.policy'],
    [{ policy: { policyId: 'strict', policyVersion: 9 } }, 'UNKNOWN_POLICY', 'input.policy'],
    [{ offerId: 'nothing' }, 'UNKNOWN_OFFER', 'input.offerId'],
    [{ offerId: 'comb', clip: 0.5 }, 'INVALID_FIELD', 'input.clip'],
  ])('refuses %j', async (input, code, field) => {
    expect((await ask(input)).data.evaluatePolicy).toMatchObject({ __typename: 'CommandRefused', code, field });
  });

  it('is for those who read boards', async () => {
    expect((await ask({ offerId: 'comb' }, 'frontend')).errors[0]?.extensions['code']).toBe('FORBIDDEN');
  });
});
