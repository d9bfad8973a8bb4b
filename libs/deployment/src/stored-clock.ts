import { clockInFile, type Configuration } from '@tsunagari/runtime';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const file = (home: string): string => path.join(home, 'clock');

/**
 * A deployment on old data keeps its fixed clock in `<home>/clock`, so that every process of it sees the same time: with the real one
 * the next start would close the days since, and every customer would have been silent for years. Whoever moves the moment in the file
 * moves the time of all of them while they run. `TSUNAGARI_CLOCK` wins, and stands still.
 */
export function storedClock(configuration: Configuration): Configuration {
  if (configuration.fixedClock !== undefined || !existsSync(file(configuration.home))) return configuration;
  const clockFile = file(configuration.home);
  return { ...configuration, fixedClock: clockInFile(clockFile).now(), clockFile };
}

/**
 * Makes the clock of this deployment stand at a moment, or run again (undefined). To move it while processes run take the clock of an open
 * deployment, or `clockInFile`: a process that started with the real time never looks at the file.
 */
export function storeClock(home: string, moment: string | undefined): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  if (moment === undefined) rmSync(file(home), { force: true });
  else writeFileSync(file(home), `${moment}\n`, { mode: 0o600 });
}
