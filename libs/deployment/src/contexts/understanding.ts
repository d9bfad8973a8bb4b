import {
  closeDays,
  type DayTimer,
  definitionCommands,
  followDefinitions,
  metricsOfDefinitions,
  standingProjections,
  startDayTimer,
  understandingAnswers,
  understandingProjections,
  understandingSubgraph,
} from '@tsunagari/understanding';
import { definitionUsesPort, metricsPort, understandingPort } from '@tsunagari/contracts';
import type { AnyProjection } from '@tsunagari/projection';
import type { Deployment } from '../deployment';
import { schemaOf } from '../hosting';
import { implementPort } from '../ports/local-port';
import type { OpenContext, Running, Shared } from './context';

/** The folds of understanding, for the deployment's zone. */
export function projectionsOfUnderstanding({ configuration }: Deployment): readonly AnyProjection[] {
  return understandingProjections(configuration.timeZone);
}

/** Where customers stand, under the definitions of segments, stages, needs and health. */
export function definedProjectionsOfUnderstanding(deployment: Deployment): Promise<readonly AnyProjection[]> {
  const { pool, store, configuration } = deployment;
  return standingProjections({ pool, schema: schemaOf(deployment.process), store, timeZone: configuration.timeZone });
}

/** What the company understands about its customers, and the days that end. */
export function openUnderstanding(deployment: Deployment, shared: Shared): OpenContext {
  const { pool, store, log, journal, keyring, path, configuration } = deployment;
  const { projections, now, onResolverError } = shared;
  const uses = shared.port(definitionUsesPort);
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
      definitions: definitionCommands({ path, usesElsewhere: async (kind, definitionId) => (await uses.of({ kind, definitionId })).uses }),
      timeZone: configuration.timeZone,
      now,
      onError: onResolverError,
    }),
    runs: [daysThatEnd(deployment, shared), definitionsThatChange(deployment, shared)],
    ports: [
      implementPort(understandingPort, understandingAnswers({ pool, store, log, projections, now })),
      implementPort(metricsPort, metricsOfDefinitions({ pool, store, log, journal, projections, timeZone: configuration.timeZone })),
    ],
  };
}

/** Time reaches folds as the fact `DayClosed`: this closes each day of the deployment's zone as it ends. */
function daysThatEnd({ store, log, keyring, configuration: { timeZone, clockFile } }: Deployment, { now, onRunError }: Shared): Running {
  let timer: DayTimer | undefined;
  return {
    name: DAYS,
    async start() {
      timer = startDayTimer({
        now,
        timeZone,
        movable: clockFile !== undefined,
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

/** A changed definition becomes a generation beside the live one, which takes its place once it is verified. */
function definitionsThatChange({ store, log, configuration: { timeZone } }: Deployment, { projections, onRunError }: Shared): Running {
  const name = 'definitions';
  const follower = followDefinitions({ store, log, timeZone, projections, onError: (error) => onRunError(name, error) });
  return {
    name,
    start: async () => follower.start(),
    stop: () => follower.stop(),
    // How far a generation has come is told by the projections themselves.
    lagMs: async () => 0,
    caughtUp: () => follower.settled(),
  };
}

/** The run that a job which closes days itself leaves out. */
export const DAYS = 'days';
