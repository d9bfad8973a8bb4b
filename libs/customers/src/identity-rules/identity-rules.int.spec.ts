import { platformUnderTest, type PlatformUnderTest } from '../../../testing/src/platform-under-test';
import { BY_IDENTIFIER, REFUSED } from '../spec-customers';

let platform: PlatformUnderTest;
beforeAll(async () => {
  platform = await platformUnderTest();
});
afterAll(() => platform.stop());

let made = 0;
const fresh = (name: string): string => `${name}-${++made}`;
const send = async (...sent: Parameters<PlatformUnderTest['send']>): Promise<void> => {
  expect(await platform.send(...sent)).toMatchObject({ status: 200 });
};
const by = async (value: string, type = 'USER_ID') => (await platform.ask(BY_IDENTIFIER, { type, value })).data.customer;
const text = (value: unknown): string => JSON.stringify(value);

describe('the rules of identity', () => {
  const RULES = 'version limits { type limit withinDays } limitOfOthers priority clusterLimit';
  const PREVIEW = `query Preview($rules: IdentityRulesInput!) { identityPreview(rules: $rules) { today { ${RULES} } position wouldMerge wouldComeApart customersMore linksHeld linksFollowed merging { survivorId customerIds } apart { customerId intoIds } } }`;
  const CHANGE = `mutation Change($input: ChangeIdentityRulesInput!) { changeIdentityRules(input: $input) { __typename ${REFUSED} ... on IdentityRulesChangedPayload { repeated position rules { ${RULES} } } } }`;
  const preview = async (rules: object) => (await platform.ask(PREVIEW, { rules })).data.identityPreview;
  /** Once it is understood anew: all of history is. */
  const change = async (rules: object) => {
    const { changeIdentityRules } = (await platform.ask(CHANGE, { input: { rules, idempotencyKey: fresh('k') } })).data;
    await platform.caughtUp();
    return changeIdentityRules;
  };

  it('[2.21] are previewed before they are changed: who would come apart does, and comes together again', async () => {
    const userId = fresh('u');
    const devices = [fresh('d'), fresh('d'), fresh('d')];
    for (const anonymousId of devices) await send('/v1/identify', { userId, anonymousId, messageId: fresh('m') });
    await platform.caughtUp();
    const whole = await by(userId);
    expect(whole.identifiers).toHaveLength(4);
    const strict = { limits: [{ type: 'ANONYMOUS_ID', limit: 2 }], clusterLimit: 50 };
    const seen = await preview(strict);
    expect(seen).toMatchObject({
      today: { version: 1, limits: [{ type: 'USER_ID', limit: 1, withinDays: null }], limitOfOthers: 5, priority: [], clusterLimit: 50 },
      wouldMerge: 0,
      merging: [],
    });
    expect(seen.customersMore).toBeGreaterThanOrEqual(1);
    const mine = seen.apart.find(({ customerId }: { customerId: string }) => customerId === whole.id);
    expect(mine.intoIds).toHaveLength(2);
    expect(text(await by(userId))).toBe(text(whole));

    expect(await change(strict)).toMatchObject({ __typename: 'IdentityRulesChangedPayload', repeated: false, rules: { version: 2 } });
    expect((await by(userId)).identifiers).toHaveLength(3);
    expect((await by(devices[2]!, 'ANONYMOUS_ID')).id).toBe(mine.intoIds[1]);
    const loose = { limits: [], clusterLimit: 50 };
    const back = await preview(loose);
    expect(back).toMatchObject({ wouldComeApart: 0, customersMore: -seen.customersMore });
    expect(back.merging).toContainEqual({ survivorId: whole.id, customerIds: mine.intoIds });
    await change(loose);
    expect(text(await by(userId))).toBe(text(whole));
  });

  it('are refused where they contradict themselves, and no request where they name a type twice', async () => {
    const contrary = { limits: [{ type: 'EMAIL', limit: 9 }], clusterLimit: 5 };
    expect(await change(contrary)).toMatchObject({ __typename: 'CommandRefused', code: 'INVALID_FIELD', field: 'limits.email' });
    const twice = {
      limits: [
        { type: 'EMAIL', limit: 2 },
        { type: 'EMAIL', limit: 3 },
      ],
      clusterLimit: 50,
    };
    const { errors } = await platform.ask(PREVIEW, { rules: twice });
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'rules.limits.1' });
    for (const [rules, field] of [
      [{ limits: [{ type: 'EMAIL', limit: 2, withinDays: 0 }], clusterLimit: 50 }, 'rules.limits.0'],
      [{ limits: [], priority: ['EMAIL', 'EMAIL'], clusterLimit: 50 }, 'rules.priority'],
    ] as const)
      expect((await platform.ask(PREVIEW, { rules })).errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
  });

  it('may count a type within a window and rank types: her devices of one week are too many, of one year they are not', async () => {
    const userId = fresh('u');
    const [first, second] = [fresh('d'), fresh('d')];
    for (const [anonymousId, timestamp] of [
      [first, '2025-12-01T00:00:00.000Z'],
      [second, '2025-12-10T00:00:00.000Z'],
    ])
      await send('/v1/identify', { userId, anonymousId, messageId: fresh('m'), timestamp });
    await platform.caughtUp();
    const whole = await by(userId);
    const within = (days: number) => ({
      limits: [{ type: 'ANONYMOUS_ID', limit: 1, withinDays: days }],
      priority: ['USER_ID', 'EMAIL'],
      clusterLimit: 50,
    });
    const apart = ({ apart: all }: { apart: { customerId: string }[] }) => all.some(({ customerId }) => customerId === whole.id);
    expect([apart(await preview(within(7))), apart(await preview(within(30)))]).toEqual([false, true]);
    expect(await change(within(7))).toMatchObject({
      rules: {
        limits: [
          { type: 'USER_ID', limit: 1, withinDays: null },
          { type: 'ANONYMOUS_ID', limit: 1, withinDays: 7 },
        ],
        priority: ['USER_ID', 'EMAIL'],
      },
    });
    expect(text(await by(userId))).toBe(text(whole));
    await change({ limits: [], clusterLimit: 50 });
  });
});
