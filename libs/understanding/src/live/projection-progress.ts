import type { GenerationCommands, GenerationStatus, ProjectionRunner, ProjectionStatus } from '@tsunagari/projection';

/** Where a projection stands, and its generations. */
export type Progress = { readonly status: ProjectionStatus; readonly generations: readonly GenerationStatus[] };

export type ProgressFeed = {
  /** Where it stands at once, then each time that it stands elsewhere: the newest, whatever was missed. Nothing of an unknown projection. */
  readonly follow: (projection: string, signal: AbortSignal | undefined) => AsyncGenerator<Progress>;
};

type Watched = Pick<ProjectionRunner, 'status' | 'onMoved'> & Pick<GenerationCommands, 'generations'>;

/** A build moves many times a second; people look less often. */
const PAUSE_MS = 250;
/** How soon is seen what another process builds. */
const POLL_MS = 1_000;

/** Looks at the projections while somebody follows: once for all who do. */
export function progressFeed(projections: Watched, onError: (error: unknown) => void): ProgressFeed {
  const followers = new Set<() => void>();
  let newest: ReadonlyMap<string, Progress> = new Map();
  let looking: Promise<void> | undefined;
  let wake: () => void = () => undefined;
  let hasMoved = false;

  const look = async (): Promise<void> => {
    const [{ projections: all }, generations] = await Promise.all([projections.status(), projections.generations()]);
    newest = new Map(
      all.map((status) => [status.name, { status, generations: generations.filter(({ projection }) => projection === status.name) }]),
    );
    for (const tell of followers) tell();
  };
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => (clearTimeout(timer), resolve());
    });
  const run = async (): Promise<void> => {
    const stop = projections.onMoved(() => {
      hasMoved = true;
      wake();
    });
    while (followers.size > 0) {
      hasMoved = false;
      await look().catch((error: unknown) => (followers.size > 0 ? onError(error) : undefined));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (!hasMoved) await pause(POLL_MS - PAUSE_MS);
    }
    stop();
    looking = undefined;
  };

  return {
    async *follow(projection, signal) {
      let heard: () => void = () => undefined;
      const tell = (): void => heard();
      followers.add(tell);
      signal?.addEventListener('abort', tell);
      looking ??= run();
      try {
        for (let shown = ''; !signal?.aborted;) {
          const progress = newest.get(projection);
          const seen = JSON.stringify(progress ?? null);
          if (progress && seen !== shown) {
            shown = seen;
            yield progress;
            continue;
          }
          await new Promise<void>((resolve) => (heard = resolve));
        }
      } finally {
        followers.delete(tell);
        signal?.removeEventListener('abort', tell);
      }
    },
  };
}
