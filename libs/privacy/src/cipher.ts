import { createCipheriv, createDecipheriv, createHash, createSecretKey, type KeyObject, randomFillSync } from 'node:crypto';

const NONCE = 12;
const TAG = 16;
const CONTEXT = 8;

/** Random bytes drawn in stock: asking the system for 12 at a time costs more than the encryption. */
const stock = Buffer.alloc(NONCE * 1024);
let used = stock.length;

function nonce(): Buffer {
  if (used === stock.length) {
    randomFillSync(stock);
    used = 0;
  }
  used += NONCE;
  return Buffer.from(stock.subarray(used - NONCE, used));
}

/** AES-256-GCM: nonce, ciphertext, tag. `bound` is authenticated and not kept: opening needs the same. */
export function encrypt(key: KeyObject, plain: Uint8Array | string, bound: Uint8Array | string): Buffer {
  const iv = nonce();
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(typeof bound === 'string' ? Buffer.from(bound) : bound);
  const body = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
  cipher.final();
  return Buffer.concat([iv, body, cipher.getAuthTag()]);
}

/** Undefined when the key is another one, or anything was changed. */
export function decrypt(key: KeyObject, sealed: Uint8Array, bound: Uint8Array | string): Buffer | undefined {
  if (sealed.length < NONCE + TAG) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE));
  decipher.setAAD(typeof bound === 'string' ? Buffer.from(bound) : bound);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
  const plain = decipher.update(sealed.subarray(NONCE, sealed.length - TAG));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return plain;
}

/** Names where a value belongs, in 8 bytes: they stand before the nonce, so that a reader who knows only the subject can open it. */
export function contextOf(type: string, field: string): Buffer {
  const key = `${type}\u0000${field}`;
  const known = contexts.get(key);
  if (known) return known;
  const context = createHash('sha256').update(key).digest().subarray(0, CONTEXT);
  // types and fields come from contracts: a closed list
  contexts.set(key, context);
  return context;
}
const contexts = new Map<string, Buffer>();

/** A field's value under its subject's key, bound to subject, fact type and field. */
export function sealField(key: KeyObject, subject: string, context: Buffer, json: string): `sealed.1.${string}` {
  return `sealed.1.${Buffer.concat([context, encrypt(key, json, Buffer.concat([Buffer.from(subject), context]))]).toString('base64url')}`;
}

/** The field's JSON, or undefined. `expected` = where the reader believes the value to belong; a value moved there is not opened. */
export function openField(key: KeyObject, subject: string, sealed: string, expected?: Buffer): string | undefined {
  const bytes = Buffer.from(sealed.slice('sealed.1.'.length), 'base64url');
  const context = bytes.subarray(0, CONTEXT);
  if (expected && !expected.equals(context)) return undefined;
  return decrypt(key, bytes.subarray(CONTEXT), Buffer.concat([Buffer.from(subject), context]))?.toString('utf8');
}

/** 32 bytes as a key. Throws for any other length: a short secret is a mistake of the deployment. */
export function secretKey(name: string, bytes: Uint8Array): KeyObject {
  if (bytes.length !== 32) throw new RangeError(`${name} must have 32 bytes, not ${bytes.length}`);
  return createSecretKey(bytes);
}
