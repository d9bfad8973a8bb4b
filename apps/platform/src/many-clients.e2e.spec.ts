import { createPool, runningServerUrl } from '@tsunagari/postgres';
import { Agent, request } from 'node:http';
import path from 'node:path';
import { type Bundles, buildBundles, startPlatformProcess, temporaryHome, tokenOf } from './testing/bundles';

jest.setTimeout(240_000);

const CLIENTS = 1000;
const OFFERS = 8;

let bundles: Bundles;
beforeAll(async () => {
  bundles = await buildBundles();
});
afterAll(() => bundles.remove());

type Said = {
  readonly status: number;
  // Specs say what they expect of an answer.
  readonly data: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly errors: readonly unknown[];
};

/** A client with one connection of its own, kept open between its requests. */
function client(url: string, token: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const say = (mutation: string, type: string, input: object, body: string): Promise<Said> =>
    new Promise((resolve, reject) => {
      const asked = request(
        `${url}/graphql`,
        { method: 'POST', agent, headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const { data = null, errors = [] } = JSON.parse(Buffer.concat(chunks).toString()) as { data?: unknown; errors?: unknown[] };
            resolve({ status: response.statusCode ?? 0, data, errors });
          });
        },
      );
      asked.on('error', reject);
      asked.end(
        JSON.stringify({
          query: `mutation Say($input: ${type}!) { said: ${mutation}(input: $input) { __typename ${body} ... on CommandRefused { code field rule remedy } } }`,
          variables: { input },
        }),
      );
    });
  return { say, close: () => agent.destroy() };
}

const content = (priority: number) => ({
  kind: 'HOW_TO',
  purposeIds: ['smooth-hair'],
  title: { ja: '洗い方', en: 'How to wash' },
  text: { ja: 'ぬるま湯で', en: 'With lukewarm water' },
  slots: ['home'],
  priority,
  margin: { amountMinor: '0', currency: 'JPY' },
});
const OFFER = '... on OfferChanged { repeated position offer { revision } }';
const SUBSCRIPTION = '... on SubscriptionAnswer { repeated position subscription { status } }';

describe('a thousand clients at once on the same aggregates', () => {
  it('lose no update, get typed refusals only, and nobody who cancels is refused [2.09]', async () => {
    const { home, remove } = temporaryHome();
    const platform = await startPlatformProcess(bundles.platform, { TSUNAGARI_HOME: home });
    const token = await tokenOf(home);
    const clients = Array.from({ length: CLIENTS }, () => client(platform.url, token));
    try {
      const [brand] = clients;
      for (let n = 0; n < OFFERS; n++)
        await brand?.say('createOffer', 'OfferContentChange', { offerId: `o-${n}`, content: content(0), idempotencyKey: `c-${n}` }, OFFER);
      const plan = { planId: 'refill', family: 'refill', name: { ja: '詰め替え', en: 'Refill' } };
      const price = { amountMinor: '1980', currency: 'JPY' };
      await brand?.say('definePlan', 'DefinePlanInput', { ...plan, price, interval: 'MONTH', idempotencyKey: 'plan' }, '');
      await brand?.say('publishPlan', 'PublishPlanInput', { planId: 'refill', planVersion: 1, idempotencyKey: 'publish' }, '');
      const customer = { type: 'USER_ID', value: 'her' };
      const subscribe = { planId: 'refill', customer, subscriptionId: 'hers', idempotencyKey: 'subscribe' };
      const begun = await brand?.say('activateSubscription', 'StartSubscriptionInput', subscribe, SUBSCRIPTION);
      expect(begun).toMatchObject({ status: 200, data: { said: { repeated: false } } });

      const revise = (n: number, more: object) => {
        const input = { offerId: `o-${n % OFFERS}`, content: content(n), idempotencyKey: `revise-${n}`, ...more };
        return clients[n]?.say('reviseOffer', 'OfferContentChange', input, OFFER);
      };
      /** What the n-th client wants: most revise, some on a version that may be gone, some twice, some what exists; some cancel. */
      const wants = (n: number): (Promise<Said> | undefined)[] => {
        const kind = n % 10;
        if (kind < 6) return [revise(n, {})];
        if (kind === 6) return [revise(n, { expectedVersion: 1 })];
        if (kind === 7) return [revise(n, {}), revise(n, {})];
        if (kind === 8) {
          const input = { offerId: `o-${n % OFFERS}`, content: content(n), idempotencyKey: `again-${n}` };
          return [clients[n]?.say('createOffer', 'OfferContentChange', input, OFFER)];
        }
        const input = { subscriptionId: 'hers', idempotencyKey: `cancel-${n}` };
        return [clients[n]?.say('cancelSubscription', 'CancelSubscriptionInput', input, SUBSCRIPTION)];
      };
      const answers = await Promise.all(
        clients.flatMap((_, n) => wants(n).map(async (answer) => ({ n, kind: n % 10, ...((await answer) as Said) }))),
      );

      // No 500, no error outside the closed list, no connection that broke (it would have thrown).
      expect(answers.filter(({ status, errors }) => status !== 200 || errors.length > 0)).toEqual([]);
      const refused = answers.filter(({ data }) => data.said.__typename === 'CommandRefused');
      const codes = new Map<string, Set<number>>();
      for (const { kind, data } of refused) codes.set(data.said.code, (codes.get(data.said.code) ?? new Set<number>()).add(kind));
      expect(Object.fromEntries([...codes].map(([code, kinds]) => [code, [...kinds]]))).toEqual({
        VERSION_CONFLICT: [6],
        OFFER_EXISTS: [8],
      });
      for (const { data } of refused) expect(data.said).toMatchObject({ field: expect.any(String), rule: expect.any(String) });

      // What was said to be done is done, once each: no update lost, none twice.
      const revised = answers.filter(({ kind, data }) => kind < 8 && data.said.__typename === 'OfferChanged' && !data.said.repeated);
      expect(new Set(revised.map(({ data }) => data.said.position)).size).toBe(revised.length);
      const pool = createPool({ url: runningServerUrl(path.join(home, 'postgres')) ?? '', max: 1 });
      const { rows } = await pool
        .query<{ priority: number }>(
          `select (data->'content'->>'priority')::int as priority from events where type = 'retention.proposals.offer-revised' order by 1`,
        )
        .finally(() => pool.end());
      expect(rows.map(({ priority }) => priority)).toEqual(revised.map(({ n }) => n).sort((a, b) => a - b));
      expect(answers.filter(({ kind, data }) => kind === 7 && data.said.repeated)).toHaveLength(CLIENTS / 10);
    } finally {
      for (const { close } of clients) close();
      await platform.end('SIGTERM');
      remove();
    }
  });
});
