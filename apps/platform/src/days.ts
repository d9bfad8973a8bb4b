import type { Deployment, Services } from '@tsunagari/deployment';
import type { Logger } from '@tsunagari/runtime';
import { type DayTimer, startDayTimer } from '@tsunagari/understanding';

/** Time reaches folds as the fact `DayClosed`: this closes each day of the deployment's zone as it ends. */
export function closeDaysAsTheyEnd(deployment: Deployment, services: Services, logger: Logger): DayTimer {
  return startDayTimer({
    now: () => deployment.clock.now(),
    timeZone: deployment.configuration.timeZone,
    close: async (upTo) => {
      await services.closeDays(upTo);
      // Quarantined bodies are readable for so many days only.
      await deployment.keyring.expireKeys(new Date(deployment.clock.now()));
    },
    onError: (error) => logger.error({ err: error }, 'a day could not be closed; it is tried again in a minute'),
  });
}
