import { ROLES, type Role } from '@tsunagari/access';
import { fresh, kindOf, specTouchpoints } from '../test-programs/spec-touchpoints';

const { ask, facts, platform, register } = specTouchpoints();

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
      platform().ask(
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
