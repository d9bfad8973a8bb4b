import { linkSigner } from '@tsunagari/access';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { email, fresh, specTouchpoints, user } from '../test-programs/spec-touchpoints';

const { ask, facts, platform } = specTouchpoints();

describe('messages', () => {
  const outbox = (id: string) => path.join(platform().deployment.configuration.home, 'outbox', `${id.replace('Message:', '')}.json`);
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
      platform().ask(`mutation M($input: ${type}!) { ${mutation}(input: $input) { __typename } }`, {
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
    await platform().caughtUp();
    return (
      await platform().ask('query M($id: ID!) { message(messageId: $id) { status rule detail dueAt attempts events } }', { id: messageId })
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
    const page = await fetch(`${platform().url}${link}`, { headers: { 'accept-language': 'ja' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const html = await page.text();
    expect(html).toContain('<form method="post">');
    expect(html).not.toContain('<script');
    // Following the link ends nothing: scanners do that. The post of RFC 8058 does.
    expect(await message(recipient)).toMatchObject({ __typename: 'MessageAnswer' });
    const oneClick = await fetch(`${platform().url}${link}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    });
    expect(oneClick.status).toBe(200);
    expect(await message(recipient)).toMatchObject({ code: 'CONSENT_MISSING', field: 'recipient' });
    expect((await fetch(`${platform().url}${link}x`)).status).toBe(404);
    await consented(recipient);
    expect(await message(recipient)).toMatchObject({ __typename: 'MessageAnswer' });
  });

  it('the page of her preferences works without a script, in both languages', async () => {
    const recipient = await consented();
    const { message: queued } = await message(recipient);
    await platform().caughtUp();
    const address = `${platform().url}${new URL(spooled(queued.messageId).preferencesUrl).pathname}`;
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
    await platform().send('/v1/identify', { userId, messageId: fresh('m'), traits: { email: recipient.value } });
    const later = { notBefore: '2026-01-02T05:00:00Z' };
    const { message: queued } = await message(recipient, later);
    const { message: service } = await message(recipient, { ...later, category: 'SERVICE' });
    const { message: elsewhere } = await message(await consented(), later);
    expect(await status(queued.messageId)).toMatchObject({ status: 'QUEUED' });
    // She says it where she signed in, not at the address.
    await platform().ask(
      'mutation W($input: ConsentTopicInput!) { withdrawConsent(input: $input) { __typename } }',
      { input: { category: 'marketing', idempotencyKey: fresh('key') } },
      { userId },
    );
    expect(await status(queued.messageId)).toMatchObject({ status: 'SUPPRESSED', rule: 'CONSENT', detail: 'WITHDRAWN', dueAt: null });
    expect([(await status(service.messageId)).status, (await status(elsewhere.messageId)).status]).toEqual(['QUEUED', 'QUEUED']);
    await platform().moveClock('2026-01-02T05:00:00.000Z');
    expect([(await status(service.messageId)).status, (await status(elsewhere.messageId)).status]).toEqual(['SENT', 'SENT']);
    expect(existsSync(outbox(queued.messageId))).toBe(false);
  });

  it('waits for the end of quiet hours in her own zone, and counts against the caps', async () => {
    await ask('setQuietHours', { from: '21:00', to: '08:00', defaultTimeZone: 'Asia/Tokyo' });
    await ask('setFrequencyCap', { channel: 'EMAIL', max: 2, windowHours: 24 });
    await platform().moveClock('2026-01-02T14:00:00.000Z');
    const recipient = await consented();
    const { message: quiet } = await message(recipient);
    expect(await status(quiet.messageId)).toMatchObject({ status: 'QUEUED', rule: 'QUIET_HOURS', dueAt: '2026-01-02T23:00:00.000Z' });
    const { message: service } = await message(recipient, { category: 'SERVICE' });
    expect(await status(service.messageId)).toMatchObject({ status: 'SENT' });
    await platform().moveClock('2026-01-02T23:00:00.000Z');
    expect(await status(quiet.messageId)).toMatchObject({ status: 'SENT' });
    const { message: second } = await message(recipient);
    expect(await status(second.messageId)).toMatchObject({ status: 'SENT' });
    const { message: third } = await message(recipient);
    expect(await status(third.messageId)).toMatchObject({ status: 'SUPPRESSED', rule: 'FREQUENCY_CAP', detail: '2 of 2 global in 24 h' });
    await platform().moveClock('2026-01-03T23:00:01.000Z');
    const { message: next } = await message(recipient);
    expect(await status(next.messageId)).toMatchObject({ status: 'SENT' });
    const { data } = await platform().ask('{ contactPolicy { caps { scope channel max } quietHours { from to defer } } }');
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
        await platform().ask(
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
    const { sign } = linkSigner(platform().deployment.secrets.contextKey);
    const subject = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
    const unsubscribe = sign({ purpose: 'unsubscribe', subject, channel: 'email' });
    expect((await fetch(`${platform().url}/preferences/${unsubscribe}`)).status).toBe(404);
    expect((await fetch(`${platform().url}/confirm/${unsubscribe}`)).status).toBe(404);
    expect((await fetch(`${platform().url}/unsubscribe/${unsubscribe}`, { method: 'PUT' })).status).toBe(405);
    const long = await fetch(`${platform().url}/unsubscribe/${unsubscribe}`, { method: 'POST', body: 'x'.repeat(20_000) });
    expect(long.status).toBe(413);
  });
});
