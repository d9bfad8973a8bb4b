import 'reflect-metadata';
import { storedClock } from '@tsunagari/deployment';
import { SupervisorError } from '@tsunagari/postgres';
import { ConfigurationError, configurationVariables, readConfiguration, SecretsError } from '@tsunagari/runtime';
import { startPlatform } from './platform';
import { QuickstartError, quickstart } from './quickstart';

const HELP = `Tsunagari: the retention-model platform

  npm start                       starts the platform and keeps it running
  npm run quickstart              the same with a real shop's history: import, model, report
  npm run quickstart -- --once    ends after the report

Variables:
${Object.entries(configurationVariables)
  .map(([name, what]) => `  ${name.padEnd(22)} ${what}`)
  .join('\n')}
`;

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (args.includes('--help') || args.includes('-h')) return say(HELP, 0);
  if (command === 'quickstart') {
    const unknown = rest.find((arg) => arg !== '--once');
    if (unknown !== undefined) return say(`unknown argument ${unknown}\n\n${HELP}`, 2);
    return quickstart(readConfiguration(), { once: rest.includes('--once') });
  }
  if (command !== undefined) return say(`unknown argument ${command}\n\n${HELP}`, 2);

  const platform = await startPlatform(storedClock(readConfiguration()));
  platform.shutdown.onSignals();
  process.stdout.write(`Tsunagari runs at ${platform.url}/graphql (Ctrl-C stops it)\n`);
  return RUNNING;
}

/** The process goes on until a signal ends it. */
const RUNNING = -1;

function say(text: string, code: number): number {
  (code === 0 ? process.stdout : process.stderr).write(text);
  return code;
}

/** What keeps a platform from starting, in a sentence with a remedy; a bug with its stack. */
function explained(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ([ConfigurationError, SecretsError, SupervisorError, QuickstartError].some((kind) => error instanceof kind)) return error.message;
  const code = 'code' in error ? String(error.code) : '';
  if (['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'ECONNRESET', 'EAI_AGAIN'].includes(code))
    return `The database at DATABASE_URL does not answer (${code}). Start it, or correct DATABASE_URL, or leave it out for the embedded PostgreSQL.`;
  if (['28P01', '28000', '3D000'].includes(code)) return `The database refuses the sign-in (${error.message}). Correct DATABASE_URL.`;
  return error.stack ?? error.message;
}

main(process.argv.slice(2)).then(
  (code) => {
    if (code !== RUNNING) process.exit(code);
  },
  (error: unknown) => {
    process.stderr.write(`${explained(error)}\n`);
    process.exit(1);
  },
);
