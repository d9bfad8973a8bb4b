import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { openDataFolder, readPostmaster, superuser } from './data-folder';
import { isAlive } from './processes';

/**
 * The connection string of the embedded server that runs in this folder under another process of ours; undefined when none does.
 * For tools beside a running platform: the server stays its owner's.
 */
export function runningServerUrl(folder: string): string | undefined {
  const root = resolve(folder);
  if (!existsSync(root)) return undefined;
  const found = openDataFolder(root);
  const postmaster = readPostmaster(found);
  if (!postmaster?.ready || !isAlive(postmaster.pid) || !existsSync(found.passwordFile)) return undefined;
  const password = readFileSync(found.passwordFile, 'utf8').trim();
  const port = readFileSync(found.portFile, 'utf8').trim();
  return `postgres://${superuser}:${password}@127.0.0.1:${port}/tsunagari`;
}
