import {
  type Fact,
  touchpointPaused,
  type TouchpointRegistered,
  touchpointRegistered,
  touchpointResumed,
  touchpointRetired,
} from '@tsunagari/contracts';

export const TOUCHPOINT_TYPES: readonly string[] = [touchpointRegistered, touchpointPaused, touchpointResumed, touchpointRetired].map(
  ({ type }) => type,
);

/**
 * The touchpoints over which a customer who is connected there can answer: open ones that hear her, and open ones that only speak and
 * name a way back that is open and hears her. Facts in the order of the log. Pure.
 */
export function waysBack(facts: readonly Fact[]): readonly string[] {
  const touchpoints = new Map<string, TouchpointRegistered>();
  const closed = new Set<string>();
  for (const { type, data } of facts) {
    const { touchpointId } = data as { touchpointId: string };
    if (type === touchpointRegistered.type) touchpoints.set(touchpointId, data as TouchpointRegistered);
    else if (type === touchpointResumed.type) closed.delete(touchpointId);
    else closed.add(touchpointId);
  }
  const hears = (id: string): boolean => !closed.has(id) && (touchpoints.get(id)?.direction ?? 'outbound') !== 'outbound';
  return [...touchpoints.values()].flatMap(({ touchpointId, returnPathId }) =>
    !closed.has(touchpointId) && (hears(touchpointId) || (returnPathId !== undefined && hears(returnPathId))) ? [touchpointId] : [],
  );
}
