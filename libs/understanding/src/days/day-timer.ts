import type { Day } from '@tsunagari/projection';
import { calendarOf, dayOf, startOfDay } from '../calendar';

/** The last day that is over at a moment (ISO 8601 UTC) in a time zone. */
export function lastDayOver(moment: string, timeZone: string): Day {
  return dayOf(calendarOf(timeZone)(moment) - 1);
}

export type DayTimer = { readonly stop: () => Promise<void> };

/** A machine that slept, or whose clock was set, notices within this time. */
const LONGEST_WAIT = 3_600_000;
/** A pause between two looks at a clock that others move. */
const NEXT_LOOK = 500;

/**
 * Closes days as they end, and at once those that ended while nobody looked. `now` is the deployment's clock (ISO 8601 UTC); with a
 * fixed one the days up to it are closed and nothing more happens until it is moved. A failure is told and tried again a minute later.
 */
export function startDayTimer(options: {
  readonly now: () => string;
  readonly timeZone: string;
  /** The clock may be moved at any time: it is looked at twice a second. */
  readonly movable?: boolean;
  readonly close: (upTo: Day) => Promise<unknown>;
  readonly onError?: (error: unknown) => void;
}): DayTimer {
  const { now, timeZone, movable = false, close, onError = () => undefined } = options;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let closed: Day | undefined;
  let under: Promise<void> = Promise.resolve();
  const closeNow = async (): Promise<void> => {
    let wait: number;
    try {
      const moment = now();
      const upTo = lastDayOver(moment, timeZone);
      if (!movable || upTo !== closed) await close(upTo);
      closed = upTo;
      wait = Date.parse(startOfDay(calendarOf(timeZone)(moment) + 1, timeZone)) - Date.parse(moment);
    } catch (error) {
      onError(error);
      wait = 60_000;
    }
    if (stopped) return;
    timer = setTimeout(() => (under = closeNow()), Math.min(wait, movable ? NEXT_LOOK : LONGEST_WAIT));
    timer.unref();
  };
  under = closeNow();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await under;
    },
  };
}
