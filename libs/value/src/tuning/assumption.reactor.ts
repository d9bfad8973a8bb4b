import {
  type AssumptionInvalidated,
  assumptionInvalidated,
  defineCommand,
  type PurposeDefined,
  purposeDefined,
  type SuccessServiceLaunched,
  successServiceLaunched,
  successServiceRetired,
  tuningCycleClosed,
  type TuningCycleOpened,
  tuningCycleOpened,
  type ValueModelPublished,
  valueModelPublished,
} from '@tsunagari/contracts';
import { defineReactor, send } from '@tsunagari/reactor';
import { z } from 'zod';
import { openTuningCycle } from './tuning.reactor';

/** What was believed and no longer holds, as a finding of the round in which it is to be dealt with. */
export const recordAssumptionFinding = defineCommand(
  'value',
  'RecordAssumptionFinding',
  z.strictObject({ cycleId: z.string(), findingId: z.string(), text: z.string(), evidenceId: z.string() }),
);

type Service = { readonly purposeId: string; readonly n: number; readonly open: boolean };

/** Which strategy a launched service serves: by its purpose, and by the value model of that. */
type Served = {
  readonly strategies: { readonly [valueModelId: string]: string };
  readonly models: { readonly [purposeId: string]: string };
  readonly services: { readonly [serviceId: string]: Service };
};

/**
 * An assumption that no longer holds is dealt with in a tuning of every launched service of its strategy: the finding is put to the open
 * cycle, and where none is open one is opened for it. One key: a strategy, its value model, its purposes and its services are streams of
 * their own.
 */
export const assumptionReactor = defineReactor<Served>({
  name: 'tuning_assumptions',
  version: 1,
  types: [
    valueModelPublished.type,
    purposeDefined.type,
    successServiceLaunched.type,
    successServiceRetired.type,
    tuningCycleOpened.type,
    tuningCycleClosed.type,
    assumptionInvalidated.type,
  ],
  key: () => 'strategies',
  initial: { strategies: {}, models: {}, services: {} },
  evolve(served, { type, data }) {
    switch (type) {
      case valueModelPublished.type: {
        const { valueModelId, strategyId } = data as ValueModelPublished;
        return { ...served, strategies: { ...served.strategies, [valueModelId]: strategyId } };
      }
      case purposeDefined.type: {
        const { purposeId, valueModelId } = data as PurposeDefined;
        return { ...served, models: { ...served.models, [purposeId]: valueModelId } };
      }
      case successServiceLaunched.type: {
        const { serviceId, purposeId } = data as SuccessServiceLaunched;
        return withService(served, serviceId, { purposeId, n: 0, open: false });
      }
      case successServiceRetired.type: {
        const { [(data as { serviceId: string }).serviceId]: _, ...services } = served.services;
        return { ...served, services };
      }
      case tuningCycleOpened.type:
      case tuningCycleClosed.type: {
        const { serviceId, n } = data as Pick<TuningCycleOpened, 'serviceId' | 'n'>;
        const service = served.services[serviceId];
        return service === undefined ? served : withService(served, serviceId, { ...service, n, open: type === tuningCycleOpened.type });
      }
      default:
        return served;
    }
  },
  react({ id, type, data }, { services, models, strategies }) {
    if (type !== assumptionInvalidated.type) return [];
    const { strategyId, assumptionId, reason } = data as AssumptionInvalidated;
    return Object.entries(services).flatMap(([serviceId, { purposeId, n, open }]) => {
      if (strategies[models[purposeId] ?? ''] !== strategyId) return [];
      const round = open ? n : n + 1;
      const finding = {
        cycleId: `${serviceId}:${round}`,
        findingId: `assumption-${id}`,
        text: `The assumption ${assumptionId} no longer holds: ${reason}`.slice(0, 4000),
        evidenceId: id,
      };
      return [...(open ? [] : [send(openTuningCycle, { serviceId, n: round })]), send(recordAssumptionFinding, finding)];
    });
  },
});

function withService(served: Served, serviceId: string, service: Service): Served {
  return { ...served, services: { ...served.services, [serviceId]: service } };
}
