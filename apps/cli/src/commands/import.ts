import { duration, progressBar, quantity } from '@tsunagari/deployment';
import { IMPORT_FORMATS, type ImportFormat } from '@tsunagari/intake';
import { answer, openAccess, openIntake, UsageError, withDeployment, type Command } from '../command';

export const importCommand: Command = {
  usage: 'import <file> --format <format>',
  summary: 'imports a file of orders; importing it again changes nothing',
  help: `The file may be gzipped; - reads standard input. Rows that break a rule go to quarantine with their line, field and rule.
A killed import is repeated as it is: what stands is found, what is missing is added.`,
  options: {
    format: { type: 'string', what: `one of ${IMPORT_FORMATS.join(', ')}` },
    currency: { type: 'string', what: 'ISO 4217, where the format does not say (GBP for online-retail, USD for cdnow)' },
  },
  async run(call) {
    const [file, ...more] = call.positionals;
    if (file === undefined || more.length > 0) throw new UsageError('import takes one file');
    const format = IMPORT_FORMATS.find((known) => known === call.options['format']);
    if (!format) throw new UsageError(`--format is one of ${IMPORT_FORMATS.join(', ')}`);
    const currency = call.options['currency'];
    const stop = new AbortController();
    const onSignal = (): void => stop.abort();
    process.once('SIGINT', onSignal);
    try {
      return await withDeployment(async (deployment) => {
        const intake = openIntake(deployment, await openAccess(deployment));
        const bar = progressBar('import');
        const outcome = await intake.importOrders({
          input: file === '-' ? { stream: process.stdin as AsyncIterable<Buffer> } : { path: file },
          format: format satisfies ImportFormat,
          signal: stop.signal,
          ...(typeof currency === 'string' ? { currency } : {}),
          onProgress: ({ bytes, totalBytes, lines, linesPerSecond }) =>
            bar.update(bytes, totalBytes ?? 0, `${quantity(lines)} lines, ${quantity(linesPerSecond)}/s`),
        });
        if (outcome.kind === 'completed') {
          const { summary } = outcome;
          bar.end(`${quantity(summary.lines)} lines`);
          const known = summary.duplicates === 0 ? '' : `, ${quantity(summary.duplicates)} of them known before`;
          answer(
            call,
            outcome,
            `${quantity(summary.lines)} lines became ${quantity(summary.orders)} ${format === 'facts' ? 'facts' : 'orders, refunds and adjustments'}${known}; ` +
              `${quantity(summary.quarantined)} rows in quarantine (${duration(summary.seconds)})`,
          );
          return 0;
        }
        const said =
          outcome.kind === 'aborted'
            ? 'stopped; run the same again to go on'
            : `${file}${outcome.line === null ? '' : `, line ${outcome.line}`} breaks a rule: ${outcome.refusal.rule}`;
        const remedy = outcome.kind === 'failed' && outcome.refusal.remedy !== null ? ` ${outcome.refusal.remedy}` : '';
        answer(call, outcome, `${said}.${remedy} What was recorded until then is whole: ${quantity(outcome.progress.lines)} lines.`);
        return 1;
      });
    } finally {
      process.off('SIGINT', onSignal);
    }
  },
};
