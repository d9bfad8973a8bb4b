import { linkSigner, ROLES, type Role } from '@tsunagari/access';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { platformUnderTest, type PlatformUnderTest } from '../../testing/src/platform-under-test';

let platform: PlatformUnderTest;
beforeAll(async () => {
  platform = await platformUnderTest();
  await register('member-site', { selfService: ['SIGN_UP', 'CANCEL'] });
});
afterAll(() => platform.stop());

let made = 0;
const fresh = (word: string): string => `${word}-${++made}`;
const ANSWER: Readonly<Record<string, string>> = {
  TouchpointAnswer: '... on TouchpointAnswer { touchpoint { status persona { ja } } }',
  RequestAnswer: '... on RequestAnswer { repeated request { requestId status kind ruleRef version } }',
  TaskAnswer: '... on TaskAnswer { task { taskId owner doneBy due } }',
  MessageAnswer: '... on MessageAnswer { message { messageId status language rule } }',
  Recorded: '... on Recorded { recordedId repeated }',
};
const KIND: Readonly<Record<string, readonly [input: string, answer: string]>> = {
  registerTouchpoint: ['RegisterTouchpointInput', 'TouchpointAnswer'],
  pauseTouchpoint: ['CloseTouchpointInput', 'TouchpointAnswer'],
  retireTouchpoint: ['CloseTouchpointInput', 'TouchpointAnswer'],
  resumeTouchpoint: ['TouchpointInput', 'TouchpointAnswer'],
  defineVoicePersona: ['DefineVoicePersonaInput', 'TouchpointAnswer'],
  submitRequest: ['SubmitRequestInput', 'RequestAnswer'],
  acknowledgeRequest: ['RequestInput', 'RequestAnswer'],
  fulfilRequest: ['FulfilRequestInput', 'RequestAnswer'],
  rejectRequest: ['RejectRequestInput', 'RequestAnswer'],
  withdrawRequest: ['RequestInput', 'RequestAnswer'],
  openTask: ['OpenTaskInput', 'TaskAnswer'],
  assignTask: ['AssignTaskInput', 'TaskAnswer'],
  completeTask: ['CompleteTaskInput', 'TaskAnswer'],
  queueMessage: ['QueueMessageInput', 'MessageAnswer'],
  cancelMessage: ['CancelMessageInput', 'MessageAnswer'],
  recordDelivery: ['RecordDeliveryInput', 'MessageAnswer'],
  sendTestMessage: ['SendTestMessageInput', 'MessageAnswer'],
};
const kindOf = (mutation: string) =>
  KIND[mutation] ?? ([`${mutation[0]?.toUpperCase() ?? ''}${mutation.slice(1)}Input`, 'Recorded'] as const);
type Asking = { readonly role?: Role; readonly userId?: string };
const ask = async (mutation: string, input: object, asking: Asking = {}) => {
  const [type, answer] = kindOf(mutation);
  const { data, errors } = await platform.ask(
    `mutation M($input: ${type}!) { ${mutation}(input: $input) { __typename ${ANSWER[answer]} ... on CommandRefused { code field rule } } }`,
    { input: { idempotencyKey: fresh('key'), ...input } },
    asking,
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data[mutation];
};
async function register(touchpointId: string, over: object = {}) {
  const name = { ja: '場所', en: 'A place' };
  return ask('registerTouchpoint', { touchpointId, name, kind: 'WEB', direction: 'TWO_WAY', online: true, ...over });
}
/** How many facts there are but those that follow by themselves: her dissatisfaction becomes a task some time later. */
const facts = async (): Promise<string> =>
  (await platform.deployment.pool.query<{ n: string }>("select count(*) as n from events where type not like '%.task-%'")).rows[0]?.n ?? '';
const seen = async (userId = fresh('u')): Promise<string> => {
  await platform.send('/v1/identify', { userId, messageId: fresh('m') });
  return userId;
};
const user = (value = fresh('u')) => ({ type: 'USER_ID', value });
const email = (value = `${fresh('mail')}@example.com`) => ({ type: 'EMAIL', value });

describe('a touchpoint through the graph', () => {
  it('is registered with its way back, paused, resumed, given a voice and retired [2.08] [4.13]', async () => {
    const [mail, site] = [fresh('mail'), fresh('site')];
    await register(site, { selfService: ['SIGN_UP', 'CANCEL'] });
    expect(await register(mail, { kind: 'EMAIL', direction: 'OUTBOUND', returnPathId: site })).toMatchObject({
      touchpoint: { status: 'OPEN' },
    });
    expect(await ask('pauseTouchpoint', { touchpointId: mail, reason: 'x' })).toMatchObject({ touchpoint: { status: 'PAUSED' } });
    expect(await ask('resumeTouchpoint', { touchpointId: mail })).toMatchObject({ touchpoint: { status: 'OPEN' } });
    const said = { ja: '先輩', en: 'Friend' };
    expect(await ask('defineVoicePersona', { touchpointId: mail, persona: said, tone: said })).toMatchObject({
      touchpoint: { persona: { ja: '先輩' } },
    });
    expect(await ask('retireTouchpoint', { touchpointId: mail, reason: 'x' })).toMatchObject({ touchpoint: { status: 'RETIRED' } });
    expect(await ask('retireTouchpoint', { touchpointId: site, reason: 'x' })).toMatchObject({ touchpoint: { status: 'RETIRED' } });
  });

  it.each([
    ['NO_RETURN_PATH', 'returnPathId', 'registerTouchpoint', { direction: 'OUTBOUND' }],
    ['UNKNOWN_TOUCHPOINT', 'returnPathId', 'registerTouchpoint', { direction: 'OUTBOUND', returnPathId: 'never' }],
    ['SIGN_UP_WITHOUT_CANCEL', 'selfService', 'registerTouchpoint', { selfService: ['SIGN_UP'] }],
    ['TOUCHPOINT_EXISTS', 'touchpointId', 'registerTouchpoint', { touchpointId: 'member-site' }],
    ['INVALID_FIELD', 'touchpointId', 'registerTouchpoint', { touchpointId: 'no id' }],
    ['UNKNOWN_TOUCHPOINT', 'touchpointId', 'pauseTouchpoint', { touchpointId: 'never', reason: 'x' }],
    ['LAST_CANCEL_PATH', 'touchpointId', 'pauseTouchpoint', { touchpointId: 'member-site', reason: 'x' }],
    ['LAST_CANCEL_PATH', 'touchpointId', 'retireTouchpoint', { touchpointId: 'member-site', reason: 'x' }],
  ])('refuses %s at %s of %s, and writes nothing', async (code, field, mutation, over) => {
    const whole = { touchpointId: fresh('t'), name: { ja: 'x', en: 'x' }, kind: 'WEB', direction: 'TWO_WAY', online: true };
    const before = await facts();
    expect(await ask(mutation, mutation === 'registerTouchpoint' ? { ...whole, ...over } : over)).toMatchObject({ code, field });
    expect(await facts()).toBe(before);
  });

  it('refuses TOUCHPOINT_RETIRED', async () => {
    const touchpointId = fresh('t');
    await register(touchpointId);
    await ask('retireTouchpoint', { touchpointId, reason: 'x' });
    expect(await ask('resumeTouchpoint', { touchpointId })).toMatchObject({ code: 'TOUCHPOINT_RETIRED' });
  });

  it('of two that pause at once, one way to cancel stays open [2.09]', async () => {
    const other = fresh('t');
    await register(other, { selfService: ['CANCEL'] });
    const answers = await Promise.all(['member-site', other].map((touchpointId) => ask('pauseTouchpoint', { touchpointId, reason: 'x' })));
    expect(answers.map(({ code }) => code ?? 'paused').sort()).toEqual(['LAST_CANCEL_PATH', 'paused']);
    for (const touchpointId of ['member-site', other]) await ask('resumeTouchpoint', { touchpointId });
    await ask('retireTouchpoint', { touchpointId: other, reason: 'x' });
  });
});

describe('connections', () => {
  const issue = async (code = fresh('CODE-2026')) => {
    await ask('issueConnectCodes', { batchId: fresh('b'), touchpointId: 'member-site', productId: 'shampoo', codes: [code] });
    return code;
  };
  it('a code in the package connects an unknown buyer, however she types it, once [0.05]', async () => {
    const code = await issue();
    const userId = await seen();
    expect(await ask('redeemConnectCode', { code: ` ${code.toLowerCase().replaceAll('-', ' ')}` }, { userId })).toMatchObject({
      __typename: 'Recorded',
    });
    expect(await ask('redeemConnectCode', { code, customer: user() })).toMatchObject({ code: 'CODE_REUSED', field: 'code' });
    const { rows } = await platform.deployment.pool.query("select type from events where type like '%customer-connected'");
    expect(rows.length).toBeGreaterThan(0);
  });
  it('twenty at once with one code are one connection', async () => {
    const code = await issue();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('redeemConnectCode', { code, customer: user() })));
    expect(answers.filter(({ __typename }) => __typename === 'Recorded')).toHaveLength(1);
    expect(new Set(answers.flatMap((answer) => answer.code ?? []))).toEqual(new Set(['CODE_REUSED']));
  });
  it('a product is registered to one customer, and handed on by the brand only', async () => {
    const [product, owner, other] = [{ productId: 'dryer', serial: fresh('S') }, await seen(), await seen()];
    expect(await ask('registerProduct', product, { userId: owner })).toMatchObject({ __typename: 'Recorded' });
    expect(await ask('registerProduct', product, { userId: owner })).toMatchObject({ __typename: 'Recorded' });
    expect(await ask('registerProduct', { ...product, transfer: true }, { userId: other })).toMatchObject({
      code: 'PRODUCT_OF_ANOTHER',
      field: 'serial',
    });
    expect(await ask('registerProduct', { ...product, customer: user(other), transfer: true })).toMatchObject({ __typename: 'Recorded' });
    expect(await ask('registerProduct', product, { userId: owner })).toMatchObject({ code: 'PRODUCT_OF_ANOTHER' });
  });
  it.each([
    ['UNKNOWN_CODE', 'code', 'redeemConnectCode', { code: 'NEVER-PRINTED', customer: user('known') }],
    ['MISSING_FIELD', 'customer', 'redeemConnectCode', { code: 'NEVER-PRINTED' }],
    ['INVALID_FIELD', 'codes', 'issueConnectCodes', { batchId: 'b', touchpointId: 'member-site', codes: [] }],
    ['INVALID_FIELD', 'codes.0', 'issueConnectCodes', { batchId: 'b', touchpointId: 'member-site', codes: ['short'] }],
    ['UNKNOWN_TOUCHPOINT', 'touchpointId', 'issueConnectCodes', { batchId: 'b', touchpointId: 'never', codes: ['LONG-ENOUGH'] }],
    ['UNKNOWN_TOUCHPOINT', 'touchpointId', 'connectCustomer', { touchpointId: 'never', via: 'STORE', customer: user('known') }],
    ['INVALID_FIELD', 'serial', 'registerProduct', { productId: 'dryer', serial: '', customer: user('known') }],
  ])('refuse %s at %s of %s, and write nothing', async (code, field, mutation, input) => {
    const before = await facts();
    expect(await ask(mutation, input)).toMatchObject({ code, field });
    expect(await facts()).toBe(before);
  });
  it('end by her own word', async () => {
    const userId = await seen();
    expect(await ask('connectCustomer', { touchpointId: 'member-site', via: 'SIGN_UP' }, { userId })).toMatchObject({
      __typename: 'Recorded',
    });
    const before = await facts();
    expect(await ask('disconnectCustomer', { touchpointId: 'member-site' }, { userId })).toMatchObject({ __typename: 'Recorded' });
    expect(await ask('disconnectCustomer', { touchpointId: 'member-site' }, { userId })).toMatchObject({ __typename: 'Recorded' });
    expect(Number(await facts())).toBe(Number(before) + 1);
  });
});

describe('what customers do and say', () => {
  it('flows are counted from their start to their end or to where she gave up [2.09]', async () => {
    const userId = await seen();
    const flow = await ask('startFlow', { touchpointId: 'member-site', kind: 'CANCEL' }, { userId });
    const flowId = flow.recordedId;
    await ask('takeFlowStep', { flowId, name: 'confirm' }, { userId });
    expect(await ask('endFlow', { flowId, outcome: 'ABANDONED' }, { userId })).toMatchObject({ __typename: 'Recorded' });
    expect(await ask('endFlow', { flowId, outcome: 'COMPLETED' }, { userId })).toMatchObject({ __typename: 'Recorded' });
    expect(await ask('takeFlowStep', { flowId, name: 'x' }, { userId })).toMatchObject({ code: 'FLOW_ENDED' });
    expect(await ask('endFlow', { flowId, outcome: 'ABANDONED' }, { userId })).toMatchObject({ code: 'FLOW_ENDED' });
    expect(await ask('takeFlowStep', { flowId, name: 'x' }, { userId: await seen() })).toMatchObject({
      code: 'UNKNOWN_FLOW',
      field: 'flowId',
    });
    expect(await ask('startFlow', { touchpointId: 'never', kind: 'CANCEL' }, { userId })).toMatchObject({ code: 'UNKNOWN_TOUCHPOINT' });
  });
  it('are counted on a board: who speaks first, and whether leaving is as easy as joining [2.09]', async () => {
    const board = async (variables: object) =>
      (
        await platform.ask(
          `query B($from: DateTime) { twoWayBoard(from: $from) { reciprocity { value numerator denominator reasonNull class partial definitionVersion interval { from to } }
            cancelParity { steps { reasonNull } completion { numerator denominator n } } } }`,
          variables,
          { role: 'success' },
        )
      ).data.twoWayBoard;
    const before = await board({});
    const at = { touchpointId: 'member-site', customer: user() };
    await ask('recordInteraction', { ...at, direction: 'INBOUND', initiator: 'CUSTOMER' });
    await ask('recordInteraction', { ...at, direction: 'OUTBOUND', initiator: 'COMPANY' });
    const userId = await seen();
    const { recordedId: flowId } = await ask('startFlow', { touchpointId: 'member-site', kind: 'SIGN_UP' }, { userId });
    await ask('endFlow', { flowId, outcome: 'COMPLETED' }, { userId });
    const after = await board({});
    expect(after.reciprocity).toMatchObject({
      numerator: (before.reciprocity.numerator ?? 0) + 1,
      denominator: (before.reciprocity.denominator ?? 0) + 2,
      class: 'PROCESS',
      partial: false,
      definitionVersion: 1,
      interval: null,
    });
    expect(after.cancelParity.completion).toEqual({ numerator: 1, denominator: 1, n: before.cancelParity.completion.n + 1 });
    expect(await board({ from: '2030-01-01T00:00:00Z' })).toMatchObject({ reciprocity: { value: null, reasonNull: 'NO_BASE' } });
  });
  it('interactions, her words and her own assessment are recorded; her words are sealed [1.03] [1.10] [0.10]', async () => {
    const customer = user();
    const at = { touchpointId: 'member-site', customer };
    expect(await ask('recordInteraction', { ...at, direction: 'INBOUND', initiator: 'CUSTOMER' })).toMatchObject({
      __typename: 'Recorded',
    });
    expect(await ask('recordVoice', { ...at, kind: 'TROUBLE', text: '朝、髪が絡まる' })).toMatchObject({ __typename: 'Recorded' });
    const answers = [{ question: 'combs', value: 4, unit: 'points' }];
    expect(await ask('submitSelfAssessment', { ...at, purposeId: 'smooth', answers })).toMatchObject({ __typename: 'Recorded' });
    const { rows } = await platform.deployment.pool.query("select data::text from events where type like '%voice-recorded'");
    expect(JSON.stringify(rows)).not.toContain('絡');
    const before = await facts();
    const elsewhere = { customer, touchpointId: 'never' };
    expect(await ask('recordInteraction', { ...elsewhere, direction: 'INBOUND', initiator: 'STAFF' })).toMatchObject({
      code: 'UNKNOWN_TOUCHPOINT',
    });
    expect(await ask('recordVoice', { ...elsewhere, kind: 'PRAISE', text: 'x' })).toMatchObject({ code: 'UNKNOWN_TOUCHPOINT' });
    expect(await ask('recordVoice', { ...at, kind: 'PRAISE', text: '' })).toMatchObject({ code: 'INVALID_FIELD', field: 'text' });
    expect(await ask('submitSelfAssessment', { ...at, purposeId: 'smooth', answers: [] })).toMatchObject({
      code: 'INVALID_FIELD',
      field: 'answers',
    });
    expect(await facts()).toBe(before);
  });
});

describe('requests and tasks', () => {
  const submit = async (kind: string, asking: Asking = {}, over: object = {}) =>
    (await ask('submitRequest', { kind, ...(asking.userId === undefined ? { customer: user() } : {}), ...over }, asking)).request
      .requestId as string;

  it('a request goes from asking to its end, on the board the oldest first', async () => {
    const userId = await seen();
    const requestId = await submit('COMPLAINT', { userId }, { text: 'ポンプが壊れていた', touchpointId: 'member-site' });
    expect(await ask('acknowledgeRequest', { requestId })).toMatchObject({ request: { status: 'ACKNOWLEDGED' } });
    expect(await ask('fulfilRequest', { requestId, steps: 2 })).toMatchObject({ request: { status: 'FULFILLED' } });
    expect(await ask('withdrawRequest', { requestId }, { userId })).toMatchObject({ code: 'REQUEST_CLOSED', field: 'requestId' });
    const open = await submit('QUESTION', { userId });
    await platform.caughtUp();
    const { data } = await platform.ask('{ requests(status: SUBMITTED, first: 50) { totalCount edges { node { requestId kind } } } }');
    expect(data.requests.edges.map(({ node }: { node: { requestId: string } }) => node.requestId)).toContain(open);
    expect(await ask('withdrawRequest', { requestId: open }, { userId: await seen() })).toMatchObject({ code: 'UNKNOWN_REQUEST' });
    expect(await ask('withdrawRequest', { requestId: open }, { userId })).toMatchObject({ request: { status: 'WITHDRAWN' } });
  });

  it('a cancellation is never rejected, an erasure by a rule of law only [2.09]', async () => {
    const rejection = { ruleRef: 'shop rule 7', reason: 'x' };
    expect(await ask('rejectRequest', { requestId: await submit('CANCEL'), ...rejection, ruleIsLegal: true })).toMatchObject({
      code: 'CANCEL_NEVER_REJECTED',
    });
    const requestId = await submit('ERASURE');
    expect(await ask('rejectRequest', { requestId, ...rejection })).toMatchObject({ code: 'ERASURE_NEEDS_LEGAL_RULE', field: 'ruleRef' });
    expect(await ask('rejectRequest', { requestId, ...rejection, ruleRef: 'GDPR Art. 17(3)(b)', ruleIsLegal: true })).toMatchObject({
      request: { status: 'REJECTED', ruleRef: 'GDPR Art. 17(3)(b)' },
    });
    expect(await ask('fulfilRequest', { requestId })).toMatchObject({ code: 'REQUEST_CLOSED' });
    expect(await ask('acknowledgeRequest', { requestId })).toMatchObject({ code: 'REQUEST_CLOSED' });
    expect(await ask('submitRequest', { requestId, kind: 'QUESTION', customer: user() })).toMatchObject({ code: 'REQUEST_EXISTS' });
    expect(await ask('submitRequest', { kind: 'QUESTION', customer: user(), touchpointId: 'never' })).toMatchObject({
      code: 'UNKNOWN_TOUCHPOINT',
    });
    expect(await ask('acknowledgeRequest', { requestId: 'never' })).toMatchObject({ code: 'UNKNOWN_REQUEST' });
  });

  it('a cancellation stands on the board, wherever it was asked for, until it takes effect or is undone [2.09]', async () => {
    const { ask: graph } = platform;
    const mutate = async (type: string, mutation: string, input: object) => {
      const shown = type.includes('Plan') ? '' : '... on SubscriptionAnswer { subscription { subscriptionId } }';
      const query = `mutation M($input: ${type}!) { ${mutation}(input: $input) { __typename ${shown} } }`;
      return (await graph(query, { input: { idempotencyKey: fresh('key'), ...input } })).data[mutation];
    };
    const planId = fresh('plan');
    const plan = { planId, family: planId, name: { ja: 'x', en: 'x' }, price: { amountMinor: '1', currency: 'JPY' }, interval: 'MONTH' };
    await mutate('DefinePlanInput', 'definePlan', plan);
    await mutate('PublishPlanInput', 'publishPlan', { planId, planVersion: 1 });
    const { subscription } = await mutate('StartSubscriptionInput', 'activateSubscription', { planId, customer: user() });
    const { subscriptionId } = subscription;
    const board = async () => {
      await platform.caughtUp();
      const { data } = await graph('{ requests(first: 100) { edges { node { kind status subscriptionId } } } }');
      return data.requests.edges.flatMap(({ node }: { node: { subscriptionId: string; kind: string; status: string } }) =>
        node.subscriptionId === subscriptionId ? [`${node.kind} ${node.status}`] : [],
      );
    };
    await mutate('CancelSubscriptionInput', 'cancelSubscription', { subscriptionId });
    expect(await board()).toEqual(['CANCEL SUBMITTED']);
    await mutate('UndoCancellationInput', 'undoCancellation', { subscriptionId });
    expect(await board()).toEqual(['CANCEL WITHDRAWN']);
    await mutate('CancelSubscriptionInput', 'cancelSubscription', { subscriptionId });
    await mutate('RecordPaymentFailureInput', 'recordPaymentFailure', { subscriptionId, attempt: 3, final: true });
    expect((await board()).sort()).toEqual(['CANCEL FULFILLED', 'CANCEL WITHDRAWN']);
  });

  it('tasks have an owner, a day, and an end', async () => {
    const { task } = await ask('openTask', { title: 'Call her', owner: 'user:mika', due: '2026-01-05T00:00:00Z' });
    const { taskId } = task;
    expect(await ask('assignTask', { taskId, owner: 'user:ken', due: '2026-01-06T00:00:00Z' })).toMatchObject({
      task: { owner: 'user:ken' },
    });
    await platform.caughtUp();
    const { data } = await platform.ask('{ tasks(owner: "user:ken") { totalCount edges { node { taskId } } } }');
    expect(data.tasks).toEqual({ totalCount: 1, edges: [{ node: { taskId } }] });
    expect(await ask('completeTask', { taskId, note: 'done' })).toMatchObject({ task: { doneBy: 'user:a-admin' } });
    expect(await ask('assignTask', { taskId, owner: 'user:mika', due: '2026-01-07T00:00:00Z' })).toMatchObject({ code: 'TASK_DONE' });
    expect(await ask('openTask', { taskId, title: 'x', owner: 'y', due: '2026-01-05T00:00:00Z' })).toMatchObject({ code: 'TASK_EXISTS' });
    expect(await ask('completeTask', { taskId: 'never' })).toMatchObject({ code: 'UNKNOWN_TASK' });
    expect(await ask('openTask', { taskId: 'no id', title: 'x', owner: 'y', due: '2026-01-05T00:00:00Z' })).toMatchObject({
      code: 'INVALID_FIELD',
    });
  });
});

describe('messages', () => {
  const outbox = (id: string) => path.join(platform.deployment.configuration.home, 'outbox', `${id.replace('Message:', '')}.json`);
  const spooled = (id: string) => JSON.parse(readFileSync(outbox(id), 'utf8'));
  const template = async (over: object = {}) => {
    const templateId = fresh('template');
    const subject = { ja: '{{name}}さんへ', en: 'For {{name}}' };
    const text = { ja: '洗い方 {{preferencesUrl}}', en: 'How to wash {{preferencesUrl}}' };
    const html = { ja: '<p>{{name}}</p>', en: '<p>{{name}}</p>' };
    expect(await ask('publishTemplate', { templateId, channel: 'EMAIL', subject, text, html, ...over })).toMatchObject({
      __typename: 'Recorded',
    });
    return templateId;
  };
  const consented = async (recipient = email()) => {
    const noticeId = fresh('notice');
    const grant = (type: string, mutation: string, input: object) =>
      platform.ask(`mutation M($input: ${type}!) { ${mutation}(input: $input) { __typename } }`, {
        input: { idempotencyKey: fresh('key'), ...input },
      });
    await grant('PublishNoticeInput', 'publishNotice', { noticeId, category: 'marketing', text: { ja: 'x', en: 'x' } });
    await grant('GrantConsentInput', 'grantConsent', { customer: recipient, noticeId, noticeVersion: 1 });
    return recipient;
  };
  const message = async (recipient: object, over: object = {}) =>
    ask('queueMessage', {
      recipient,
      category: 'MARKETING',
      channel: 'EMAIL',
      templateId: await template(),
      values: [{ name: 'name', value: '<花>' }],
      ...over,
    });
  const status = async (messageId: string) => {
    await platform.caughtUp();
    return (
      await platform.ask('query M($id: ID!) { message(messageId: $id) { status rule detail dueAt attempts events } }', { id: messageId })
    ).data.message;
  };

  it('goes out in her language, escaped, with a way to end it by one click', async () => {
    const recipient = await consented();
    const { message: queued } = await message(recipient, { language: 'EN' });
    expect(await status(queued.messageId)).toMatchObject({ status: 'SENT', attempts: 1 });
    const sent = spooled(queued.messageId);
    expect(sent).toMatchObject({
      to: recipient.value,
      language: 'en',
      subject: 'For <花>',
      html: '<p>&lt;花&gt;</p>',
      category: 'marketing',
    });
    const link = new URL(sent.unsubscribeUrl).pathname;
    const page = await fetch(`${platform.url}${link}`, { headers: { 'accept-language': 'ja' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const html = await page.text();
    expect(html).toContain('<form method="post">');
    expect(html).not.toContain('<script');
    // Following the link ends nothing: scanners do that. The post of RFC 8058 does.
    expect(await message(recipient)).toMatchObject({ __typename: 'MessageAnswer' });
    const oneClick = await fetch(`${platform.url}${link}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    });
    expect(oneClick.status).toBe(200);
    expect(await message(recipient)).toMatchObject({ code: 'CONSENT_MISSING', field: 'recipient' });
    expect((await fetch(`${platform.url}${link}x`)).status).toBe(404);
    await consented(recipient);
    expect(await message(recipient)).toMatchObject({ __typename: 'MessageAnswer' });
  });

  it('the page of her preferences works without a script, in both languages', async () => {
    const recipient = await consented();
    const { message: queued } = await message(recipient);
    await platform.caughtUp();
    const address = `${platform.url}${new URL(spooled(queued.messageId).preferencesUrl).pathname}`;
    expect(await (await fetch(address, { headers: { 'accept-language': 'en' } })).text()).toContain('You are receiving our news.');
    const post = async (body: string) => (await fetch(address, { method: 'POST', body: new URLSearchParams(body) })).text();
    expect(await post('language=ja')).toContain('お知らせをお届けしています。');
    expect(await post('stop=1')).toContain('お知らせはお届けしていません。');
    expect(await message(recipient)).toMatchObject({ code: 'CONSENT_MISSING' });
    expect(await (await fetch(address)).text()).toContain('<html lang="ja">');
  });

  it('is taken out of the queue when she takes her consent back while it waits, by whatever she is known; others stay', async () => {
    const recipient = await consented();
    const userId = fresh('u');
    await platform.send('/v1/identify', { userId, messageId: fresh('m'), traits: { email: recipient.value } });
    const later = { notBefore: '2026-01-02T05:00:00Z' };
    const { message: queued } = await message(recipient, later);
    const { message: service } = await message(recipient, { ...later, category: 'SERVICE' });
    const { message: elsewhere } = await message(await consented(), later);
    expect(await status(queued.messageId)).toMatchObject({ status: 'QUEUED' });
    // She says it where she signed in, not at the address.
    await platform.ask(
      'mutation W($input: ConsentTopicInput!) { withdrawConsent(input: $input) { __typename } }',
      { input: { category: 'marketing', idempotencyKey: fresh('key') } },
      { userId },
    );
    expect(await status(queued.messageId)).toMatchObject({ status: 'SUPPRESSED', rule: 'CONSENT', detail: 'WITHDRAWN', dueAt: null });
    expect([(await status(service.messageId)).status, (await status(elsewhere.messageId)).status]).toEqual(['QUEUED', 'QUEUED']);
    await platform.moveClock('2026-01-02T05:00:00.000Z');
    expect([(await status(service.messageId)).status, (await status(elsewhere.messageId)).status]).toEqual(['SENT', 'SENT']);
    expect(existsSync(outbox(queued.messageId))).toBe(false);
  });

  it('waits for the end of quiet hours in her own zone, and counts against the caps', async () => {
    await ask('setQuietHours', { from: '21:00', to: '08:00', defaultTimeZone: 'Asia/Tokyo' });
    await ask('setFrequencyCap', { channel: 'EMAIL', max: 2, windowHours: 24 });
    await platform.moveClock('2026-01-02T14:00:00.000Z');
    const recipient = await consented();
    const { message: quiet } = await message(recipient);
    expect(await status(quiet.messageId)).toMatchObject({ status: 'QUEUED', rule: 'QUIET_HOURS', dueAt: '2026-01-02T23:00:00.000Z' });
    const { message: service } = await message(recipient, { category: 'SERVICE' });
    expect(await status(service.messageId)).toMatchObject({ status: 'SENT' });
    await platform.moveClock('2026-01-02T23:00:00.000Z');
    expect(await status(quiet.messageId)).toMatchObject({ status: 'SENT' });
    const { message: second } = await message(recipient);
    expect(await status(second.messageId)).toMatchObject({ status: 'SENT' });
    const { message: third } = await message(recipient);
    expect(await status(third.messageId)).toMatchObject({ status: 'SUPPRESSED', rule: 'FREQUENCY_CAP', detail: '2 of 2 global in 24 h' });
    await platform.moveClock('2026-01-03T23:00:01.000Z');
    const { message: next } = await message(recipient);
    expect(await status(next.messageId)).toMatchObject({ status: 'SENT' });
    const { data } = await platform.ask('{ contactPolicy { caps { scope channel max } quietHours { from to defer } } }');
    expect(data.contactPolicy).toEqual({
      caps: [{ scope: 'global', channel: 'EMAIL', max: 2 }],
      quietHours: { from: '21:00', to: '08:00', defer: true },
    });
  });

  it('a hard bounce and a complaint close the address, and no marketer opens it after a complaint', async () => {
    const recipient = await consented();
    const { message: queued } = await message(recipient);
    expect(await status(queued.messageId)).toMatchObject({ status: 'SENT' });
    const { messageId } = queued;
    await ask('recordDelivery', { messageId, event: 'DELIVERED' });
    await ask('recordDelivery', { messageId, event: 'COMPLAINED' });
    expect(await status(messageId)).toMatchObject({ events: ['delivered', 'complained'] });
    expect(await message(recipient)).toMatchObject({ code: 'CONSENT_MISSING' });
    await consented(recipient);
    expect(await message(recipient)).toMatchObject({ code: 'ADDRESS_SUPPRESSED', field: 'recipient' });
    expect(await ask('liftSuppression', { recipient, reason: 'x' }, { role: 'marketer' })).toMatchObject({ code: 'LEGAL_SUPPRESSION' });
    expect(await ask('liftSuppression', { recipient, reason: 'she asked' }, { role: 'ops' })).toMatchObject({ __typename: 'Recorded' });
    expect(await message(recipient)).toMatchObject({ __typename: 'MessageAnswer' });
    await ask('recordDelivery', { messageId, event: 'BOUNCED', hard: true });
    expect(await message(recipient)).toMatchObject({ code: 'ADDRESS_SUPPRESSED' });
    expect(await ask('liftSuppression', { recipient: await consented(), reason: 'x' })).toMatchObject({ code: 'NOT_SUPPRESSED' });
    const closed = await consented();
    await ask('addSuppression', { recipient: closed, scope: 'MARKETING', reason: 'LEGAL' });
    expect(await ask('liftSuppression', { recipient: closed, reason: 'x' }, { role: 'marketer' })).toMatchObject({
      code: 'LEGAL_SUPPRESSION',
    });
  });

  it('previews and test sends are rendered like the rest', async () => {
    const templateId = await template();
    const preview = async (values: object[]) =>
      (
        await platform.ask(
          'query P($id: String!, $values: [TemplateValueInput!]!) { previewTemplate(templateId: $id, language: JA, values: $values) { __typename ... on RenderedMessage { subject html } ... on CommandRefused { code field } } }',
          { id: templateId, values },
        )
      ).data.previewTemplate;
    expect(await preview([{ name: 'name', value: '花子' }])).toMatchObject({ subject: '花子さんへ', html: '<p>花子</p>' });
    expect(await preview([])).toMatchObject({ code: 'TEMPLATE_INCOMPLETE', field: 'values.name' });
    const test = await ask('sendTestMessage', {
      templateId,
      language: 'JA',
      channel: 'EMAIL',
      recipient: email('brand@example.com'),
      values: [{ name: 'name', value: '花子' }],
    });
    expect(await status(test.message.messageId)).toMatchObject({ status: 'SENT' });
    expect(spooled(test.message.messageId)).toMatchObject({ to: 'brand@example.com', subject: '花子さんへ' });
  });

  it('can be cancelled while it waits, and not when it is gone', async () => {
    const recipient = await consented();
    const waiting = await message(recipient, { notBefore: '2027-01-01T00:00:00Z' });
    const { messageId } = waiting.message;
    expect(await ask('recordDelivery', { messageId, event: 'OPENED' })).toMatchObject({ code: 'MESSAGE_CLOSED' });
    expect(await ask('cancelMessage', { messageId, reason: 'x' })).toMatchObject({ message: { status: 'CANCELLED' } });
    const { message: gone } = await message(email(), { category: 'LEGAL' });
    await status(gone.messageId);
    expect(await ask('cancelMessage', { messageId: gone.messageId, reason: 'x' })).toMatchObject({
      code: 'MESSAGE_CLOSED',
      field: 'messageId',
    });
    expect(await ask('cancelMessage', { messageId: 'Message:7c9e6679-7425-40de-944b-e07fc1f90ae7', reason: 'x' })).toMatchObject({
      code: 'UNKNOWN_MESSAGE',
    });
  });

  it.each([
    ['CONSENT_MISSING', 'recipient', {}],
    ['NO_ADDRESS', 'recipient', { recipient: user('known') }],
    ['UNKNOWN_TEMPLATE', 'templateId', { templateId: 'never' }],
    ['UNKNOWN_TEMPLATE', 'templateId', { channel: 'SMS', recipient: { type: 'PHONE', value: '+81312345678' } }],
    ['TEMPLATE_INCOMPLETE', 'values.name', { values: [], category: 'SERVICE' }],
    ['UNKNOWN_IDENTIFIER', 'recipient', { recipient: email('') }],
  ])('refuses %s at %s, and writes nothing', async (code, field, over) => {
    const templateId = await template();
    const before = await facts();
    const values = [{ name: 'name', value: 'x' }];
    const whole = { recipient: email('nobody@example.com'), category: 'MARKETING', channel: 'EMAIL', templateId, values };
    expect(await ask('queueMessage', { ...whole, ...over })).toMatchObject({ code, field });
    expect(await facts()).toBe(before);
  });

  it.each([
    ['INVALID_FIELD', 'max', 'setFrequencyCap', { max: 0, windowHours: 24 }],
    ['INVALID_FIELD', 'to', 'setQuietHours', { from: '21:00', to: '21:00', defaultTimeZone: 'Asia/Tokyo' }],
    ['INVALID_FIELD', 'defaultTimeZone', 'setQuietHours', { from: '21:00', to: '08:00', defaultTimeZone: 'Mars' }],
    ['INVALID_FIELD', 'from', 'setQuietHours', { from: '25:00', to: '08:00', defaultTimeZone: 'UTC' }],
    [
      'INVALID_FIELD',
      'templateId',
      'publishTemplate',
      { templateId: 'no id', channel: 'EMAIL', subject: { ja: 'x', en: 'x' }, text: { ja: 'x', en: 'x' } },
    ],
    [
      'TEMPLATE_INCOMPLETE',
      'text',
      'publishTemplate',
      { templateId: 't', channel: 'EMAIL', subject: { ja: '{{a}}', en: 'x' }, text: { ja: 'x', en: 'x' } },
    ],
  ])('refuses %s at %s of %s, and writes nothing', async (code, field, mutation, input) => {
    const before = await facts();
    expect(await ask(mutation, input)).toMatchObject({ code, field });
    expect(await facts()).toBe(before);
  });

  it('a link opens nothing but what it was signed for', async () => {
    const { sign } = linkSigner(platform.deployment.secrets.contextKey);
    const subject = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
    const unsubscribe = sign({ purpose: 'unsubscribe', subject, channel: 'email' });
    expect((await fetch(`${platform.url}/preferences/${unsubscribe}`)).status).toBe(404);
    expect((await fetch(`${platform.url}/confirm/${unsubscribe}`)).status).toBe(404);
    expect((await fetch(`${platform.url}/unsubscribe/${unsubscribe}`, { method: 'PUT' })).status).toBe(405);
    const long = await fetch(`${platform.url}/unsubscribe/${unsubscribe}`, { method: 'POST', body: 'x'.repeat(20_000) });
    expect(long.status).toBe(413);
  });
});

describe('who may do what', () => {
  const self: readonly Role[] = ['customer', 'frontend', 'success', 'ops', 'admin'];
  const brand: readonly Role[] = ['marketer', 'ops', 'admin'];
  const success: readonly Role[] = ['success', 'ops', 'admin'];
  const no = 'never';
  const text = { ja: 'x', en: 'x' };
  const due = '2026-01-05T00:00:00Z';
  const recipient = { type: 'USER_ID', value: '' };
  const table: Readonly<Record<string, readonly [readonly Role[], object]>> = {
    registerTouchpoint: [brand, { touchpointId: '-', name: text, kind: 'WEB', direction: 'TWO_WAY', online: true }],
    pauseTouchpoint: [brand, { touchpointId: no, reason: 'x' }],
    resumeTouchpoint: [brand, { touchpointId: no }],
    retireTouchpoint: [brand, { touchpointId: no, reason: 'x' }],
    defineVoicePersona: [brand, { touchpointId: no, persona: text, tone: text }],
    issueConnectCodes: [brand, { batchId: '-', touchpointId: no, codes: [] }],
    redeemConnectCode: [self, { code: no }],
    registerProduct: [self, { productId: '-', serial: 's' }],
    connectCustomer: [self, { touchpointId: no, via: 'STORE' }],
    disconnectCustomer: [self, { touchpointId: no }],
    recordInteraction: [['frontend', 'success', 'ops', 'admin'], { touchpointId: no, direction: 'INBOUND', initiator: 'STAFF' }],
    recordVoice: [self, { touchpointId: no, kind: 'PRAISE', text: 'x' }],
    submitSelfAssessment: [self, { touchpointId: no, purposeId: 'p', answers: [] }],
    startFlow: [self, { touchpointId: no, kind: 'CANCEL' }],
    takeFlowStep: [self, { flowId: no, name: 'x' }],
    endFlow: [self, { flowId: no, outcome: 'COMPLETED' }],
    submitRequest: [self, { kind: 'QUESTION', touchpointId: no }],
    acknowledgeRequest: [success, { requestId: no }],
    fulfilRequest: [success, { requestId: no }],
    rejectRequest: [success, { requestId: no, ruleRef: 'x', reason: 'x' }],
    withdrawRequest: [self, { requestId: no }],
    openTask: [success, { taskId: '-', title: 'x', owner: 'x', due }],
    assignTask: [success, { taskId: no, owner: 'x', due }],
    completeTask: [success, { taskId: no }],
    queueMessage: [['frontend', 'marketer', 'success', 'ops', 'admin'], { recipient, category: 'LEGAL', channel: 'EMAIL', templateId: no }],
    cancelMessage: [['marketer', 'success', 'ops', 'admin'], { messageId: 'Message:never', reason: 'x' }],
    recordDelivery: [['frontend', 'ops', 'admin'], { messageId: 'Message:never', event: 'OPENED' }],
    sendTestMessage: [brand, { templateId: no, language: 'JA', channel: 'EMAIL', recipient }],
    publishTemplate: [brand, { templateId: '-', channel: 'EMAIL', subject: text, text }],
    setFrequencyCap: [brand, { max: 0, windowHours: 1 }],
    setQuietHours: [brand, { from: '1', to: '1', defaultTimeZone: 'x' }],
    addSuppression: [['marketer', 'success', 'ops', 'admin'], { recipient, scope: 'ALL', reason: 'MANUAL' }],
    liftSuppression: [brand, { recipient, reason: 'x' }],
  };
  it.each(Object.entries(table))('%s', async (mutation, [allowed, input]) => {
    const tried = (role: Role | null) =>
      platform.ask(
        `mutation M($input: ${kindOf(mutation)[0]}!) { ${mutation}(input: $input) { __typename } }`,
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
