import { facts as registry, isPosition } from '@tsunagari/contracts';
import { quantity } from '@tsunagari/deployment';
import { envelopes } from '@tsunagari/event-log';
import { once } from 'node:events';
import { type Call, type Command, UsageError, withDeployment } from '../command';

export const factsCommand: Command = {
  usage: 'facts [type …]',
  summary: 'the facts of the log in order, each a CloudEvents envelope and a line (NDJSON), for data teams',
  help: `Without a type all of them, as the Kafka topic has them: personal fields sealed, each at the newest version of its type.
A type is written as in the envelopes without version: retention.subscriptions.order-placed.
A reader that knows an older version asks for it by --as. A fact that the older version cannot say without loss is left out, named on
standard error with the reason, and the exit code is 1.`,
  options: {
    as: { type: 'string', what: 'the versions that the reader knows, type@version, separated by commas' },
    after: { type: 'string', what: 'only facts after this position' },
    'up-to': { type: 'string', what: 'only facts up to this position; by default the newest fact of now' },
  },
  async run(call) {
    const wish = {
      ...(call.positionals.length === 0 ? {} : { types: call.positionals.map((type) => definitionOf(type).type) }),
      ...positionOf(call, 'after', 'after'),
      ...positionOf(call, 'up-to', 'upTo'),
      versions: versionsOf(call.options['as']),
    };
    const told = { facts: 0, unsaid: 0 };
    await withDeployment(async ({ log }) => {
      for await (const each of envelopes(log, registry, wish)) {
        if (each.kind === 'envelope') {
          told.facts++;
          if (!process.stdout.write(`${JSON.stringify(each.event)}\n`)) await once(process.stdout, 'drain');
        } else {
          told.unsaid++;
          const { id, type, schema, position } = each.fact;
          process.stderr.write(`${each.reason}: ${type}.v${schema} ${id} at position ${position}: ${each.because}\n`);
        }
      }
    });
    process.stderr.write(`${quantity(told.facts)} facts${told.unsaid === 0 ? '' : `, ${quantity(told.unsaid)} left out`}\n`);
    return told.unsaid === 0 ? 0 : 1;
  },
};

function definitionOf(type: string) {
  const definition = registry.get(type);
  if (!definition) throw new UsageError(`${type} is no type of fact: it reads as retention.subscriptions.order-placed`);
  return definition;
}

function versionsOf(text: string | boolean | undefined): ReadonlyMap<string, number> {
  if (typeof text !== 'string') return new Map();
  return new Map(
    text.split(',').map((one) => {
      const [name = '', version = ''] = one.split('@');
      const { type, version: newest } = definitionOf(name);
      if (!/^[1-9]\d*$/.test(version) || Number(version) > newest)
        throw new UsageError(`--as takes type@version; ${type} has versions 1 to ${newest}`);
      return [type, Number(version)];
    }),
  );
}

function positionOf(call: Call, name: string, field: 'after' | 'upTo'): { after?: string; upTo?: string } {
  const text = call.options[name];
  if (text === undefined) return {};
  if (!isPosition(text)) throw new UsageError(`--${name} takes a position, a whole number as text`);
  return { [field]: text };
}
