import { linkSigner, ROLES, type Role } from '@tsunagari/access';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { platformUnderTest, type PlatformUnderTest, TEST_NOW } from '../../testing/src/platform-under-test';

let platform: PlatformUnderTest;
beforeAll(async () => {
  platform = await platformUnderTest();
});
afterAll(() => platform.stop());

let made = 0;
const fresh = (word: string): string => `${word}-${++made}`;
const INPUT_OF: Readonly<Record<string, string>> = {
  denyConsent: 'ConsentTopicInput',
  withdrawConsent: 'ConsentTopicInput',
  objectToProcessing: 'ProcessingInput',
  withdrawObjection: 'ProcessingInput',
};
const inputOf = (mutation: string): string => INPUT_OF[mutation] ?? `${mutation[0]?.toUpperCase() ?? ''}${mutation.slice(1)}Input`;
const SAID =
  'consents { category channel status verified noticeVersion expiresAt } preferences { language timeZone topics { topic wanted } } objections';

type Asking = { readonly role?: Role; readonly userId?: string };
const ask = async (mutation: string, input: object, asking: Asking = {}) => {
  const { data, errors } = await platform.ask(
    `mutation M($input: ${inputOf(mutation)}!) { ${mutation}(input: $input) { __typename
      ${mutation === 'publishNotice' ? '... on NoticeAnswer { notice { noticeVersion category } }' : `... on ConsentAnswer { repeated ${SAID} }`}
      ... on CommandRefused { code field rule } } }`,
    { input: { idempotencyKey: fresh('key'), ...input } },
    asking,
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data[mutation];
};
const notice = async (over: object = {}): Promise<string> => {
  const noticeId = fresh('notice');
  const text = { ja: 'メールをお送りします。', en: 'We will send you mail.' };
  expect(await ask('publishNotice', { noticeId, category: 'marketing', channels: ['EMAIL'], text, ...over })).toMatchObject({
    notice: { noticeVersion: 1 },
  });
  return noticeId;
};
const email = (value = `${fresh('mail')}@example.com`) => ({ type: 'EMAIL', value });
const may = async (identifier: object, category = 'marketing') => {
  const { data } = await platform.ask(
    'query Q($identifier: IdentifierInput!, $category: String!) { mayContact(identifier: $identifier, category: $category, channel: EMAIL) { allowed basis reason } }',
    { identifier, category },
  );
  return data.mayContact.allowed ? 'allowed' : data.mayContact.reason;
};
/** What lies in the spool for an address. */
const mailsTo = (address: string): string[] => {
  const folder = path.join(platform.deployment.configuration.home, 'outbox');
  return (existsSync(folder) ? readdirSync(folder) : [])
    .map((file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { readonly to: string; readonly text: string })
    .filter(({ to }) => to === address)
    .map(({ text }) => text);
};
const facts = async (): Promise<string> =>
  (await platform.deployment.pool.query<{ n: string }>('select count(*) as n from events')).rows[0]?.n ?? '';
const customerOf = async (identifier: object) => {
  await platform.caughtUp();
  const { data } = await platform.ask(
    'query C($identifier: IdentifierInput!) { customer(identifier: $identifier) { id identifiers { id value } consents { status } } }',
    { identifier },
  );
  return data.customer;
};
const merge = async (customerIds: readonly string[]) => {
  const { data } = await platform.ask('mutation M($input: MergeCustomersInput!) { mergeCustomers(input: $input) { __typename } }', {
    input: { customerIds, reason: 'one person', idempotencyKey: fresh('merge') },
  });
  expect(data.mergeCustomers.__typename).toBe('CustomerChanged');
  await platform.caughtUp();
};

describe('consent through the graph', () => {
  it('nobody may be reached who did not say yes, and whoever takes it back may not any more', async () => {
    const [noticeId, customer] = [await notice(), email()];
    expect(await may(customer)).toBe('NO_CONSENT');
    expect(await ask('grantConsent', { customer, noticeId, noticeVersion: 1, channel: 'EMAIL' })).toMatchObject({
      consents: [{ category: 'marketing', channel: 'EMAIL', status: 'GRANTED', noticeVersion: `${noticeId}/1`, verified: true }],
    });
    expect(await may(customer)).toBe('allowed');
    expect(await ask('withdrawConsent', { customer, category: 'marketing' })).toMatchObject({ __typename: 'ConsentAnswer' });
    expect(await may(customer)).toBe('WITHDRAWN');
    expect(await ask('denyConsent', { customer, category: 'marketing', channel: 'EMAIL' })).toMatchObject({ __typename: 'ConsentAnswer' });
    expect(await may(customer)).toBe('DENIED');
    expect((await customerOf(customer)).consents).toHaveLength(2);
  });

  it('a double opt-in counts when she followed the link that went to her address', async () => {
    const [noticeId, customer] = [await notice({ doubleOptIn: true }), email()];
    await ask('grantConsent', { customer, noticeId, noticeVersion: 1, channel: 'EMAIL' });
    expect(await may(customer)).toBe('UNCONFIRMED');
    const [known] = await platform.deployment.keyring.subjectsOf([{ type: 'email', value: customer.value }], { create: false });
    const subject = known?.kind === 'known' ? known.subject : '';
    const { sign } = linkSigner(platform.deployment.secrets.contextKey);
    const content = { purpose: 'confirm', subject, category: 'marketing', channel: 'email' } as const;
    const link = sign({ ...content, until: '2026-01-09T03:04:05.000Z' });
    expect(await ask('confirmConsent', { link: `${link}x` })).toMatchObject({ code: 'CONFIRMATION_TOKEN_WRONG', field: 'link' });
    expect(await ask('confirmConsent', { link: sign({ ...content, until: '2030-01-09T03:04:05.000Z' }) })).toMatchObject({
      code: 'CONFIRMATION_TOKEN_WRONG',
    });
    expect(await may(customer)).toBe('UNCONFIRMED');
    expect(await ask('confirmConsent', { link })).toMatchObject({ consents: [{ status: 'GRANTED' }] });
    expect(await may(customer)).toBe('allowed');
    const other = sign({ ...content, category: 'profiling' });
    expect(await ask('confirmConsent', { link: other })).toMatchObject({ code: 'NO_CONFIRMATION_PENDING', field: 'token' });
  });

  it('is asked for by mail where the notice wants it confirmed, and the link in the mail confirms it', async () => {
    const userId = fresh('u');
    const customer = email();
    await platform.send('/v1/identify', { userId, messageId: fresh('m'), traits: { email: customer.value } });
    const noticeId = await notice({ doubleOptIn: true });
    await ask('grantConsent', { noticeId, noticeVersion: 1, channel: 'EMAIL' }, { userId });
    expect(await may(customer)).toBe('UNCONFIRMED');
    await platform.caughtUp();
    const mail = mailsTo(customer.value);
    expect(mail).toHaveLength(1);
    const link = /\/confirm\/(\S+)/.exec(mail[0] ?? '')?.[1] ?? '';
    // Whoever scans mail follows links; only her word counts.
    expect((await fetch(`${platform.url}/confirm/${link}`)).status).toBe(200);
    expect(await may(customer)).toBe('UNCONFIRMED');
    expect((await fetch(`${platform.url}/confirm/${link}`, { method: 'POST' })).status).toBe(200);
    expect(await may(customer)).toBe('allowed');
    // Nobody's address is known of whoever has none: operations see it.
    const nobody = fresh('u');
    await platform.send('/v1/identify', { userId: nobody, messageId: fresh('m') });
    await ask('grantConsent', { noticeId, noticeVersion: 1, channel: 'EMAIL' }, { userId: nobody });
    await platform.caughtUp();
    const { rows } = await platform.deployment.pool.query(
      "select data->>'code' as code from events where type like '%reaction-refused' and data->>'command' = 'touchpoints.AskToConfirm'",
    );
    expect(rows).toEqual([{ code: 'NO_ADDRESS' }]);
  });

  it('that was given for a time ends by itself, and not when she said yes again meanwhile', async () => {
    const noticeId = await notice({ validDays: 10 });
    const [once, again] = [email(), email()];
    for (const customer of [once, again]) await ask('grantConsent', { customer, noticeId, noticeVersion: 1, channel: 'EMAIL' });
    await platform.moveClock('2026-01-07T03:04:05.000Z');
    await ask('grantConsent', { customer: again, noticeId, noticeVersion: 1, channel: 'EMAIL' });
    await platform.moveClock('2026-01-12T03:04:05.000Z');
    expect((await customerOf(once)).consents).toEqual([{ status: 'EXPIRED' }]);
    expect((await customerOf(again)).consents).toEqual([{ status: 'GRANTED' }]);
    const { rows } = await platform.deployment.pool.query("select occurred from events where type like '%consent-expired'");
    expect(rows.map(({ occurred }) => new Date(occurred).toISOString())).toEqual(['2026-01-12T03:04:05.000Z']);
    expect([await may(once), await may(again)]).toEqual(['EXPIRED', 'allowed']);
    await platform.moveClock(TEST_NOW);
  });

  it('reported by a server with its events is one word, whatever order they come in', async () => {
    const userId = fresh('u');
    const report = (marketing: boolean, timestamp: string) =>
      platform.send('/v1/track', {
        ...{ userId, event: 'X', messageId: fresh('m'), timestamp, context: { consent: { categoryPreferences: { marketing } } } },
      });
    const customer = { type: 'USER_ID', value: userId };
    await report(true, '2026-01-01T08:00:00.000Z');
    await report(true, '2026-01-01T09:00:00.000Z');
    expect(await may(customer)).toBe('allowed');
    expect((await customerOf(customer)).consents).toHaveLength(1);
    await report(false, '2026-01-01T12:00:00.000Z');
    // Said before, heard after.
    await report(true, '2026-01-01T10:00:00.000Z');
    expect(await may(customer)).toBe('DENIED');
    await report(true, '2026-01-01T13:00:00.000Z');
    expect(await may(customer)).toBe('allowed');
    const { rows } = await platform.deployment.pool.query(
      "select count(*)::int as n from events where type like '%consent-reported' and data->>'source' like 'source:%'",
    );
    expect(rows[0].n).toBeGreaterThanOrEqual(5);
  });

  it('of merged customers the stricter counts until she answers, and a split gives back what each had', async () => {
    const noticeId = await notice();
    const [willing, unwilling] = [email(), email()];
    await ask('grantConsent', { customer: willing, noticeId, noticeVersion: 1, channel: 'EMAIL' });
    await ask('denyConsent', { customer: unwilling, category: 'marketing' });
    const [one, other] = [await customerOf(willing), await customerOf(unwilling)];
    await merge([one.id, other.id]);
    expect(await may(willing)).toBe('DENIED');
    expect(await may(unwilling)).toBe('DENIED');
    await platform.ask('mutation S($input: SplitCustomerInput!) { splitCustomer(input: $input) { __typename } }', {
      input: { customerId: one.id, identifierIds: [other.identifiers[0].id], reason: 'two people', idempotencyKey: fresh('split') },
    });
    await platform.caughtUp();
    expect([await may(willing), await may(unwilling)]).toEqual(['allowed', 'DENIED']);
    await merge([one.id, other.id]);
    expect(await may(willing)).toBe('DENIED');
    await ask('grantConsent', { customer: willing, noticeId, noticeVersion: 1, channel: 'EMAIL' });
    // She answered as one customer: her own no is lifted for her address, and her yes does not cross to the other one.
    expect([await may(willing), await may(unwilling)]).toEqual(['allowed', 'DENIED']);
  });

  it('preferences and objections are kept field by field', async () => {
    const customer = email();
    const [topic] = [{ topic: 'hair-care', wanted: false }];
    await ask('setPreference', { customer, language: 'JA', timeZone: 'Asia/Tokyo', topics: [topic] });
    expect(await ask('setPreference', { customer, forget: ['LANGUAGE'] })).toMatchObject({
      preferences: { language: null, timeZone: 'Asia/Tokyo', topics: [topic] },
    });
    expect(await ask('objectToProcessing', { customer, purpose: 'PROFILING' })).toMatchObject({ objections: ['PROFILING'] });
    expect(await may(customer, 'profiling')).toBe('OBJECTED');
    expect(await may(customer, 'analysis')).toBe('allowed');
    expect(await ask('withdrawObjection', { customer, purpose: 'PROFILING' })).toMatchObject({ objections: [] });
    expect(await may(customer, 'profiling')).toBe('NO_CONSENT');
  });

  it('twenty withdrawals at once are none refused, and one by one key', async () => {
    const customer = email();
    await ask('grantConsent', { customer, noticeId: await notice(), noticeVersion: 1, channel: 'EMAIL' });
    const before = Number(await facts());
    const said = { customer, category: 'marketing', channel: 'EMAIL', idempotencyKey: fresh('same') };
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('withdrawConsent', said)));
    expect(answers.every(({ __typename }) => __typename === 'ConsentAnswer')).toBe(true);
    expect(Number(await facts())).toBe(before + 1);
    expect(await may(customer)).toBe('WITHDRAWN');
  });

  it('a no said again after the other half of her said yes counts again', async () => {
    const [one, other] = [email(), email()];
    await ask('withdrawConsent', { customer: one, category: 'marketing' });
    await ask('denyConsent', { customer: other, category: 'marketing' });
    await merge([(await customerOf(one)).id, (await customerOf(other)).id]);
    await ask('grantConsent', { customer: other, noticeId: await notice(), noticeVersion: 1, channel: 'EMAIL' });
    expect(await may(other)).toBe('allowed');
    await ask('withdrawConsent', { customer: one, category: 'marketing' });
    expect(await may(other)).toBe('WITHDRAWN');
  });
});

describe('a consent command is refused, with field and rule, and writes nothing', () => {
  it.each([
    ['UNKNOWN_NOTICE', 'noticeId', 'grantConsent', async () => ({ customer: email('x@example.com'), noticeId: 'never', noticeVersion: 1 })],
    ['UNKNOWN_NOTICE', 'noticeId', 'grantConsent', async () => ({ customer: email('x@example.com'), noticeId: 'no id', noticeVersion: 1 })],
    [
      'NOTICE_VERSION_STALE',
      'noticeVersion',
      'grantConsent',
      async () => ({ customer: email('x@example.com'), noticeId: await notice(), noticeVersion: 7, channel: 'EMAIL' }),
    ],
    [
      'INVALID_FIELD',
      'channel',
      'grantConsent',
      async () => ({ customer: email('x@example.com'), noticeId: await notice(), noticeVersion: 1, channel: 'SMS' }),
    ],
    [
      'INVALID_FIELD',
      'channel',
      'grantConsent',
      async () => ({ customer: email('x@example.com'), noticeId: await notice(), noticeVersion: 1 }),
    ],
    ['MISSING_FIELD', 'customer', 'grantConsent', async () => ({ noticeId: await notice(), noticeVersion: 1, channel: 'EMAIL' })],
    ['INVALID_FIELD', 'category', 'denyConsent', async () => ({ customer: email('x@example.com'), category: '' })],
    ['INVALID_FIELD', 'timeZone', 'setPreference', async () => ({ customer: email('x@example.com'), timeZone: 'Mars/Olympus' })],
    ['INVALID_FIELD', 'noticeId', 'publishNotice', async () => ({ noticeId: 'no id', category: 'marketing', text: { ja: 'x', en: 'x' } })],
    [
      'INVALID_FIELD',
      'category',
      'publishNotice',
      async () => ({ noticeId: await notice(), category: 'other', text: { ja: 'x', en: 'x' } }),
    ],
    [
      'INVALID_FIELD',
      'validDays',
      'publishNotice',
      async () => ({ noticeId: fresh('n'), category: 'marketing', text: { ja: 'x', en: 'x' }, validDays: 0 }),
    ],
    [
      'VERSION_CONFLICT',
      'expectedVersion',
      'setPreference',
      async () => ({ customer: email('x@example.com'), language: 'JA', expectedVersion: 4 }),
    ],
    ['UNKNOWN_IDENTIFIER', 'customer', 'withdrawConsent', async () => ({ customer: email(''), category: 'marketing' })],
  ] as const)('%s at %s of %s', async (code, field, mutation, input) => {
    const given = await input();
    const before = await facts();
    expect(await ask(mutation, given)).toMatchObject({ __typename: 'CommandRefused', code, field, rule: expect.stringMatching(/./) });
    expect(await facts()).toBe(before);
  });

  it('SUBJECT_ERASED, and nobody erased may be reached', async () => {
    const customer = email();
    await ask('grantConsent', { customer, noticeId: await notice(), noticeVersion: 1, channel: 'EMAIL' });
    const { id } = await customerOf(customer);
    await platform.ask(
      'mutation E($id: ID!) { eraseCustomer(input: { customerId: $id, confirm: "ERASE", idempotencyKey: "erase" }) { __typename } }',
      { id },
    );
    expect(await may(customer)).toBe('ERASED');
    expect(await ask('grantConsent', { customer, noticeId: await notice(), noticeVersion: 1, channel: 'EMAIL' })).toMatchObject({
      code: 'SUBJECT_ERASED',
    });
  });
});

describe('as an attacker would', () => {
  it('a public key lifts no no that she said herself, and changes nothing of how she is spoken to', async () => {
    const [userId, anonymousId, mine] = [fresh('victim'), fresh('anon'), fresh('mine')];
    const her = email();
    await platform.send('/v1/identify', { userId, anonymousId, messageId: fresh('m'), traits: { email: her.value } });
    const device = { type: 'ANONYMOUS_ID', value: anonymousId };
    await ask('withdrawConsent', { customer: device, category: 'marketing' });
    await ask('setPreference', { language: 'JA', topics: [{ topic: 'hair-care', wanted: false }] }, { userId });
    const consent = { context: { consent: { categoryPreferences: { marketing: true } } } };
    await platform.send('/v1/track', { anonymousId, event: 'X', messageId: fresh('m'), ...consent }, { source: 'browser' });
    expect(await may(device)).toBe('WITHDRAWN');
    // The attacker signs in as herself, and a public key says that they are one.
    await platform.send('/v1/identify', { userId: mine, messageId: fresh('m') });
    await platform.send('/v1/identify', { userId: mine, anonymousId, messageId: fresh('m') }, { source: 'browser' });
    await ask(
      'setPreference',
      { language: 'EN', timeZone: 'Pacific/Auckland', topics: [{ topic: 'hair-care', wanted: true }] },
      { userId: mine },
    );
    await platform.caughtUp();
    const own = async (userId: string) => (await platform.ask(`{ myConsent { ${SAID} } }`, {}, { userId })).data.myConsent;
    expect((await own(userId)).preferences).toEqual({ language: 'JA', timeZone: null, topics: [{ topic: 'hair-care', wanted: false }] });
    expect((await own(mine)).consents).toEqual([]);
    expect((await own(mine)).preferences).toMatchObject({ language: 'EN' });
  });

  it('a public key grants for its own anonymous id only, and its no is taken for everybody it names [2.21]', async () => {
    const [userId, anonymousId, noticeId] = [fresh('victim'), fresh('anon'), await notice({ channels: [] })];
    const consent = (marketing: boolean) => ({ context: { consent: { categoryPreferences: { marketing } } } });
    await platform.send('/v1/identify', { userId, messageId: fresh('m') });
    // She is named, and so is a device that the attacker holds.
    await platform.send('/v1/track', { userId, anonymousId, event: 'X', messageId: fresh('m'), ...consent(true) }, { source: 'browser' });
    expect(await may({ type: 'USER_ID', value: userId })).not.toBe('allowed');
    await platform.send('/v1/identify', { userId, anonymousId, messageId: fresh('m') }, { source: 'browser' });
    expect(await may({ type: 'USER_ID', value: userId })).not.toBe('allowed');
    await ask('grantConsent', { customer: { type: 'USER_ID', value: userId }, noticeId, noticeVersion: 1 });
    expect(await may({ type: 'USER_ID', value: userId })).toBe('allowed');
    await platform.send('/v1/track', { userId, event: 'X', messageId: fresh('m'), ...consent(false) }, { source: 'browser' });
    expect(await may({ type: 'USER_ID', value: userId })).toBe('DENIED');
  });

  it("a customer's own token speaks for herself and for nobody else", async () => {
    const [mine, hers, noticeId] = [fresh('mine'), fresh('hers'), await notice({ channels: [] })];
    for (const userId of [mine, hers]) await platform.send('/v1/identify', { userId, messageId: fresh('m') });
    const before = await facts();
    const customer = { type: 'USER_ID', value: hers };
    for (const [mutation, input] of [
      ['grantConsent', { customer, noticeId, noticeVersion: 1 }],
      ['withdrawConsent', { customer, category: 'marketing' }],
      ['setPreference', { customer, language: 'JA' }],
      ['objectToProcessing', { customer, purpose: 'ANALYSIS' }],
    ] as const)
      expect(await ask(mutation, input, { userId: mine })).toMatchObject({ code: 'INVALID_FIELD', field: 'customer' });
    expect(await ask('withdrawConsent', { category: 'marketing' }, { userId: 'never-seen' })).toMatchObject({ code: 'UNKNOWN_CUSTOMER' });
    expect(await facts()).toBe(before);
    await ask('grantConsent', { noticeId, noticeVersion: 1 }, { userId: mine });
    expect([await may({ type: 'USER_ID', value: mine }), await may(customer)]).toEqual(['allowed', 'NO_CONSENT']);
    const own = async (userId: string) => (await platform.ask(`{ myConsent { ${SAID} } }`, {}, { userId })).data.myConsent.consents;
    expect(await own(mine)).toMatchObject([{ status: 'GRANTED' }]);
    expect(await own(hers)).toEqual([]);
  });
});

describe('who may do what', () => {
  const self: readonly Role[] = ['customer', 'frontend', 'success', 'ops', 'admin'];
  const table: Readonly<Record<string, readonly [readonly Role[], object]>> = {
    publishNotice: [['marketer', 'ops', 'admin'], { noticeId: '-', category: 'marketing', text: { ja: 'x', en: 'x' } }],
    grantConsent: [self, { noticeId: 'never', noticeVersion: 1 }],
    confirmConsent: [self, { link: 'never' }],
    denyConsent: [self, { category: 'marketing' }],
    withdrawConsent: [self, { category: 'marketing' }],
    objectToProcessing: [self, { purpose: 'ANALYSIS' }],
    withdrawObjection: [self, { purpose: 'ANALYSIS' }],
    setPreference: [self, {}],
  };
  it.each(Object.entries(table))('%s', async (mutation, [allowed, input]) => {
    const tried = (role: Role | null) =>
      platform.ask(
        `mutation M($input: ${inputOf(mutation)}!) { ${mutation}(input: $input) { __typename } }`,
        { input: { ...input, idempotencyKey: 'k' } },
        { role },
      );
    expect((await tried(null)).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    for (const role of ROLES) {
      const { data, errors } = await tried(role);
      if (allowed.includes(role)) expect([role, data?.[mutation]?.__typename]).toEqual([role, 'CommandRefused']);
      else expect([role, errors[0]?.extensions['code']]).toEqual([role, 'FORBIDDEN']);
    }
  });
});
