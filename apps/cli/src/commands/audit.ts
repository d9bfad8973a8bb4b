import { projectionNames, quantity } from '@tsunagari/deployment';
import { answer, UsageError, withServices, type Command } from '../command';

/** Behind by more than this, it compares what is understood so far. */
const CATCH_UP_MS = 60_000;

export const auditCommand: Command = {
  usage: 'audit [projection]',
  summary: 'folds all facts again and compares: is understanding what the log says?',
  help: 'Exit code 1 when a read model differs from its fold; the customers that differ are named.',
  async run(call) {
    return withServices(async ({ runner }, deployment) => {
      const names = projectionNames(deployment);
      const [wanted, ...more] = call.positionals;
      if (more.length > 0 || (wanted !== undefined && !names.includes(wanted)))
        throw new UsageError(`audit takes one of ${names.join(', ')}`);
      // One more worker beside those that run, for as long as it takes: without a platform it brings the read models up to the log first.
      const started = await runner.start();
      if (started.kind === 'log-differs') {
        answer(call, started, `✗ ${started.explanation} ${started.remedy}`);
        return 1;
      }
      const audits = [];
      try {
        await runner.catchUp({ timeoutMs: CATCH_UP_MS });
        for (const name of wanted === undefined ? names : [wanted]) audits.push(await runner.audit(name));
      } finally {
        await runner.stop();
      }
      answer(
        call,
        audits,
        audits
          .map(({ projection, equal, rows, position, hash, folded, differing }) =>
            equal
              ? `✓ ${projection}: ${quantity(rows)} customers at position ${position} are what their facts say (${hash.slice(0, 16)}…)`
              : `✗ ${projection}: at position ${position} the read model has ${hash.slice(0, 16)}…, its fold ${folded.slice(0, 16)}…\n  ${differing.join('\n  ')}`,
          )
          .join('\n'),
      );
      return audits.every(({ equal }) => equal) ? 0 : 1;
    });
  },
};
