import {
  closeDays,
  type DayTimer,
  definitionCommands,
  experienceProjection,
  holdingsProjection,
  profileProjection,
  purchasesProjection,
  startDayTimer,
  understandingAnswers,
  understandingSubgraph,
} from '@tsunagari/understanding';
import { understandingPort } from '@tsunagari/contracts';
import type { AnyProjection } from '@tsunagari/projection';
import type { Deployment } from '../deployment';
import { implementPort } from '../ports/local-port';
import type { OpenContext, Running, Shared } from './context';

/** The folds of understanding, for the deployment's zone. */
export function projectionsOfUnderstanding({ configuration }: Deployment): readonly AnyProjection[] {
  const { timeZone } = configuration;
  return [purchasesProjection(timeZone), profileProjection, holdingsProjection(timeZone), experienceProjection(timeZone)];
}

/** What the company understands about its customers, and the days that end. */
export function openUnderstanding(deployment: Deployment, shared: Shared): OpenContext {
  const { pool, store, log, journal, keyring, path, configuration } = deployment;
  const { projections, now, onResolverError } = shared;
  return {
    name: 'understanding',
    subgraph: understandingSubgraph({
      pool,
      store,
      log,
      journal,
      keyring,
      projections,
      path,
      definitions: definitionCommands({ path }),
      timeZone: configuration.timeZone,
      now,
      onError: onResolverError,
    }),
    runs: [daysThatEnd(deployment, shared)],
    ports: [implementPort(understandingPort, understandingAnswers({ pool, store, log, projections, now }))],
  };
}

/** Time reaches folds as the fact `DayClosed`: this closes each day of the deployment's zone as it ends. */
function daysThatEnd({ store, log, keyring, configuration: { timeZone } }: Deployment, { now, onRunError }: Shared): Running {
  let timer: DayTimer | undefined;
  return {
    name: DAYS,
    async start() {
      timer = startDayTimer({
        now,
        timeZone,
        close: async (upTo) => {
          await closeDays({ store, log, keyring, upTo, timeZone });
          // Quarantined bodies are readable for so many days only.
          await keyring.expireKeys(new Date(now()));
        },
        onError: (error) => onRunError(DAYS, error),
      });
    },
    stop: async () => timer?.stop(),
    // It reads no log: a day that could not be closed is told as an error.
    lagMs: async () => 0,
    caughtUp: async () => undefined,
  };
}

/** The run that a job which closes days itself leaves out. */
export const DAYS = 'days';
