import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const bytesOfKey = 32;

const key = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/)
  .transform((text) => Buffer.from(text, 'base64url'));

const word = z.string().min(20);

const secretsFile = z.object({
  version: z.literal(1),
  masterKey: key,
  lookupKey: key,
  digestKey: key,
  tokenKey: key,
  contextKey: key,
  writeKey: word,
  consoleKey: word,
});

/** The secrets of one deployment. Losing the master key loses every personal field for ever; changing the lookup key makes new subjects of old identifiers. */
export type Secrets = {
  /** 32 bytes; wraps the keys of subjects. */
  readonly masterKey: Buffer;
  /** 32 bytes; HMAC of identifiers, by which a subject is found. */
  readonly lookupKey: Buffer;
  /** 32 bytes; HMAC of payloads that hold personal fields. */
  readonly digestKey: Buffer;
  /** 32 bytes; signs the tokens the embedded default issues. */
  readonly tokenKey: Buffer;
  /** 32 bytes; signs the context that the gateway hands to subgraphs. */
  readonly contextKey: Buffer;
  /** What an SDK sends to the intake. */
  readonly writeKey: string;
  /** What the console signs in with. */
  readonly consoleKey: string;
};

/** The secrets exist but cannot be used. The message says what to do and shows none of them. */
export class SecretsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SecretsError';
  }
}

function generated(): string {
  const newKey = (): string => randomBytes(bytesOfKey).toString('base64url');
  const secrets = {
    version: 1,
    masterKey: newKey(),
    lookupKey: newKey(),
    digestKey: newKey(),
    tokenKey: newKey(),
    contextKey: newKey(),
    writeKey: `wk_${randomBytes(18).toString('base64url')}`,
    consoleKey: `ck_${randomBytes(18).toString('base64url')}`,
  } satisfies z.input<typeof secretsFile>;
  return `${JSON.stringify(secrets, undefined, 2)}\n`;
}

/** Writes the file whole or not at all, and never over another one: of two first starts one wins, and both use its secrets. */
function createOnce(path: string): void {
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, generated(), { mode: 0o600, flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}

/**
 * The secrets in `<home>/secrets.json` (mode 0600), made at the first start. A damaged file is refused, never replaced: new secrets
 * could not read what the old ones sealed.
 * @throws SecretsError
 */
export function loadOrCreateSecrets(home: string): Secrets {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const path = join(home, 'secrets.json');
  if (!statSync(path, { throwIfNoEntry: false })) createOnce(path);
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    content = undefined;
  }
  const read = secretsFile.safeParse(content);
  if (read.success) return read.data;
  const fields = [...new Set(read.error.issues.map(({ path: at }) => at.join('.')))].filter((field) => field !== '');
  throw new SecretsError(
    `${path} is damaged${fields.length > 0 ? ` (${fields.join(', ')})` : ''}. Bring it back from a backup: without it personal fields cannot be read. Only if there is no data yet, remove it to get new secrets.`,
  );
}
