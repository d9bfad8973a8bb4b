import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Channel } from '@tsunagari/contracts';
import type { SendOutcome } from '../message/message.decider';
import type { MessageProvider } from '../message/provider';

export type WebhookOptions = {
  readonly url: string;
  /** Shared with the receiver, at least 16 characters. */
  readonly secret: string;
  readonly channels: readonly Channel[];
  readonly now: () => string;
  /** Milliseconds for the answer. Default 10,000. */
  readonly timeoutMs?: number;
};

export const SIGNATURE_HEADER = 'x-tsunagari-signature';

/**
 * Hands messages to an HTTP service of the brand. The body is signed: `t=<seconds>,v1=<hex HMAC-SHA256 of "<seconds>.<body>">`, and the
 * `Idempotency-Key` is the message's id, so that the receiver takes it once.
 */
export function webhookProvider({ url, secret, channels, now, timeoutMs = 10_000 }: WebhookOptions): MessageProvider {
  return {
    name: 'webhook',
    channels,
    async send(message) {
      const body = JSON.stringify(message);
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'idempotency-key': message.messageId,
            [SIGNATURE_HEADER]: signature(secret, body, Math.floor(Date.parse(now()) / 1000)),
          },
          body,
          redirect: 'error',
          signal: AbortSignal.timeout(timeoutMs),
        });
        await response.body?.cancel();
        return outcomeOf(response.status);
      } catch (error) {
        const code = codeOf(error);
        if (code === 'ECONNREFUSED' || code === 'ENOTFOUND') return { kind: 'rejected', permanent: false, detail: code };
        return { kind: 'unknown', detail: code };
      }
    },
    close: async () => undefined,
  };
}

function outcomeOf(status: number): SendOutcome {
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  if (status === 429 || status === 503) return { kind: 'rejected', permanent: false, detail: `status ${status}` };
  if (status >= 400 && status < 500) return { kind: 'rejected', permanent: true, detail: `status ${status}` };
  return { kind: 'unknown', detail: `status ${status}` };
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause === 'object' && cause !== null && 'code' in cause) return String(cause.code);
  return error instanceof Error ? error.name : 'error';
}

/** The value of {@link SIGNATURE_HEADER}. `seconds` since 1970. */
export function signature(secret: string, body: string, seconds: number): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

/** For receivers, and for callbacks to us: whether a body was signed with the secret at most five minutes before or after `seconds`. */
export function isSigned(header: string, secret: string, body: string, seconds: number): boolean {
  const [, at = '', mac = ''] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header) ?? [];
  if (mac === '' || Math.abs(Number(at) - seconds) > 300) return false;
  const expected = signature(secret, body, Number(at)).slice(-64);
  return timingSafeEqual(Buffer.from(mac), Buffer.from(expected));
}
