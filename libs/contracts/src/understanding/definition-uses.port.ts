import { z } from 'zod';
import { declarePort, type PortOf } from '../port';
import { DEFINITION_KINDS } from './definition-facts';

/**
 * What in the value context refers to a definition of understanding: whoever retires one asks before. Offers and policies read attributes and
 * name no definition, and a run of decisions names a segment only while it goes on, so proposals have nothing to answer.
 */
export const definitionUsesPort = declarePort('value', 'definitionUses', {
  of: {
    input: z.strictObject({ kind: z.enum(DEFINITION_KINDS), definitionId: z.string().min(1).max(200) }),
    /** In words: `result metric of purpose smooth-hair`. */
    answer: z.object({ uses: z.array(z.string()) }),
  },
});
export type DefinitionUsesPort = PortOf<typeof definitionUsesPort>;
