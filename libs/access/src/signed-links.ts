import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** What a link in a message allows whoever holds it: nothing but this, of this subject. */
export type SignedLink = {
  /** `unsubscribe`: one click. `preferences`: the page of her consents. `confirm`: the second step of a double opt-in. */
  readonly purpose: 'unsubscribe' | 'preferences' | 'confirm';
  readonly subject: string;
  readonly channel?: string;
  readonly category?: string;
  readonly messageId?: string;
  /** ISO 8601; absent: for ever, as an old mail must still let her go. */
  readonly until?: string;
};

export type LinkSigner = {
  /** The same link for the same content, URL-safe. */
  readonly sign: (link: SignedLink) => string;
  /** Null for anything that we did not sign, that was changed, is of another purpose, or is over at `at`. */
  readonly verify: (signed: string, purpose: SignedLink['purpose'], at: string) => SignedLink | null;
};

/** Signs links with a key of their own, derived from the deployment's secret (at least 32 bytes, else throws). */
export function linkSigner(secret: Uint8Array): LinkSigner {
  if (secret.length < 32) throw new RangeError('the secret must have at least 32 bytes');
  const key = Buffer.from(hkdfSync('sha256', secret, new Uint8Array(), 'tsunagari signed links 1', 32));
  const macOf = (body: string): Buffer => createHmac('sha256', key).update(body).digest();
  return {
    sign({ purpose, subject, channel, category, messageId, until }) {
      const body = Buffer.from(JSON.stringify([purpose, subject, channel ?? null, category ?? null, messageId ?? null, until ?? null]));
      const text = body.toString('base64url');
      return `${text}.${macOf(text).toString('base64url')}`;
    },
    verify(signed, purpose, at) {
      const [text = '', mac = '', ...more] = signed.split('.');
      const given = Buffer.from(mac, 'base64url');
      const expected = macOf(text);
      if (more.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
      const [of, subject, channel, category, messageId, until] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as [
        SignedLink['purpose'],
        string,
        ...(string | null)[],
      ];
      if (of !== purpose || (until != null && until < at)) return null;
      return {
        purpose,
        subject,
        ...(channel == null ? {} : { channel }),
        ...(category == null ? {} : { category }),
        ...(messageId == null ? {} : { messageId }),
        ...(until == null ? {} : { until }),
      };
    },
  };
}
