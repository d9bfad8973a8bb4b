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

/** Answers of a server before it has the text: what fails here did not go out. */
const BEFORE_TEXT = ['CONN', 'EHLO', 'HELO', 'LHLO', 'STARTTLS', 'AUTH', 'MAIL FROM', 'RCPT TO'];
const NEVER_CONNECTED = ['ECONNECTION', 'ECONNREFUSED', 'EDNS', 'ENOTFOUND', 'EAUTH', 'ETLS'];

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
        return outcomeOf(error as { code?: string; command?: string; responseCode?: number });
      }
    },
    close: async () => transport.close(),
  };
}

/** What a failure says of the message. Never its text: it may hold the address. */
function outcomeOf({ code, command, responseCode }: { code?: string; command?: string; responseCode?: number }): SendOutcome {
  if (responseCode !== undefined && responseCode >= 400)
    return {
      kind: 'rejected',
      permanent: responseCode >= 500 && code !== 'EAUTH',
      detail: `${responseCode} to ${command ?? 'the message'}`,
    };
  if (NEVER_CONNECTED.includes(code ?? '') || BEFORE_TEXT.includes(command ?? ''))
    return { kind: 'rejected', permanent: false, detail: `${code ?? 'error'} at ${command ?? 'CONN'}` };
  return { kind: 'unknown', detail: `${code ?? 'error'} at ${command ?? 'DATA'}` };
}
