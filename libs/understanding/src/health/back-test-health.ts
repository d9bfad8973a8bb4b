import {
  areaUnderCurve,
  type FittedPropensity,
  fitPropensity,
  leakingFeatures,
  propensityOf,
  type PropensityTest,
  type Refusal as FitRefusal,
  testPropensity,
} from '@tsunagari/clv';
import type { Asked, CommandPath } from '@tsunagari/command';
import { envelopeOf } from '@tsunagari/command';
import { type HealthModelBacktested, type Position, refusal, type Refusal } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import { commandFactId } from '@tsunagari/privacy';
import type { Day, ProjectionRunner } from '@tsunagari/projection';
import { dayNumberOf, dayOf } from '../calendar';
import { definitionBook, DEFINITIONS_STREAM } from '../definitions/definition-book';
import { definitionsDecider } from '../definitions/definitions.decider';
import { type OnProgress, runJob, startJob } from '../jobs';
import { type Replay, replayedCustomers } from '../replay/replayed-customers';
import { addTo, emptyWindow } from './health-window';

/** How the model stood the test, with what recency alone would have reached. */
export type HealthReport = PropensityTest & { readonly aucRecency: number | null; readonly trainedOn: number };

export type BackTestHealth = Omit<Replay, 'days' | 'onPage'> & {
  readonly store: EventStore;
  readonly path: CommandPath;
  readonly modelId: string;
  /** The last day whose facts are all there: two horizons before it the model begins to learn. */
  readonly asOfDay: Day;
  /** Where understanding stands. */
  readonly position: () => Promise<Position>;
  readonly asked: Omit<Asked, 'idempotencyKey'>;
  readonly onProgress?: OnProgress;
};

export type HealthBackTested =
  | {
      readonly kind: 'succeeded';
      readonly backtestId: string;
      readonly position: Position | null;
      readonly report: HealthReport;
      readonly fitted: FittedPropensity;
      readonly leaking: readonly string[];
      readonly repeated: boolean;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal | FitRefusal };

export const HEALTH_JOB = 'back-test-health';

/**
 * Replays history to two horizons before the day, learns there what leads to the outcome within one horizon, predicts from the next
 * horizon's beginning and compares with what then happened. The model for use from now on is fitted to the newer window. The result is
 * the fact `HealthModelBacktested`; testing the same inputs again changes nothing. `busy` when a test is under way.
 */
export function backTestHealth(test: BackTestHealth) {
  return runJob<HealthBackTested>(test.pool, HEALTH_JOB, (report) => run(test, report), test.onProgress);
}

async function run(test: BackTestHealth, progress: OnProgress): Promise<HealthBackTested> {
  const { store, modelId, asOfDay } = test;
  const book = await definitionBook(store);
  const model = Object.hasOwn(book.healthModels, modelId) ? book.healthModels[modelId] : undefined;
  if (model === undefined || model.retired !== null)
    return {
      kind: 'refused',
      refusal: refusal('UNKNOWN_DEFINITION', 'modelId', `the health model ${modelId} stands and is not retired`, 'Define it first.'),
    };
  const inputsPosition = await test.position();
  const end = dayNumberOf(asOfDay);
  const days = [end - 2 * model.horizonDays, end - model.horizonDays, end];
  const [learning, testing] = [emptyWindow(), emptyWindow()];
  const replay: Replay = { ...test, days, onPage: (done, total) => progress({ stage: 'replaying', done, total }) };
  for await (const {
    at: [earliest = null, middle = null, now = null],
  } of replayedCustomers(replay)) {
    addTo(learning, model, end - 2 * model.horizonDays, earliest, now);
    addTo(testing, model, end - model.horizonDays, middle, now);
  }
  progress({ stage: 'fitting', done: 0, total: testing.rows.length });
  const { features } = model;
  const learned = fitPropensity(learning.rows, learning.happened, features);
  if ('outcome' in learned) return { kind: 'refused', refusal: learned.refusal };
  const fitted = fitPropensity(testing.rows, testing.happened, features);
  if ('outcome' in fitted) return { kind: 'refused', refusal: fitted.refusal };
  const tested = testPropensity(
    testing.rows.map((row) => propensityOf(learned, row).probability),
    testing.happened,
  );
  const report: HealthReport = {
    ...tested,
    aucRecency: areaUnderCurve(testing.recency, testing.happened),
    trainedOn: learning.rows.length,
  };
  const leaking = leakingFeatures(testing.rows, testing.happened, features);
  // Named by what came out: facts that change nothing here, this result's own among them, make no second test of it.
  const backtestId = commandFactId(`back-test ${modelId} ${model.version} ${asOfDay} ${JSON.stringify([report, fitted])}`, 0);
  const data: Omit<HealthModelBacktested, 'version'> = {
    modelId,
    backtestId,
    asOfDay,
    inputsPosition,
    customers: testing.rows.length,
    report: JSON.parse(JSON.stringify(report)) as HealthModelBacktested['report'],
    fitted: JSON.parse(JSON.stringify(fitted)) as HealthModelBacktested['fitted'],
    leaking: [...leaking],
  };
  progress({ stage: 'recording', done: 0, total: 1 });
  const outcome = await test.path.execute(definitionsDecider, {
    ...envelopeOf({ ...test.asked, idempotencyKey: `back-test-${backtestId}` }, 'understanding'),
    stream: DEFINITIONS_STREAM,
    command: { kind: 'RecordHealthBackTest', ...data },
    body: { modelId, version: model.version, asOfDay, backtestId },
    // The test speaks of the end of its day: a repeat is the same fact.
    at: `${dayOf(end)}T23:59:59.999Z`,
  });
  if (outcome.kind === 'refused') return outcome;
  return { kind: 'succeeded', backtestId, position: outcome.position, report, fitted, leaking, repeated: outcome.repeated };
}

/** What a test that is started from the graph stands on. */
export type HealthTestPorts = Pick<BackTestHealth, 'pool' | 'store' | 'journal' | 'path' | 'timeZone'> & {
  readonly projections: Pick<ProjectionRunner, 'identity' | 'status'>;
  readonly now: () => string;
  readonly onError?: (error: unknown) => void;
};

/** As {@link backTestHealth}, but answers as soon as the job stands; what fails later is told. */
export async function startHealthBackTest(
  { pool, store, journal, path, timeZone, projections, now, onError }: HealthTestPorts,
  { modelId, asOfDay, by, requestId }: { readonly modelId: string; readonly asOfDay: Day; readonly by: string; readonly requestId: string },
) {
  const position = async (): Promise<Position> =>
    (await projections.status()).projections.find(({ name }) => name === 'purchases')?.position ?? '0';
  const test: BackTestHealth = {
    pool,
    store,
    journal,
    path,
    timeZone,
    identity: projections.identity,
    modelId,
    asOfDay,
    position,
    asked: { by, requestId, at: now() },
  };
  const started = await startJob<HealthBackTested>(pool, HEALTH_JOB, (report) => run(test, report));
  if (started.kind === 'started') started.ended.catch((error: unknown) => onError?.(error));
  return started;
}
