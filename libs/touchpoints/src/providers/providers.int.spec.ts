import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SMTPServer } from 'smtp-server';
import type { OutgoingMessage } from '../message/provider';
import { smtpProvider } from './smtp';
import { spoolProvider } from './spool';
import { isSigned, SIGNATURE_HEADER, webhookProvider } from './webhook';

const message: OutgoingMessage = {
  messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  category: 'marketing',
  channel: 'email',
  language: 'ja',
  to: 'hanako@example.com',
  subject: '洗い方',
  text: 'ぬるま湯で',
  unsubscribeUrl: 'https://brand.example/unsubscribe/x.y',
  preferencesUrl: 'https://brand.example/preferences/x.y',
};

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe('by SMTP', () => {
  const opened = (url: string) => {
    const provider = smtpProvider({ url, from: 'news@brand.example', timeoutMs: 3_000 });
    closing.push(() => provider.close());
    return provider;
  };
  async function mailServer(answers: { readonly recipient?: number; readonly data?: number; readonly hangUp?: boolean } = {}) {
    const mails: string[] = [];
    const failing = (responseCode: number) => Object.assign(new Error('no'), { responseCode });
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onRcptTo: (_, __, done) => done(answers.recipient === undefined ? null : failing(answers.recipient)),
      onData(stream, _, done) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          mails.push(Buffer.concat(chunks).toString('utf8'));
          if (answers.hangUp) for (const socket of sockets) socket.destroy();
          else done(answers.data === undefined ? null : failing(answers.data));
        });
      },
    });
    const sockets = new Set<{ destroy(): void }>();
    server.server.on('connection', (socket) => sockets.add(socket));
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
    closing.push(() => new Promise((resolve) => server.close(() => resolve(undefined))));
    return { mails, provider: opened(`smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`) };
  }

  it('a server gets the mail with the Message-ID of the message and the headers of one-click unsubscribe', async () => {
    const { mails, provider } = await mailServer();
    expect(await provider.send({ ...message, subject: 'Hello\r\nBcc: all@example.com' })).toEqual({ kind: 'accepted' });
    const [mail = ''] = mails;
    expect(mail).toMatch(/^Message-ID: <7c9e6679-7425-40de-944b-e07fc1f90ae7@brand\.example>/m);
    expect(mail).toMatch(/^List-Unsubscribe: <https:\/\/brand\.example\/unsubscribe\/x\.y>/m);
    expect(mail).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click/m);
    expect(mail).not.toMatch(/^Bcc:/m);
    const { unsubscribeUrl: _, ...service } = message;
    await provider.send({ ...service, category: 'service' });
    expect(mails[1]).not.toContain('List-Unsubscribe');
  });

  it.each([
    ['an address that does not exist', { recipient: 550 }, { kind: 'rejected', permanent: true }],
    ['a mailbox that is full for now', { recipient: 452 }, { kind: 'rejected', permanent: false }],
    ['a text that it does not want', { data: 554 }, { kind: 'rejected', permanent: true }],
    ['a server that hangs up after the text, which it may have taken', { hangUp: true }, { kind: 'unknown' }],
  ])('%s', async (_, answers, outcome) => {
    const { provider } = await mailServer(answers);
    expect(await provider.send(message)).toMatchObject(outcome);
  });

  it('a server that is away did not take it', async () => {
    expect(await opened('smtp://127.0.0.1:1').send(message)).toMatchObject({ kind: 'rejected', permanent: false });
  });
});

describe('by webhook', () => {
  const secret = 'a secret of 16 or more';
  const now = () => '2026-01-02T03:04:05.000Z';
  async function receiver(answer: number | 'silence') {
    const got: { readonly headers: IncomingMessage['headers']; readonly body: string }[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        got.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
        if (answer !== 'silence') response.writeHead(answer, { location: 'http://127.0.0.1:1/' }).end();
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/messages`;
    return { got, provider: webhookProvider({ url, secret, channels: ['sms'], now, timeoutMs: 300 }) };
  }

  it('the receiver gets the message, signed, with its id as idempotency key', async () => {
    const { got, provider } = await receiver(204);
    expect(await provider.send(message)).toEqual({ kind: 'accepted' });
    const headers = got[0]?.headers ?? {};
    const body = got[0]?.body ?? '';
    expect(JSON.parse(body)).toEqual(message);
    expect(headers['idempotency-key']).toBe(message.messageId);
    const [signed, seconds] = [String(headers[SIGNATURE_HEADER]), Date.parse(now()) / 1000];
    expect(isSigned(signed, secret, body, seconds + 299)).toBe(true);
    expect(isSigned(signed, secret, body, seconds + 301)).toBe(false);
    expect(isSigned(signed, secret, `${body} `, seconds)).toBe(false);
    expect(isSigned(signed, 'another secret!!!', body, seconds)).toBe(false);
  });

  it.each([
    [400, { kind: 'rejected', permanent: true }],
    [429, { kind: 'rejected', permanent: false }],
    [503, { kind: 'rejected', permanent: false }],
    [500, { kind: 'unknown' }],
    [302, { kind: 'unknown' }],
    ['silence', { kind: 'unknown' }],
  ] as const)('an answer of %s', async (answer, outcome) => {
    const { provider } = await receiver(answer);
    expect(await provider.send(message)).toMatchObject(outcome);
  });

  it('a receiver that is away did not take it', async () => {
    const provider = webhookProvider({ url: 'http://127.0.0.1:1/', secret, channels: ['sms'], now });
    expect((await provider.send(message)).kind).not.toBe('accepted');
  });
});

describe('into files', () => {
  it('a message is one file, whatever is tried again', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tsunagari-spool-'));
    closing.push(async () => rmSync(folder, { recursive: true, force: true }));
    const provider = spoolProvider(path.join(folder, 'outbox'));
    for (let n = 0; n < 3; n++) expect(await provider.send(message)).toEqual({ kind: 'accepted' });
    expect(readdirSync(path.join(folder, 'outbox'))).toEqual([`${message.messageId}.json`]);
    const noFolder = path.join(folder, 'outbox', `${message.messageId}.json`);
    expect(await spoolProvider(noFolder).send(message)).toMatchObject({ kind: 'rejected', permanent: false });
  });
});
