import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { decrypt, encrypt, secretKey } from '../cipher';

/** A data key as it is stored: under the master key named by `kek`. */
export type Wrapped = { readonly wrapped: Buffer; readonly kek: string };

/** The keys that wrap data keys. New keys are wrapped under the current one; retired ones only unwrap. */
export class MasterKeys {
  /** Names the current master key; says nothing about it. */
  readonly current: string;
  private readonly byId: ReadonlyMap<string, KeyObject>;

  constructor(current: Uint8Array, retired: readonly Uint8Array[]) {
    this.current = idOf(current);
    this.byId = new Map([...retired, current].map((bytes) => [idOf(bytes), secretKey('the master key', bytes)]));
  }

  newKey(owner: string): Wrapped & { readonly key: KeyObject } {
    const bytes = randomBytes(32);
    return { ...this.wrap(bytes, owner), key: createSecretKey(bytes) };
  }

  wrap(bytes: Uint8Array, owner: string): Wrapped {
    return { wrapped: encrypt(this.kek(this.current), bytes, owner), kek: this.current };
  }

  unwrap({ wrapped, kek }: Wrapped, owner: string): Buffer {
    const bytes = decrypt(this.kek(kek), wrapped, owner);
    if (!bytes) throw new Error(`the key of ${owner} was wrapped by another master key, or was changed`);
    return bytes;
  }

  private kek(id: string): KeyObject {
    const key = this.byId.get(id);
    if (!key) throw new Error(`master key ${id} is not configured, but keys are wrapped by it: add it to the retired master keys`);
    return key;
  }
}

function idOf(bytes: Uint8Array): string {
  return createHmac('sha256', bytes).update('tsunagari master key id').digest('hex').slice(0, 16);
}
