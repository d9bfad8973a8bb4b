import { STANDING, understandingSchema } from '@tsunagari/understanding';
import type { ContextDefinition, ContextName } from './context';
import { openCustomers } from './customers';
import { openProposals } from './proposals';
import { openSubscriptions } from './subscriptions';
import { openTouchpoints } from './touchpoints';
import { definedProjectionsOfUnderstanding, openUnderstanding, projectionsOfUnderstanding } from './understanding';
import { openValue } from './value';

/** Every context that stands. A new one is a file beside this and a line here. */
export const contexts: Readonly<Partial<Record<ContextName, ContextDefinition>>> = {
  value: { open: openValue, schemas: [] },
  touchpoints: { open: openTouchpoints, schemas: [] },
  customers: { open: openCustomers, schemas: [] },
  subscriptions: { open: openSubscriptions, schemas: [] },
  proposals: { open: openProposals, schemas: [] },
  understanding: {
    open: openUnderstanding,
    schemas: [understandingSchema],
    projections: projectionsOfUnderstanding,
    definedProjections: { names: [STANDING], find: definedProjectionsOfUnderstanding },
  },
};

/** The names of the contexts that stand. */
export const contextNames = Object.keys(contexts) as readonly ContextName[];
