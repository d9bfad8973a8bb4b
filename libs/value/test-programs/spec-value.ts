import { facts as registry, reactionRefused } from '@tsunagari/contracts';
import type { MovableClock } from '@tsunagari/runtime';
import { randomUUID } from 'node:crypto';
import { platformUnderTest, type PlatformUnderTest } from '../../testing/src/platform-under-test';

export type As = { readonly role?: 'marketer' | 'data' | 'success' | 'admin'; readonly userId?: string };

export const text = (en: string) => ({ ja: `日本語 ${en}`, en });

const indicator = {
  ...{ unit: 'points', aggregate: 'LAST', direction: 'AT_LEAST', threshold: '4', windowDays: 14, sustainForDays: 28, everyDays: 7 },
  ...{ source: 'self-assessment', reads: ['self_assessment.combing'] },
};

/**
 * For the specs of value: a platform from the first of their tests to the last, with two purposes of one connected value: `smooth` has an
 * approved indicator, `unmeasured` has none.
 */
export function specValue() {
  let running: PlatformUnderTest;
  beforeAll(async () => {
    running = await platformUnderTest();
    await mutate('defineConnectedValue', { valueModelId: 'm', layerId: 'c', text: text('at ease'), motive: text('oneself') });
    for (const purposeId of ['smooth', 'unmeasured'])
      await mutate('definePurpose', { purposeId, valueModelId: 'm', connectedValueId: 'c', statement: text('smooth') });
    await mutate('defineOutcomeIndicator', { purposeId: 'smooth', indicatorId: 'combing', indicator });
    await mutate('approveOutcomeIndicator', { purposeId: 'smooth', indicatorId: 'combing' }, '', { role: 'data' });
  });
  afterAll(() => running.stop());

  async function mutate(name: string, input: object, fields = '', as: As = { role: 'marketer' }) {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`.replace(/^ConfirmGoal/, 'Goal');
    const { data, errors } = await running.ask(
      `mutation M($input: ${type}!) { result: ${name}(input: $input) { __typename ${fields} ... on CommandRefused { code field rule } } }`,
      { input: { idempotencyKey: randomUUID(), ...input } },
      as,
    );
    expect(errors).toEqual([]);
    return data.result;
  }

  return {
    platform: () => running,
    clock: () => running.deployment.clock as MovableClock,
    mutate,
    /** What followed by itself and was refused. */
    async refusedReactions(): Promise<unknown[]> {
      const { facts } = await running.deployment.log.read({ after: '0', limit: 100, types: [reactionRefused.type] });
      return facts.map((fact) => registry.decode(fact));
    },
  };
}
