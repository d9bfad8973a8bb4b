import { duration, progressBar, quantity, table, type Deployment, type Services } from '@tsunagari/deployment';
import { backTestHealth, definitionBook, fitLifetimeValue, lastClosedDay, latestModel } from '@tsunagari/understanding';
import { answer, type Call, UsageError, withServices, type Command, type ExitCode } from '../command';

const CATCH_UP_MS = 60_000;

export const backtestCommand: Command = {
  usage: 'backtest <ltv | health model>',
  summary: 'replays history to a day, fits, predicts, and compares with what happened',
  help: `ltv: the lifetime-value model, calibrated to --calibration-end (70 % of the days observed) and tested on the rest; recorded as ModelFitted.
A health model is learnt two of its horizons before --as-of and tested over the last one; recorded as HealthModelBacktested. Without a
back-test no health model can be activated. Testing the same facts again changes nothing.`,
  options: {
    'as-of': { type: 'string', what: 'the last day whose facts are all there, yyyy-mm-dd (the last closed day)' },
    'calibration-end': { type: 'string', what: 'of ltv: the last day that the model may see' },
  },
  async run(call) {
    const [what, ...more] = call.positionals;
    if (what === undefined || more.length > 0) throw new UsageError('backtest takes ltv or the id of a health model');
    for (const option of ['as-of', 'calibration-end'] as const) {
      const day = call.options[option];
      if (day !== undefined && (typeof day !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(day)))
        throw new UsageError(`--${option} is a day, yyyy-mm-dd`);
    }
    return withServices(async (services, deployment) => {
      const started = await services.runner.start();
      if (started.kind === 'log-differs') {
        answer(call, started, `✗ ${started.explanation} ${started.remedy}`);
        return 1;
      }
      try {
        await services.runner.catchUp({ timeoutMs: CATCH_UP_MS });
        const asked = call.options['as-of'];
        const asOfDay = typeof asked === 'string' ? asked : await lastClosedDay(deployment.store);
        if (asOfDay === null) return said(call, 'no day is closed yet: start the platform once, or say --as-of');
        return what === 'ltv'
          ? await lifetimeValue(call, services, deployment, asOfDay)
          : await health(call, services, deployment, what, asOfDay);
      } finally {
        await services.runner.stop();
      }
    });
  },
};

function said(call: Call, why: string): ExitCode {
  answer(call, { refused: why }, `✗ ${why}`);
  return 1;
}

const positionOf =
  ({ runner }: Services) =>
  async (): Promise<string> =>
    (await runner.status()).projections.find(({ name }) => name === 'purchases')?.position ?? '0';

const percent = (share: number | null | undefined): string => (share == null ? '–' : `${quantity(100 * share, 1)} %`);
const decimal = (value: number | null | undefined): string => (value == null ? '–' : quantity(value, 3));

async function lifetimeValue(call: Call, services: Services, { pool, store, keyring }: Deployment, asOfDay: string): Promise<ExitCode> {
  const calibrationEnd = call.options['calibration-end'];
  const bar = progressBar('back-test');
  const ended = await fitLifetimeValue({
    pool,
    store,
    keyring,
    position: positionOf(services),
    asOfDay,
    actor: 'system:cli',
    ...(typeof calibrationEnd === 'string' ? { calibrationEnd } : {}),
    onProgress: ({ stage, done, total }) => bar.update(done, total, stage),
  });
  bar.end();
  if (ended.kind === 'busy') return said(call, 'a fit is under way; its back-test will stand beside it');
  if (ended.result.kind === 'refused') return said(call, `${ended.result.refusal.message} ${ended.result.refusal.remedy}`);
  const model = await latestModel(store);
  const test = model?.backTest as LifetimeValueTest | null | undefined;
  if (model == null || test == null) return said(call, 'too little history for a back-test: at least 14 days after the calibration');
  answer(
    call,
    { modelId: model.modelId, kind: model.transactions.kind, ...test },
    [
      `${model.transactions.kind}, calibrated to ${test.calibrationEnd}, tested to ${test.holdoutEnd} on ${quantity(test.customers)} customers`,
      `  purchases: ${quantity(test.predicted)} promised, ${quantity(test.actual)} happened (bias ${percent(test.bias)}); money: bias ${percent(test.money?.bias)}`,
      `  ranking who buys: AUC ${decimal(test.auc)}, by days since the last purchase alone ${decimal(test.aucRecency)}; Brier ${decimal(test.brier)}`,
      table(
        ['decile', 'customers', 'promised', 'happened', 'P(buys)', 'bought'],
        test.deciles.map((row) => [
          String(row.decile),
          quantity(row.customers),
          decimal(row.predicted),
          decimal(row.actual),
          percent(row.probability),
          percent(row.bought),
        ]),
      ),
    ].join('\n'),
  );
  return 0;
}

type LifetimeValueTest = {
  readonly calibrationEnd: string;
  readonly holdoutEnd: string;
  readonly customers: number;
  readonly predicted: number;
  readonly actual: number;
  readonly bias: number | null;
  readonly money?: { readonly bias: number | null } | null;
  readonly auc: number | null;
  readonly aucRecency: number | null;
  readonly brier: number;
  readonly deciles: readonly {
    readonly decile: number;
    readonly customers: number;
    readonly predicted: number;
    readonly actual: number;
    readonly probability: number;
    readonly bought: number;
  }[];
};

async function health(call: Call, services: Services, deployment: Deployment, modelId: string, asOfDay: string): Promise<ExitCode> {
  const { pool, store, journal, path, clock, configuration } = deployment;
  const known = Object.keys((await definitionBook(store)).healthModels);
  if (!known.includes(modelId))
    return said(
      call,
      `there is no health model ${modelId}; ${known.length === 0 ? 'none is defined yet: defineHealthModel' : `there are ${known.join(', ')}`}`,
    );
  const started = performance.now();
  const bar = progressBar('replay');
  const ended = await backTestHealth({
    pool,
    store,
    journal,
    path,
    identity: services.runner.identity,
    timeZone: configuration.timeZone,
    modelId,
    asOfDay,
    position: positionOf(services),
    asked: { by: 'system:cli', requestId: `backtest-${modelId}`, at: clock.now() },
    onProgress: ({ stage, done, total }) => bar.update(done, total, stage),
  });
  bar.end();
  if (ended.kind === 'busy') return said(call, 'a back-test is under way');
  if (ended.result.kind === 'refused') return said(call, `${ended.result.refusal.message} ${ended.result.refusal.remedy ?? ''}`);
  const { report, leaking, backtestId, repeated } = ended.result;
  answer(
    call,
    { modelId, asOfDay, ...ended.result },
    [
      `${modelId} as of ${asOfDay}, learnt on ${quantity(report.trainedOn)}, tested on ${quantity(report.customers)} customers (${duration((performance.now() - started) / 1000)})`,
      `  it happened to ${percent(report.base)}; promised ${percent(report.base + report.bias)} (bias ${percent(report.bias)}); calibration slope ${decimal(report.calibrationSlope)}`,
      `  ranking: AUC ${decimal(report.auc)}, by recency alone ${decimal(report.aucRecency)}; Brier ${decimal(report.brier)}, of the base rate alone ${decimal(report.brierBase)}; best tenth ${decimal(report.liftTopDecile)} × the base`,
      table(
        ['decile', 'customers', 'promised', 'happened'],
        report.deciles.map((row) => [String(row.decile), quantity(row.customers), percent(row.predicted), percent(row.actual)]),
      ),
      ...(leaking.length > 0 ? [`✗ ${leaking.join(', ')} knew the outcome: the model cannot be activated with it`] : []),
      `  recorded as ${backtestId}${repeated ? ', as before' : ''}`,
    ].join('\n'),
  );
  return leaking.length > 0 ? 1 : 0;
}
