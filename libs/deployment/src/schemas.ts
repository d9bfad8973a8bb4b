import { accessSchema } from '@tsunagari/access';
import { eventsSchema } from '@tsunagari/event-store-postgres';
import { intakeSchema } from '@tsunagari/intake';
import type { OwnedSchema } from '@tsunagari/postgres';
import { keyringSchema } from '@tsunagari/privacy';
import { contexts } from './contexts';

/** Every schema with migrations, in the order in which they run. Tables of projections are not here: their runner makes them. */
export const schemas: readonly [OwnedSchema, ...OwnedSchema[]] = [
  eventsSchema,
  keyringSchema,
  accessSchema,
  intakeSchema,
  ...Object.values(contexts).flatMap((context) => context.schemas),
];
