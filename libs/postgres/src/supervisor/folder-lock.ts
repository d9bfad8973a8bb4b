import { closeSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SupervisorError } from './errors';
import { processBirth } from './processes';

/** A folder that belongs to this process until `release`. */
export type FolderLock = { readonly release: () => void };

const ownerFile = /^owner-(\d+)-(\w+)$/;

function otherOwners(folder: string, own: string): { name: string; pid: number; alive: boolean }[] {
  return readdirSync(folder).flatMap((name) => {
    const match = ownerFile.exec(name);
    if (!match || name === own) return [];
    const pid = Number(match[1]);
    return [{ name, pid, alive: processBirth(pid) === match[2] }];
  });
}

/**
 * Makes this process the only owner of a folder. The owner's file is named by its pid and its start, so a lock survives a
 * kill −9 of nobody: whoever is dead, or has only a successor with the same pid, is no owner any more.
 *
 * Each starter first writes its own file and then looks for others: of two that start at once at least one sees the other, so
 * there are never two owners. Both may see each other and step back, so each tries a few times after a random pause.
 * Processes in other containers are not seen: one folder belongs to one container.
 * @throws SupervisorError FOLDER_IN_USE
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const own = `owner-${String(process.pid)}-${processBirth(process.pid) ?? 'unknown'}`;
  const path = join(folder, own);
  for (let attempt = 1; ; attempt++) {
    try {
      closeSync(openSync(path, 'wx', 0o600));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw inUse(folder, process.pid);
    }
    const others = otherOwners(folder, own);
    const living = others.find((other) => other.alive);
    if (!living) {
      for (const { name } of others) rmSync(join(folder, name), { force: true });
      return { release: () => rmSync(path, { force: true }) };
    }
    rmSync(path, { force: true });
    if (attempt === 5) throw inUse(folder, living.pid);
    await pause(10 + Math.random() * 90);
  }
}

function inUse(folder: string, pid: number): SupervisorError {
  return new SupervisorError(
    'FOLDER_IN_USE',
    `${folder} is in use by process ${String(pid)}. Stop that process first, or set TSUNAGARI_HOME to another folder.`,
  );
}
