import 'reflect-metadata';
import { storedClock } from '@tsunagari/deployment';
import { explained, startProcess } from '@tsunagari/process';
import { ShopError } from '@tsunagari/process/shop';
import { configurationVariables, readConfiguration } from '@tsunagari/runtime';
import { quickstart } from './quickstart';

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

  const platform = await startProcess('platform', storedClock(readConfiguration()));
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

main(process.argv.slice(2)).then(
  (code) => {
    if (code !== RUNNING) process.exit(code);
  },
  (error: unknown) => {
    process.stderr.write(`${explained(error, [ShopError])}\n`);
    process.exit(1);
  },
);
