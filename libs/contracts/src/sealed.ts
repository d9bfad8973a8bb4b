import { z } from 'zod';

/**
 * A personal value as it stands in the store: `sealed.1.<base64url of nonce, ciphertext and tag>`, AES-256-GCM under the key of
 * the fact's subject. Folds, read models and exports hold it as it is; only resolvers and the message dispatcher open it.
 */
export type Sealed = `sealed.1.${string}`;

export const sealedSchema = z.string().regex(/^sealed\.1\.[A-Za-z0-9_-]+$/, 'a sealed value');

export function isSealed(value: unknown): value is Sealed {
  return typeof value === 'string' && value.startsWith('sealed.1.');
}

/** What a reader gets in place of a value whose key was destroyed. A value, never a throw. */
export type Redacted = { readonly redacted: true; readonly reason: 'SUBJECT_ERASED' | 'UNREADABLE' };

export function isRedacted(value: unknown): value is Redacted {
  return typeof value === 'object' && value !== null && 'redacted' in value && value.redacted === true;
}
