import { type HostName, storedClock } from '@tsunagari/deployment';
import { SupervisorError } from '@tsunagari/postgres';
import { ConfigurationError, readConfiguration, SecretsError } from '@tsunagari/runtime';
import { startProcess } from './process';

/** Runs a service until a signal ends it: the whole of an app's `main.ts`. What keeps it from starting is a sentence and exit code 1. */
export async function runProcess(name: HostName): Promise<void> {
  try {
    const { shutdown, url } = await startProcess(name, storedClock(readConfiguration(process.env, name)));
    shutdown.onSignals();
    process.stdout.write(`${name} runs at ${url}\n`);
  } catch (error) {
    process.stderr.write(`${explained(error)}\n`);
    process.exit(1);
  }
}

/** What keeps a process from starting, in a sentence with a remedy; a bug with its stack. */
export function explained(error: unknown, alsoExpected: readonly (abstract new (...args: never[]) => Error)[] = []): string {
  if (!(error instanceof Error)) return String(error);
  if ([ConfigurationError, SecretsError, SupervisorError, ...alsoExpected].some((kind) => error instanceof kind)) return error.message;
  const code = 'code' in error ? String(error.code) : '';
  if (['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'ECONNRESET', 'EAI_AGAIN'].includes(code))
    return `The database at DATABASE_URL does not answer (${code}). Start it, or correct DATABASE_URL, or leave it out for the embedded PostgreSQL.`;
  if (['28P01', '28000', '3D000'].includes(code)) return `The database refuses the sign-in (${error.message}). Correct DATABASE_URL.`;
  return error.stack ?? error.message;
}
