import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFolder } from './folder-lock';
import { processBirth } from './processes';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tsunagari-lock-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the lock of a folder', () => {
  it('is taken over from a process that is dead', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1e6)']);
    const owner = `owner-${String(child.pid)}-${processBirth(child.pid!) ?? ''}`;
    writeFileSync(join(folder, owner), '');
    await expect(lockFolder(folder)).rejects.toMatchObject({ fault: 'FOLDER_IN_USE' });
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const lock = await lockFolder(folder);
    expect(readdirSync(folder)).not.toContain(owner);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is taken over from a dead process whose pid another one has now', async () => {
    writeFileSync(join(folder, `owner-${String(process.ppid)}-deadbeef_1`), '');
    const lock = await lockFolder(folder);
    expect(readdirSync(folder)).toHaveLength(1);
    lock.release();
  });

  it('is not given twice to one process', async () => {
    const lock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toMatchObject({ fault: 'FOLDER_IN_USE' });
    lock.release();
    (await lockFolder(folder)).release();
  });
});
