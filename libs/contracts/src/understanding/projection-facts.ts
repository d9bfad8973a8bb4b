import { z } from 'zod';
import { type DataOf, defineFact } from '../registry';

const generation = {
  projection: z.string().regex(/^[a-z][a-z0-9_]{0,30}$/),
  version: z.int().min(1),
  generation: z.int().min(1),
};
const position = z.string().regex(/^(0|[1-9][0-9]{0,18})$/);
const by = z.string().min(1).max(200);

/** A generation of a read model is being built beside the live one. */
export const projectionRebuildStarted = defineFact({
  name: 'ProjectionRebuildStarted',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject({
    ...generation,
    /** It is built in customer order up to here. */
    bound: position,
    /** Name of a generation that stays as of `bound`; null for one that goes on. */
    label: z.string().nullable(),
    by,
  }),
  examples: [{ projection: 'purchases', version: 2, generation: 3, bound: '34357', label: null, by: 'user:ops' }],
});

/** It is built, has caught up, and was folded a second time: what that said. */
export const projectionRebuildCompleted = defineFact({
  name: 'ProjectionRebuildCompleted',
  context: 'understanding',
  ofSubject: false,
  data: z.strictObject({
    ...generation,
    position,
    facts: z.int().min(0),
    customers: z.int().min(0),
    busyMs: z.int().min(0),
    /** State hash of its rows, and of the second fold. */
    hash: z.string(),
    folded: z.string(),
    /** Whether the second fold, and the live generation of the same definition, say the same. */
    equal: z.boolean(),
    differing: z.int().min(0),
  }),
  examples: [
    {
      projection: 'purchases',
      version: 2,
      generation: 3,
      position: '34357',
      facts: 33982,
      customers: 8082,
      busyMs: 1500,
      hash: 'c502d752bcafe785',
      folded: 'c502d752bcafe785',
      equal: true,
      differing: 0,
    },
  ],
});

const exchanged = z.strictObject({ ...generation, replaced: z.int().min(1), position, by });

/** Readers see this generation from now on, and it is the one that emits. */
export const projectionPromoted = defineFact({
  name: 'ProjectionPromoted',
  context: 'understanding',
  ofSubject: false,
  data: exchanged,
  examples: [{ projection: 'purchases', version: 2, generation: 3, replaced: 2, position: '34360', by: 'system:understanding' }],
});

/** Readers see the former generation again. */
export const projectionRolledBack = defineFact({
  name: 'ProjectionRolledBack',
  context: 'understanding',
  ofSubject: false,
  data: exchanged,
  examples: [{ projection: 'purchases', version: 1, generation: 2, replaced: 3, position: '34390', by: 'user:ops' }],
});

export type ProjectionRebuildStarted = DataOf<typeof projectionRebuildStarted>;
export type ProjectionRebuildCompleted = DataOf<typeof projectionRebuildCompleted>;
export type ProjectionPromoted = DataOf<typeof projectionPromoted>;
export type ProjectionRolledBack = DataOf<typeof projectionRolledBack>;

export const projectionFacts = [projectionRebuildStarted, projectionRebuildCompleted, projectionPromoted, projectionRolledBack];
