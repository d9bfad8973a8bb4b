import { brandIdSchema, streamName } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import { planDecider, type PlanState } from './plan.decider';

/** A plan as it stands. */
export type PlanView = PlanState & { readonly planId: string; readonly version: number };

/** A plan stands in a stream of its own, so it is read where it was decided: never behind. Null for one that nobody defined. */
export async function readPlan(store: EventStore, planId: string): Promise<PlanView | null> {
  if (!brandIdSchema.safeParse(planId).success) return null;
  const stream = await store.readStream(streamName('plan', planId));
  if (stream.kind !== 'open') return null;
  return { ...stream.facts.reduce(planDecider.evolve, planDecider.initial), planId, version: stream.lastVersion };
}
