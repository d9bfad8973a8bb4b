import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';

export type JobStatus = 'running' | 'succeeded' | 'refused' | 'failed' | 'interrupted';

/** A piece of work that takes longer than a request, as its watchers see it. */
export type Job = {
  readonly id: string;
  readonly kind: string;
  readonly status: JobStatus;
  /** What it is doing: `reading`, `fitting`, `back-testing`, `recording`, `scoring`, `done`. */
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  readonly result: unknown;
  readonly error: string | null;
  readonly started: string;
  readonly finished: string | null;
};

export type JobProgress = { readonly stage: string; readonly done: number; readonly total: number };

/** Told how far a job is; called often, must be cheap. */
export type OnProgress = (progress: JobProgress) => void;

/**
 * Runs `work` as the one job of its kind in the deployment, under a lock that the server gives back when the process dies; jobs that
 * such a death left running are marked `interrupted`. Answers `busy` when one runs already.
 */
export async function runJob<T extends { readonly kind: 'succeeded' | 'refused' }>(
  pool: Pool,
  kind: string,
  work: (report: OnProgress) => Promise<T>,
  onProgress: OnProgress = () => undefined,
): Promise<{ readonly kind: 'ended'; readonly job: string; readonly result: T } | { readonly kind: 'busy'; readonly job: string | null }> {
  const started = await startJob(pool, kind, work, onProgress);
  return started.kind === 'busy' ? started : { kind: 'ended', job: started.job, result: await started.ended };
}

/** As {@link runJob}, but answers as soon as the job stands; `ended` settles with the work. */
export async function startJob<T extends { readonly kind: 'succeeded' | 'refused' }>(
  pool: Pool,
  kind: string,
  work: (report: OnProgress) => Promise<T>,
  onProgress: OnProgress = () => undefined,
): Promise<
  { readonly kind: 'started'; readonly job: string; readonly ended: Promise<T> } | { readonly kind: 'busy'; readonly job: string | null }
> {
  const holder = await pool.connect();
  try {
    if (!(await lock(holder, kind))) {
      holder.release();
      return { kind: 'busy', job: await runningJob(pool, kind) };
    }
    await holder.query(
      `update understanding.jobs set status = 'interrupted', error = 'the process that ran it ended', finished = now() where kind = $1 and status = 'running'`,
      [kind],
    );
    const id = randomUUID();
    await holder.query(`insert into understanding.jobs (id, kind, status, stage) values ($1, $2, 'running', 'waiting')`, [id, kind]);
    return { kind: 'started', job: id, ended: runLocked(holder, id, kind, work, onProgress) };
  } catch (error) {
    holder.release(error instanceof Error ? error : true);
    throw error;
  }
}

async function runLocked<T extends { readonly kind: 'succeeded' | 'refused' }>(
  holder: PoolClient,
  id: string,
  kind: string,
  work: (report: OnProgress) => Promise<T>,
  onProgress: OnProgress,
): Promise<T> {
  let last: JobProgress = { stage: 'waiting', done: 0, total: 0 };
  let writing: Promise<unknown> | null = null;
  const write = (): Promise<unknown> =>
    holder.query(`update understanding.jobs set stage = $2, done = $3, total = $4, updated = now() where id = $1`, [
      id,
      last.stage,
      last.done,
      last.total,
    ]);
  const report: OnProgress = (progress) => {
    last = progress;
    onProgress(progress);
    // Only one write is under way: progress that comes meanwhile is overtaken by the next report.
    writing ??= write()
      .catch(() => undefined)
      .finally(() => (writing = null));
  };
  try {
    const result = await work(report);
    await writing;
    await holder.query(
      `update understanding.jobs set status = $2, stage = 'done', done = $3, total = $4, result = $5, updated = now(), finished = now() where id = $1`,
      [id, result.kind, last.done, last.total, JSON.stringify(result)],
    );
    return result;
  } catch (error) {
    await writing;
    await holder
      .query(`update understanding.jobs set status = 'failed', error = $2, updated = now(), finished = now() where id = $1`, [
        id,
        String(error),
      ])
      .catch(() => undefined);
    throw error;
  } finally {
    // A connection that broke gave its lock back by itself; the pool throws it away.
    await holder.query(`select pg_advisory_unlock(hashtextextended($1, 0))`, [lockName(kind)]).then(
      () => holder.release(),
      (error: Error) => holder.release(error),
    );
  }
}

export async function jobById(pool: Pool, id: string): Promise<Job | null> {
  const { rows } = await pool.query<Job>(
    `select id, kind, status, stage, done, total, result, error, started, finished from understanding.jobs where id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

async function runningJob(pool: Pool, kind: string): Promise<string | null> {
  const { rows } = await pool.query<{ id: string }>(
    `select id from understanding.jobs where kind = $1 and status = 'running' order by started desc limit 1`,
    [kind],
  );
  return rows[0]?.id ?? null;
}

async function lock(client: PoolClient, kind: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(`select pg_try_advisory_lock(hashtextextended($1, 0)) as locked`, [
    lockName(kind),
  ]);
  return rows[0]?.locked === true;
}

function lockName(kind: string): string {
  return `tsunagari job ${kind}`;
}
