import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadOrCreateSecrets, SecretsError } from './secrets';

let parent: string;
let home: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tsunagari-secrets-'));
  home = join(parent, 'home');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe('the secrets of a deployment', () => {
  it('are made at the first start, differ from each other, and are the same at the second', () => {
    const first = loadOrCreateSecrets(home);
    const keys = [first.masterKey, first.lookupKey, first.digestKey, first.tokenKey, first.contextKey];
    expect(keys.map((key) => key.length)).toEqual([32, 32, 32, 32, 32]);
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(5);
    expect(loadOrCreateSecrets(home)).toEqual(first);
  });

  it('are readable by their owner only, also when somebody opened the file to others', () => {
    loadOrCreateSecrets(home);
    const path = join(home, 'secrets.json');
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o644);
    loadOrCreateSecrets(home);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(home)).toEqual(['secrets.json']);
  });

  it('are never replaced when the file is damaged, and the error names the fields but shows nothing of them', () => {
    loadOrCreateSecrets(home);
    const path = join(home, 'secrets.json');
    const whole = readFileSync(path, 'utf8');
    const { masterKey, ...rest } = JSON.parse(whole) as Record<string, string>;
    for (const damaged of ['', whole.slice(0, 100), JSON.stringify(rest), JSON.stringify({ ...rest, masterKey: 'short' })]) {
      writeFileSync(path, damaged);
      expect(() => loadOrCreateSecrets(home)).toThrow(SecretsError);
      expect(readFileSync(path, 'utf8')).toBe(damaged);
    }
    expect(() => loadOrCreateSecrets(home)).toThrow(/\(masterKey\).*backup/);
    expect(() => loadOrCreateSecrets(home)).not.toThrow(masterKey ?? '');
  });
});
