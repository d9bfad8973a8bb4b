import { quantity, table } from '@tsunagari/deployment';
import { answer, openAccess, openIntake, UsageError, withDeployment, type Command } from '../command';

export const quarantineCommand: Command = {
  usage: 'quarantine [release|discard <id>]',
  summary: 'what broke a rule and is kept: lists it, releases it after a fix, or gives it up',
  help: 'Released input is read again by today’s rules; what still breaks one stays and the rule is named.',
  options: {
    after: { type: 'string', what: 'the cursor of the page before' },
    source: { type: 'string', what: 'only of this source' },
    by: { type: 'string', what: 'who decides: stands in the fact as user:<name> (default cli)' },
  },
  async run(call) {
    const [act, id, ...more] = call.positionals;
    if (more.length > 0 || (act !== undefined && (!['release', 'discard'].includes(act) || id === undefined)))
      throw new UsageError('quarantine alone lists; release and discard take one id');
    return withDeployment(async (deployment) => {
      const { quarantine } = openIntake(deployment, await openAccess(deployment));
      if (act !== undefined && id !== undefined) {
        const by = `user:${String(call.options['by'] ?? 'cli')}`;
        const outcome = act === 'release' ? await quarantine.release(id, by) : await quarantine.discard(id, by);
        answer(
          call,
          outcome,
          outcome.kind === 'released' ? `${id}: done` : outcome.kind === 'refused' ? outcome.refusal.rule : 'overloaded; try again',
        );
        return outcome.kind === 'released' ? 0 : 1;
      }
      const { after, source } = call.options;
      const page = await quarantine.list({
        limit: 50,
        ...(typeof after === 'string' ? { after } : {}),
        ...(typeof source === 'string' ? { source } : {}),
      });
      const rows = page.entries.map((entry) => [
        entry.id,
        entry.source,
        entry.line === null ? '' : quantity(entry.line),
        entry.code,
        entry.field ?? '',
        entry.rule,
      ]);
      const next = page.cursor === null ? '' : `\n\nmore: --after ${page.cursor}`;
      answer(
        call,
        page,
        rows.length === 0 ? 'Nothing is held.' : `${table(['id', 'source', 'line', 'code', 'field', 'rule'], rows)}${next}`,
      );
      return 0;
    });
  },
};
