import { facts as registry } from '@tsunagari/contracts';
import { decisionTable } from '@tsunagari/proposals';
import { once } from 'node:events';
import { UsageError, withServices, type Command } from '../command';

export const decisionsCommand: Command = {
  usage: 'decisions [slot]',
  summary: 'every decision with its probability and what came of it, a line each (NDJSON), for data scientists',
  help: `One JSON object a line and choice, in the order of the log: who (a random id), when, policy and version, arm, offer, exact probability,
score, how it was answered, and every outcome that was attributed. Whoever is held out has the lines of what she would have got.
The table says nothing of what was seen of a customer: that is sealed, and explained one decision at a time.`,
  options: {
    from: { type: 'string', what: 'decided at or after this moment, ISO 8601' },
    to: { type: 'string', what: 'decided before this moment, ISO 8601' },
  },
  async run(call) {
    const [slot, ...more] = call.positionals;
    if (more.length > 0) throw new UsageError('decisions takes one slot, or none for all');
    const question = { ...(slot === undefined ? {} : { slot }), ...momentOf('from', call.options), ...momentOf('to', call.options) };
    await withServices(async ({ runner }, { log, store }) => {
      for await (const row of decisionTable({ log, store, registry, identity: runner.identity }, question))
        if (!process.stdout.write(`${JSON.stringify(row)}\n`)) await once(process.stdout, 'drain');
    });
    return 0;
  },
};

function momentOf(name: 'from' | 'to', options: Readonly<Record<string, string | boolean | undefined>>): { from?: string; to?: string } {
  const text = options[name];
  if (typeof text !== 'string') return {};
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) throw new UsageError(`--${name} is a moment in ISO 8601, for example 2026-01-31T00:00:00Z`);
  return { [name]: moment.toISOString() };
}
