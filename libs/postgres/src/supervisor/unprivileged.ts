import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { SupervisorError } from './errors';

/** How to start a program so that PostgreSQL does not see itself run as root. */
export type Launcher = {
  readonly command: (program: string, args: readonly string[]) => readonly [string, ...string[]];
  readonly identity: { readonly uid?: number; readonly gid?: number };
  /** Hands a file or folder to the user under whom the program runs. */
  readonly own: (path: string) => void;
};

const direct: Launcher = { command: (program, args) => [program, ...args], identity: {}, own: () => undefined };

const userNamespace = ['--user', '--map-user=65534', '--map-group=65534'];

function existingUser(name: string): { uid: number; gid: number } | undefined {
  try {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/**
 * PostgreSQL refuses to run as root. As another user it is started directly. As root it runs in a user namespace in which root is
 * called nobody: no user is created, no owner changes, and a folder of mode 0700 stays readable, because outside the namespace the
 * process is still the folder's owner. Where namespaces are forbidden, an existing user `postgres` runs it.
 * @throws SupervisorError NO_UNPRIVILEGED_USER
 */
export function chooseLauncher(
  isRoot: boolean = process.getuid?.() === 0,
  namespaceWorks: () => boolean = () => spawnSync('unshare', [...userNamespace, 'true']).status === 0,
  findUser: typeof existingUser = existingUser,
): Launcher {
  if (!isRoot) return direct;
  if (namespaceWorks())
    return { command: (program, args) => ['unshare', ...userNamespace, program, ...args], identity: {}, own: () => undefined };
  const user = findUser('postgres');
  if (user) return { command: direct.command, identity: user, own: (path) => chownSync(path, user.uid, user.gid) };
  throw new SupervisorError(
    'NO_UNPRIVILEGED_USER',
    'PostgreSQL refuses to run as root, and here neither user namespaces ("unshare --user") are allowed nor is there a user "postgres". Start as another user, or set DATABASE_URL to a PostgreSQL of your own.',
  );
}
