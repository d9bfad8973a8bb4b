import {
  defineCommand,
  successServiceLaunched,
  successServiceRetired,
  tuningCycleClosed,
  tuningCycleOpened,
  type TuningCycleOpened,
} from '@tsunagari/contracts';
import { cancelTimer, defineReactor, send, setTimer } from '@tsunagari/reactor';
import { z } from 'zod';

export const openTuningCycle = defineCommand('value', 'OpenTuningCycle', z.strictObject({ serviceId: z.string(), n: z.int().min(1) }));
export const flagOverdue = defineCommand('value', 'FlagTuningOverdue', z.strictObject({ cycleId: z.string() }));

type Service = { readonly retired: boolean };

/** A launched service always has an open cycle: launching opens the first, closing opens the next; a month later it is overdue. */
export const tuningReactor = defineReactor<Service>({
  name: 'tuning_cycles',
  version: 1,
  types: [successServiceLaunched.type, successServiceRetired.type, tuningCycleOpened.type, tuningCycleClosed.type],
  key: ({ data }) => (data as { serviceId: string }).serviceId,
  initial: { retired: false },
  evolve: (service, { type }) => (type === successServiceRetired.type ? { retired: true } : service),
  react({ type, data }, { retired }) {
    const { serviceId } = data as { serviceId: string };
    switch (type) {
      case successServiceLaunched.type:
        return [send(openTuningCycle, { serviceId, n: 1 })];
      case tuningCycleOpened.type: {
        const { cycleId, dueBy } = data as TuningCycleOpened;
        return [setTimer('overdue', dueBy, flagOverdue, { cycleId })];
      }
      case tuningCycleClosed.type: {
        const next = send(openTuningCycle, { serviceId, n: (data as { n: number }).n + 1 });
        return retired ? [cancelTimer('overdue')] : [cancelTimer('overdue'), next];
      }
      default:
        return [cancelTimer('overdue')];
    }
  },
});
