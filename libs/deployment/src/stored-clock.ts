import type { Configuration } from '@tsunagari/runtime';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const file = (home: string): string => path.join(home, 'clock');

/**
 * A deployment on old data keeps its fixed clock in `<home>/clock`, so that every process of it sees the same time: with the real one
 * the next start would close the days since, and every customer would have been silent for years. `TSUNAGARI_CLOCK` wins.
 */
export function storedClock(configuration: Configuration): Configuration {
  if (configuration.fixedClock !== undefined || !existsSync(file(configuration.home))) return configuration;
  const moment = readFileSync(file(configuration.home), 'utf8').trim();
  if (Number.isNaN(Date.parse(moment)))
    throw new Error(`${file(configuration.home)} holds no moment: write one like 2011-12-10T00:00:00.000Z, or remove it`);
  return { ...configuration, fixedClock: new Date(moment).toISOString() };
}

/** Makes the clock of this deployment stand at a moment, or run again (undefined). */
export function storeClock(home: string, moment: string | undefined): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  if (moment === undefined) rmSync(file(home), { force: true });
  else writeFileSync(file(home), `${moment}\n`, { mode: 0o600 });
}
