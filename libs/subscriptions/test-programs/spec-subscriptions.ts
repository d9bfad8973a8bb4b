import type { Role } from '@tsunagari/access';
import { platformUnderTest, type PlatformUnderTest } from '../../testing/src/platform-under-test';

let made = 0;
export const fresh = (word: string): string => `${word}-${++made}`;
export const buyer = (userId = fresh('buyer')) => ({ type: 'USER_ID', value: userId });
export const price = (amountMinor: string, currency = 'JPY') => ({ amountMinor, currency });
export const definition = (planId: string, over: object = {}) => ({
  planId,
  family: planId,
  name: { ja: '詰め替え', en: 'Refill' },
  price: price('1980'),
  interval: 'MONTH',
  trialDays: 14,
  ...over,
});
export const refused = 'CommandRefused';

const FIELDS = `subscriptionId status planVersion periodEndsAt trialEndsAt mrr { amountMinor currency } pausedUntil cancellableAt version failedPayments
  plan { planId family } addOns { addOnId } content { name value } cancellation { effectiveAt reasonCode } ending { how voluntary reasonCode at }
  migratedFrom { licenceId product credit { amountMinor } } customer { id }`;
const INPUT_OF: Readonly<Record<string, string>> = {
  startTrial: 'StartSubscriptionInput',
  activateSubscription: 'StartSubscriptionInput',
  resumeSubscription: 'SubscriptionInput',
  renewSubscription: 'SubscriptionInput',
};
export const inputOf = (mutation: string): string => INPUT_OF[mutation] ?? `${mutation[0]?.toUpperCase() ?? ''}${mutation.slice(1)}Input`;

export type Asking = { readonly role?: Role; readonly userId?: string };

/** For the specs of subscriptions: a platform from the first of their tests to the last, and what they say to it. */
export function specSubscriptions() {
  let running: PlatformUnderTest;
  beforeAll(async () => {
    running = await platformUnderTest();
  });
  afterAll(() => running.stop());

  const ask = async (mutation: string, input: object, asking: Asking = {}) => {
    const { data, errors } = await running.ask(
      `mutation M($input: ${inputOf(mutation)}!) { ${mutation}(input: $input) { __typename
        ... on SubscriptionAnswer { repeated position subscription { ${FIELDS} } } ... on CommandRefused { code field rule remedy } } }`,
      { input: { idempotencyKey: fresh('key'), ...input } },
      asking,
    );
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    return data[mutation];
  };
  const planAsk = async (mutation: string, input: object) =>
    (
      await running.ask(
        `mutation M($input: ${inputOf(mutation)}!) { ${mutation}(input: $input) { __typename
          ... on PlanAnswer { repeated plan { planId retired version offered { planVersion price { amountMinor } } versions { planVersion published terms { takesEffect noticeDays } } } }
          ... on CommandRefused { code field rule } } }`,
        { input: { idempotencyKey: fresh('key'), ...input } },
      )
    ).data[mutation];
  async function plan(over: object = {}): Promise<string> {
    const planId = fresh('plan');
    expect(await planAsk('definePlan', definition(planId, over))).toMatchObject({ __typename: 'PlanAnswer' });
    expect(await planAsk('publishPlan', { planId, planVersion: 1 })).toMatchObject({ __typename: 'PlanAnswer' });
    return planId;
  }
  async function subscribed(over: object = {}, customer = buyer(), terms: object = {}) {
    const planId = await plan({ terms });
    const { subscription } = await ask('activateSubscription', { planId, customer, ...over });
    return subscription as { subscriptionId: string; version: number; customer: { id: string }; plan: { planId: string } };
  }
  /** Once everything that follows has followed: a cancellation stands on the request board a moment later. */
  const facts = async (): Promise<string> => {
    await running.caughtUp();
    const { rows } = await running.deployment.pool.query<{ n: string }>('select count(*) as n from events');
    return rows[0]?.n ?? '';
  };
  return { platform: () => running, ask, planAsk, plan, subscribed, facts };
}
