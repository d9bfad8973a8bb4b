import { accept } from '@tsunagari/command';
import {
  closeOutcomeWindow,
  facts as registry,
  type GoalAchieved,
  goalAchieved,
  proposalOutcomeAttributed,
  reactionRefused,
  streamName,
} from '@tsunagari/contracts';
import { createReactorRunner, handle } from '@tsunagari/reactor';
import type { MovableClock } from '@tsunagari/runtime';
import {
  active,
  attribute,
  customer,
  decide,
  key,
  offered,
  platform,
  registerPolicy,
  say,
  startBrand,
  worth,
} from '../../testing/src/brand-under-test';
import { outcomeWindow, outcomeWindows } from './index';

startBrand();

const reward = { indicator: 'combing', windowDays: 28 };
const DAY = 86_400_000;
const now = (): string => platform.deployment.clock.now();
const later = (from: string, ms: number): string => new Date(Date.parse(from) + ms).toISOString();

/** The goal of a customer is achieved at a moment, as the context of values records it. */
const achieves = async (customerId: string, at: string, indicatorId = 'combing'): Promise<void> => {
  const subject = customerId.replace('Customer:', '');
  const achieved = { ...(goalAchieved.examples[0] as GoalAchieved), purposeId: 'hair', indicatorId };
  const result = await platform.deployment.path.execute(
    { initial: null, evolve: (state) => state, decide: () => accept({ definition: goalAchieved, subject, data: achieved }) },
    {
      stream: streamName('goal', `${subject}.hair`),
      command: null,
      body: {},
      ...{ idempotencyKey: key(), actor: 'user:spec', source: 'value', correlationId: 'spec', at },
    },
  );
  expect(result.kind).toBe('accepted');
};
type Attributed = { readonly decision: string; readonly reward: number; readonly evidence: number; readonly actor: string };
/** Outcomes of a slot, by decision, in the order of the log. */
const attributed = async (slot: string): Promise<readonly Attributed[]> =>
  (
    await platform.deployment.pool.query<Attributed>(
      `select 'Decision:' || subject || '.' || (data->>'slot') || '.' || (data->>'decision') as decision, (data->>'reward')::float as reward,
         json_array_length(data->'evidenceIds') as evidence, meta->>'actor' as actor
       from events where type = $1 and data->>'slot' = $2 order by pos`,
      [proposalOutcomeAttributed.type, slot],
    )
  ).rows;
const refusedReactions = async (): Promise<readonly { code: string; command: string }[]> =>
  (
    await platform.deployment.pool.query<{ code: string; command: string }>(
      `select data->>'code' as code, data->>'command' as command from events where type = $1 and data->>'reactor' = 'outcome_window'`,
      [reactionRefused.type],
    )
  ).rows;
const rewarding = async (slot: string): Promise<void> => {
  await offered(slot, { slots: [slot], purposeIds: ['hair'] });
  await active(slot, [slot], { reward });
};
const idOf = async (slot: string, who: { readonly id: string }): Promise<string> =>
  (await decide({ customerId: who.id, slot })).decision.id;

beforeAll(async () => {
  await worth('hair', 4000);
  // Before the clock moves: a waiver ends.
  for (const slot of ['timed', 'late', 'merged', 'many', 'erased']) await rewarding(slot);
  await offered('without', { slots: ['without'], purposeIds: ['hair'] });
  await active('without', ['without']);
});

describe('when the window of a decision is over', () => {
  it('its outcome is attributed by a timer, once: to whoever was proposed something, was held out, and by hand before', async () => {
    const [reached, shone, idle, told, held] = [await customer(), await customer(), await customer(), await customer(), await customer()];
    const start = now();
    const [first, second, third, fourth] = [
      await idOf('timed', reached),
      await idOf('timed', shone),
      await idOf('timed', idle),
      await idOf('timed', told),
    ];
    await say('defineHoldout', 'DefineHoldoutInput', { holdoutId: 'timed', salt: 's', to: 1, slots: ['timed'] }, '', 'data');
    const fifth = await idOf('timed', held);
    await attribute({ decisionId: fourth, ...reward, reward: 1 }, 'data');
    await achieves(reached.id, later(start, 10 * DAY));
    await achieves(shone.id, later(start, 10 * DAY), 'shine');
    await achieves(held.id, later(start, 28 * DAY));

    await platform.moveClock(later(start, 28 * DAY - 1));
    expect(await attributed('timed')).toEqual([{ decision: fourth, reward: 1, evidence: 0, actor: 'user:a-data' }]);
    await platform.moveClock(later(start, 28 * DAY));
    const actor = 'system:reactor:outcome_window';
    const outcomes = await attributed('timed');
    expect(outcomes).toHaveLength(5);
    expect(outcomes).toEqual(
      expect.arrayContaining([
        { decision: first, reward: 1, evidence: 1, actor },
        { decision: second, reward: 0, evidence: 0, actor },
        { decision: third, reward: 0, evidence: 0, actor },
        { decision: fifth, reward: 1, evidence: 1, actor },
      ]),
    );
    // Who looked later is told that it stands.
    expect(await attribute({ decisionId: third, ...reward, reward: 1 }, 'data')).toMatchObject({ code: 'OUTCOME_ATTRIBUTED' });
    await platform.moveClock(later(start, 90 * DAY));
    expect(await attributed('timed')).toHaveLength(5);
    expect(await refusedReactions()).toEqual([]);
  });

  it('a process that comes late decides as of the end: what was reached after it does not count', async () => {
    const [before, after] = [await customer(), await customer()];
    const start = now();
    const [one, other] = [await idOf('late', before), await idOf('late', after)];
    await achieves(before.id, later(start, 28 * DAY));
    await achieves(after.id, later(start, 28 * DAY + 1));
    await platform.moveClock(later(start, 60 * DAY));
    const outcomes = await attributed('late');
    expect(outcomes).toHaveLength(2);
    expect(outcomes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ decision: one, reward: 1 }),
        expect.objectContaining({ decision: other, reward: 0 }),
      ]),
    );
  });

  it('is attributed to the customer as she is then: what another subject of hers reached counts after a merge', async () => {
    const [she, also] = [await customer(), await customer()];
    const start = now();
    const decision = await idOf('merged', she);
    await achieves(also.id, later(start, 5 * DAY));
    const merged = await say(
      'mergeCustomers',
      'MergeCustomersInput',
      { customerIds: [she.id, also.id], reason: 'one person' },
      '',
      'admin',
    );
    expect(merged).not.toHaveProperty('code');
    await platform.moveClock(later(start, 28 * DAY));
    expect(await attributed('merged')).toMatchObject([{ decision, reward: 1, evidence: 1 }]);
  });

  it('four processes attribute each outcome once', async () => {
    const { pool, log, journal, store, keyring, path, clock } = platform.deployment;
    const { identity } = platform.services.runner;
    const runners = Array.from({ length: 3 }, () =>
      createReactorRunner({
        ...{ pool, log, journal, registry, schema: 'proposals', store, keyring, now: () => clock.now() },
        reactors: [outcomeWindow],
        handlers: [handle(closeOutcomeWindow, outcomeWindows({ path, journal, identity }))],
      }),
    );
    try {
      for (const runner of runners) expect(await runner.start()).toEqual({ kind: 'started' });
      const start = now();
      const decisions: string[] = [];
      for (let n = 0; n < 20; n++) decisions.push(await idOf('many', await customer()));
      (clock as MovableClock).set(later(start, 29 * DAY));
      await Promise.all([platform.caughtUp(), ...runners.map((runner) => runner.settle())]);
      const outcomes = await attributed('many');
      expect(outcomes.map(({ decision }) => decision).sort()).toEqual([...decisions].sort());
      expect(await refusedReactions()).toEqual([]);
    } finally {
      for (const runner of runners) await runner.stop();
    }
  });

  it('nothing is attributed where the policy names no reward', async () => {
    const she = await customer();
    const start = now();
    await idOf('without', she);
    await achieves(she.id, later(start, DAY));
    await platform.moveClock(later(start, 100 * DAY));
    expect(await attributed('without')).toEqual([]);
  });

  it('of an erased customer nothing can be attributed: operations see that it was refused', async () => {
    const she = await customer();
    const start = now();
    await idOf('erased', she);
    await say('eraseCustomer', 'EraseCustomerInput', { customerId: she.id, confirm: 'ERASE' }, '', 'admin');
    await platform.moveClock(later(start, 28 * DAY));
    expect(await attributed('erased')).toEqual([]);
    expect(await refusedReactions()).toEqual([{ code: 'SUBJECT_ERASED', command: closeOutcomeWindow.name }]);
  });
});

describe('a reward', () => {
  const REWARD = 'query R { decisionPolicies { policyId versions { reward { indicator windowDays } } } }';
  const shown = async (policyId: string) =>
    (await platform.ask(REWARD, {}, { role: 'data' })).data.decisionPolicies.find((one: { policyId: string }) => one.policyId === policyId);

  it('is shown with its policy; it has a window of 1 to 3660 days', async () => {
    await registerPolicy('shown');
    await registerPolicy('shown', { reward });
    expect(await shown('shown')).toEqual({ policyId: 'shown', versions: [{ reward: null }, { reward }] });
    expect(await registerPolicy('endless', { reward: { ...reward, windowDays: 3661 } })).toMatchObject({
      code: 'INVALID_FIELD',
      field: 'content.reward.windowDays',
    });
  });
});
