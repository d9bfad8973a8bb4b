import pg from 'pg';
import { quotedName } from './data-source';
import type { Pool } from './pool';

/** `up` while notifications arrive; `down` while they may be missed. */
export type ListenState = 'up' | 'down';

export type Listening = {
  readonly state: () => ListenState;
  readonly close: () => Promise<void>;
};

export type ListenOptions = {
  /**
   * Told of every change. After `up` look once at what the notifications are about: those sent while it was down are lost.
   * The error says why it went down.
   */
  readonly onState?: (state: ListenState, error?: Error) => void;
  /** First pause before connecting again, doubled each time up to `maxPauseMs`. */
  readonly pauseMs?: number;
  readonly maxPauseMs?: number;
};

/**
 * Listens on a channel with a connection of its own (never one of the pool's) and connects again whenever it breaks.
 * Notifications are hints: some may be missed, so whoever listens also polls. Behind a pooler in transaction mode none arrive.
 * Answers after the first attempt, whether it succeeded or not.
 * @param source the connection string, or a pool to the same database.
 */
export async function listen(
  source: string | Pool,
  channel: string,
  onNotify: (payload: string) => void,
  options: ListenOptions = {},
): Promise<Listening> {
  const { onState = () => undefined, pauseMs = 100, maxPauseMs = 10_000 } = options;
  const config: pg.ClientConfig = typeof source === 'string' ? { connectionString: source } : (source.options as pg.ClientConfig);
  let state: ListenState = 'down';
  let closed = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let pause = pauseMs;

  const change = (next: ListenState, error?: Error): void => {
    if (state === next) return;
    state = next;
    onState(next, error);
  };
  const lost = (broken: pg.Client, error?: Error): void => {
    if (client !== broken) return;
    client = undefined;
    broken.end().catch(() => undefined);
    change('down', error);
    if (closed) return;
    // Half of the pause is random: after a restart not every process knocks at the same moment.
    timer = setTimeout(() => void connect(), pause / 2 + (Math.random() * pause) / 2);
    timer.unref();
    pause = Math.min(pause * 2, maxPauseMs);
  };
  const connect = async (): Promise<void> => {
    const fresh = new pg.Client({
      ...config,
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      application_name: `tsunagari listen ${channel}`,
    });
    client = fresh;
    fresh.on('error', (error) => lost(fresh, error));
    fresh.on('end', () => lost(fresh));
    fresh.on('notification', (notification) => {
      if (notification.channel === channel) onNotify(notification.payload ?? '');
    });
    try {
      await fresh.connect();
      await fresh.query(`listen ${quotedName(channel)}`);
      if (client !== fresh) return;
      pause = pauseMs;
      change('up');
    } catch (error) {
      lost(fresh, error as Error);
    }
  };

  await connect();
  return {
    state: () => state,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      const last = client;
      client = undefined;
      change('down');
      await last?.end().catch(() => undefined);
    },
  };
}
