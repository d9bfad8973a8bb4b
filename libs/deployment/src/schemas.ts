import { accessSchema } from '@tsunagari/access';
import { eventsSchema } from '@tsunagari/event-store-postgres';
import { intakeSchema } from '@tsunagari/intake';
import { keyringSchema } from '@tsunagari/privacy';
import { understandingSchema } from '@tsunagari/understanding';

/** Every schema with migrations, in the order in which they run. Tables of projections are not here: their runner makes them. */
export const schemas = [eventsSchema, keyringSchema, accessSchema, intakeSchema, understandingSchema] as const;
