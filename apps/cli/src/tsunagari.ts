import { SupervisorError } from '@tsunagari/postgres';
import { ConfigurationError, SecretsError } from '@tsunagari/runtime';
import { parseArgs } from 'node:util';
import { type Command, UsageError } from './command';
import { auditCommand } from './commands/audit';
import { clusterCommand } from './commands/cluster';
import { backtestCommand } from './commands/backtest';
import { decisionsCommand } from './commands/decisions';
import { doctorCommand } from './commands/doctor';
import { explainCommand } from './commands/explain';
import { factsCommand } from './commands/facts';
import { identityCommand } from './commands/identity';
import { importCommand } from './commands/import';
import { metricCommand } from './commands/metric';
import { projectionsCommand } from './commands/projections';
import { quarantineCommand } from './commands/quarantine';
import { rebuildCommand } from './commands/rebuild';
import { statusCommand } from './commands/status';
import { tokenCommand } from './commands/token';
import { topicsCommand } from './commands/topics';

const commands: Readonly<Record<string, Command>> = {
  import: importCommand,
  status: statusCommand,
  explain: explainCommand,
  metric: metricCommand,
  audit: auditCommand,
  backtest: backtestCommand,
  decisions: decisionsCommand,
  facts: factsCommand,
  rebuild: rebuildCommand,
  projections: projectionsCommand,
  identity: identityCommand,
  quarantine: quarantineCommand,
  token: tokenCommand,
  topics: topicsCommand,
  doctor: doctorCommand,
  cluster: clusterCommand,
};

const shared: Record<'help' | 'json', { type: 'boolean'; what: string; short?: string }> = {
  help: { type: 'boolean', short: 'h', what: 'this text' },
  json: { type: 'boolean', what: 'the answer as one JSON document' },
};

/** Says something about the call itself, with the exit code that comes of it. */
export type Say = (text: string, code: number) => void;

/** Carries out a call, all but the program's name, and gives its exit code: 0 done, 1 failed or not well, 2 wrong call. */
export async function tsunagari(argv: readonly string[], say: Say): Promise<number> {
  const print = (text: string, code: number): number => {
    say(text, code);
    return code;
  };
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return print(overview(), name === undefined ? 2 : 0);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) return print(`tsunagari has no command ${name}\n\n${overview()}`, 2);
  try {
    const { values, positionals } = parseArgs({
      args: [...rest],
      options: { ...command.options, ...shared },
      allowPositionals: true,
    });
    if (values['help'] === true) return print(helpOf(command), 0);
    return await command.run({
      positionals,
      options: values as Record<string, string | boolean | undefined>,
      json: values['json'] === true,
    });
  } catch (error) {
    const wrong = wrongWords(error);
    if (wrong !== null) return print(`${wrong}\n\n${helpOf(command)}`, 2);
    const expected = [ConfigurationError, SecretsError, SupervisorError].some((kind) => error instanceof kind);
    return print(`${expected ? (error as Error).message : explained(error)}\n`, 1);
  }
}

/** What is off about the words of the call; null where they are not what failed. */
function wrongWords(error: unknown): string | null {
  if (error instanceof UsageError) return error.message;
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
  return String(code).startsWith('ERR_PARSE_ARGS') ? String(message) : null;
}

/** An outage in a sentence; a bug with its stack. */
export function explained(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return 'The database does not answer. Is it running? `tsunagari doctor` looks at everything.';
  if (code === '42P01') return 'No platform has run on this data yet: start it once with `npm start`.';
  if (error.name === 'StoreUnavailable') return error.message;
  return error.stack ?? error.message;
}

function overview(): string {
  const lines = Object.values(commands).map(({ usage, summary }) => `  tsunagari ${usage.padEnd(34)} ${summary}`);
  return `Tsunagari on the command line

${lines.join('\n')}

  --json    the answer as one JSON document     --help    of a command
Exit codes: 0 done, 1 failed or not well, 2 wrong call.
`;
}

function helpOf({ usage, summary, help, options = {} }: Command): string {
  const lines = Object.entries<{ type: 'string' | 'boolean'; what: string }>({ ...options, ...shared }).map(
    ([name, { type, what }]) => `  --${`${name}${type === 'string' ? ' …' : ''}`.padEnd(14)} ${what}`,
  );
  return `tsunagari ${usage}\n\n${summary}\n\n${help}\n\n${lines.join('\n')}\n`;
}
