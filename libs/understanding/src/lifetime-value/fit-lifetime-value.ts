import type { Refusal as FitRefusal, TransactionModelKind } from '@tsunagari/clv';
import { modelFitted, type Position } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import type { Keyring } from '@tsunagari/privacy';
import type { Day } from '@tsunagari/projection';
import type { Pool, PoolClient } from 'pg';
import { dayNumberOf } from '../calendar';
import { type OnProgress, runJob, startJob } from '../jobs';
import type { CurrencyPurchases } from '../purchases/purchases.state';
import { fitModel } from './fit-model';
import { historyOf, type ScoringModel, MODEL_STREAM, modelIdOf, modelOf, scoreOf } from './model';

export type FitLifetimeValue = {
  readonly pool: Pool;
  readonly store: EventStore;
  readonly keyring: Pick<Keyring, 'seal'>;
  /** Where the read model `purchases` stands. Asked before the rows are read, so the rows are at least as new. */
  readonly position: () => Promise<Position>;
  /** T of every customer ends with this day: the last one closed. */
  readonly asOfDay: Day;
  /** Who asked for it: `system:understanding`, `user:…`. */
  readonly actor: string;
  /** By default the currency in which most customers buy; those of another one, or of several, are left out and counted. */
  readonly currency?: string;
  /** By default MBG/NBD. Whatever is asked, the NBD takes its place where dropout is not identified. */
  readonly model?: TransactionModelKind;
  /** Last day of the back-test's calibration; by default at 70 % of the observed days. */
  readonly calibrationEnd?: Day;
  readonly onProgress?: OnProgress;
};

export type FitResult =
  | {
      readonly kind: 'succeeded';
      readonly modelId: string;
      readonly inputsPosition: Position;
      /** Where `ModelFitted` stands. */
      readonly position: Position;
      readonly customers: number;
      /** Known customers with a sale that were left out, because their currency is another one or mixed. */
      readonly leftOut: { readonly otherCurrency: number; readonly mixedCurrency: number };
      /** The fact stood there before: same inputs, same definition. */
      readonly repeated: boolean;
    }
  | { readonly kind: 'refused'; readonly refusal: FitRefusal };

export const FIT_JOB = 'fit-lifetime-value';
const ROWS = 5000;

/**
 * Fits the lifetime-value model to the understanding of all known customers, records it as `ModelFitted`, and scores every customer.
 * One at a time in a deployment; a process that dies on the way leaves the scores of the last fit as they are. Fitting the same
 * inputs again changes nothing. `busy` when a fit is under way.
 */
export function fitLifetimeValue(fit: FitLifetimeValue) {
  return runJob<FitResult>(fit.pool, FIT_JOB, (report) => fitAndScore(fit, report), fit.onProgress);
}

/** As {@link fitLifetimeValue}, but answers as soon as the job stands. */
export function startLifetimeValueFit(fit: FitLifetimeValue) {
  return startJob<FitResult>(fit.pool, FIT_JOB, (report) => fitAndScore(fit, report), fit.onProgress);
}

async function fitAndScore(fit: FitLifetimeValue, report: OnProgress): Promise<FitResult> {
  const inputsPosition = await fit.position();
  const read = await readBuyers(fit, report);
  const { currency, keys, purchases } = read;
  const kind = fit.model ?? 'mbg-nbd';
  const answer = fitModel({
    customers: purchases,
    currency,
    asOfDay: fit.asOfDay,
    model: kind,
    ...(fit.calibrationEnd === undefined ? {} : { calibrationEnd: fit.calibrationEnd }),
    onStage: (stage) => report({ stage, done: 0, total: keys.length }),
  });
  if (answer.kind === 'refused') return answer;

  report({ stage: 'recording', done: 0, total: keys.length });
  const modelId = modelIdOf({ inputsPosition, asOfDay: fit.asOfDay, currency, model: `${kind} ${fit.calibrationEnd ?? ''}` });
  const data = { modelId, purpose: 'lifetime-value' as const, inputsPosition, asOfDay: fit.asOfDay, currency, ...answer.fitted };
  const recorded = await record(fit, modelId, data);
  const model = modelOf({
    id: modelId,
    type: modelFitted.type,
    schema: modelFitted.version,
    subject: null,
    data,
    meta: { actor: fit.actor, source: 'tsunagari', correlationId: modelId },
    occurred: '',
    position: recorded.position,
    stream: MODEL_STREAM,
    version: recorded.version,
    recorded: '',
  });
  await writeScores(fit.pool, model, keys, purchases, report);
  return {
    kind: 'succeeded',
    modelId,
    inputsPosition,
    position: recorded.position,
    customers: answer.fitted.customers,
    leftOut: read.leftOut,
    repeated: recorded.duplicate,
  };
}

async function record(fit: FitLifetimeValue, id: string, data: object) {
  const [sealed] = await fit.keyring.seal([
    {
      id,
      definition: modelFitted,
      subject: null,
      data,
      meta: { actor: fit.actor, source: 'tsunagari', correlationId: id },
      // The model speaks of the end of its as-of day, not of the moment somebody pressed the button: a repeat is the same fact.
      occurred: `${fit.asOfDay}T23:59:59.999Z`,
    },
  ]);
  if (sealed?.kind !== 'sealed') throw new Error(`ModelFitted broke its own contract: ${JSON.stringify(sealed?.refusal)}`);
  const outcome = await fit.store.append({ stream: MODEL_STREAM, expected: 'any', facts: [sealed.fact] });
  if (outcome.kind !== 'appended') throw new Error(`ModelFitted was not recorded: ${JSON.stringify(outcome)}`);
  return outcome;
}

type Buyers = {
  readonly currency: string;
  readonly keys: readonly string[];
  readonly purchases: readonly CurrencyPurchases[];
  readonly leftOut: { readonly otherCurrency: number; readonly mixedCurrency: number };
};

const KNOWN_BUYERS = `from understanding.purchases where kind <> 'unidentified' and sale_days > 0`;

/** Known customers with a sale, by id, read in pages of one snapshot: memory holds their sale days, never the whole states. */
async function readBuyers(fit: FitLifetimeValue, report: OnProgress): Promise<Buyers> {
  return inTransaction(fit.pool, 'isolation level repeatable read read only', async (client) => {
    const { rows: currencies } = await client.query<{ currency: string | null; customers: number }>(
      `select currency, count(*)::int as customers ${KNOWN_BUYERS} group by currency order by customers desc, currency`,
    );
    const currency = fit.currency ?? currencies.find((row) => row.currency !== null)?.currency ?? 'EUR';
    const of = (wanted: (row: { currency: string | null }) => boolean): number =>
      currencies.filter(wanted).reduce((sum, row) => sum + row.customers, 0);
    const total = of((row) => row.currency === currency);
    const keys: string[] = [];
    const purchases: CurrencyPurchases[] = [];
    await client.query({
      text: `declare buyers no scroll cursor for select key, state->'byCurrency'->$1::text as purchases ${KNOWN_BUYERS} and currency = $1 order by key`,
      values: [currency],
    });
    for (;;) {
      const { rows } = await client.query<{ key: string; purchases: CurrencyPurchases }>(`fetch ${ROWS} from buyers`);
      for (const row of rows) {
        keys.push(row.key);
        purchases.push(row.purchases);
      }
      report({ stage: 'reading', done: keys.length, total });
      if (rows.length < ROWS) break;
    }
    return {
      currency,
      keys,
      purchases,
      leftOut: {
        otherCurrency: of((row) => row.currency !== null && row.currency !== currency),
        mixedCurrency: of((row) => row.currency === null),
      },
    };
  });
}

/** All scores of one model in one transaction: readers see the last model's until the commit, and a crash leaves them. */
async function writeScores(
  pool: Pool,
  model: ScoringModel,
  keys: readonly string[],
  purchases: readonly CurrencyPurchases[],
  report: OnProgress,
): Promise<void> {
  const upTo = dayNumberOf(model.asOfDay);
  await inTransaction(pool, '', async (client) => {
    await client.query('delete from understanding.customer_scores');
    for (let from = 0; from < keys.length; from += ROWS) {
      const columns: [string[], number[], number[], (number | null)[], (number | null)[]] = [[], [], [], [], []];
      for (let i = from; i < Math.min(from + ROWS, keys.length); i += 1) {
        const [key, bought] = [keys[i], purchases[i]];
        const known = bought === undefined ? null : historyOf(bought, model.currency, upTo);
        if (key === undefined || known === null) continue;
        const score = scoreOf(model, known);
        columns[0].push(key);
        columns[1].push(score.purchaseProbability);
        columns[2].push(score.expectedPurchases);
        columns[3].push(score.alive);
        columns[4].push(score.ltvMinor);
      }
      await client.query(
        `insert into understanding.customer_scores (model_id, key, purchase_probability, expected_purchases, alive, ltv_minor)
         select $1::uuid, * from unnest($2::uuid[], $3::float8[], $4::float8[], $5::float8[], $6::bigint[])`,
        [model.modelId, ...columns],
      );
      report({ stage: 'scoring', done: Math.min(from + ROWS, keys.length), total: keys.length });
    }
    await client.query(
      `insert into understanding.current_scores (purpose, model_id, as_of_day, currency, position, customers, scored_at)
       values ('lifetime-value', $1, $2, $3, $4, $5, now())
       on conflict (purpose) do update set model_id = excluded.model_id, as_of_day = excluded.as_of_day, currency = excluded.currency,
         position = excluded.position, customers = excluded.customers, scored_at = excluded.scored_at`,
      [model.modelId, upTo, model.currency, model.inputsPosition, model.customers],
    );
  });
  await pool.query('analyze understanding.customer_scores');
}

async function inTransaction<T>(pool: Pool, mode: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query(`begin ${mode}`);
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failed: Error) => (broken = failed));
    throw error;
  } finally {
    client.release(broken);
  }
}
