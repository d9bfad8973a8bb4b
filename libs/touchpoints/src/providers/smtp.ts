import { createTransport } from 'nodemailer';
import type { SendOutcome } from '../message/message.decider';
import type { MessageProvider } from '../message/provider';

export type SmtpOptions = {
  /** `smtp://user:password@host:587` or `smtps://…`. */
  readonly url: string;
  /** The sender's address. */
  readonly from: string;
  /** Milliseconds for connecting, greeting and each answer. Default 20,000. */
  readonly timeoutMs?: number;
};

/** Failures before there was a conversation at all. */
const NEVER_CONNECTED = ['EDNS', 'EAUTH'];
const CONNECTING = ['connect', 'getaddrinfo'];

/** Mail by SMTP. The Message-ID follows from the message, so that a second hand-over of a service message is recognised as the same. */
export function smtpProvider({ url, from, timeoutMs = 20_000 }: SmtpOptions): MessageProvider {
  const transport = createTransport({ url, connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs });
  const domain = /@([^>\s]+)/.exec(from)?.[1] ?? 'localhost';
  return {
    name: 'smtp',
    channels: ['email'],
    async send(message) {
      const { unsubscribeUrl } = message;
      try {
        await transport.sendMail({
          from,
          to: { name: '', address: message.to },
          messageId: `<${message.messageId}@${domain}>`,
          subject: message.subject,
          text: message.text,
          ...(message.html === undefined ? {} : { html: message.html }),
          headers: {
            'Content-Language': message.language,
            ...(unsubscribeUrl === undefined
              ? {}
              : { 'List-Unsubscribe': `<${unsubscribeUrl}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
          },
          disableFileAccess: true,
          disableUrlAccess: true,
        });
        return { kind: 'accepted' };
      } catch (error) {
        return outcomeOf(error as Failure);
      }
    },
    close: async () => transport.close(),
  };
}

type Failure = { readonly code?: string; readonly command?: string; readonly responseCode?: number; readonly syscall?: string };

/**
 * What a failure says of the message: only a server's own answer, or a connection that never stood, says that it did not go out. A
 * connection that broke says nothing, whatever step nodemailer names. Never its text: it may hold the address.
 */
function outcomeOf({ code = 'error', command = 'CONN', responseCode, syscall = '' }: Failure): SendOutcome {
  if (responseCode !== undefined && responseCode >= 400)
    return { kind: 'rejected', permanent: responseCode >= 500 && code !== 'EAUTH', detail: `${responseCode} to ${command}` };
  if (NEVER_CONNECTED.includes(code) || CONNECTING.includes(syscall)) return { kind: 'rejected', permanent: false, detail: code };
  return { kind: 'unknown', detail: `${code} at ${command}` };
}
