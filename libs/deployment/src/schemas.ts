import { accessSchema } from '@tsunagari/access';
import { eventsSchema } from '@tsunagari/event-store-postgres';
import { intakeSchema } from '@tsunagari/intake';
import type { OwnedSchema } from '@tsunagari/postgres';
import { keyringSchema } from '@tsunagari/privacy';
import type { Configuration } from '@tsunagari/runtime';
import { contexts } from './contexts';
import { hostedContexts, hosting, type HostName } from './hosting';

/** The schemas that one process needs: its own, and those of store, keyring and access, which every process opens. */
export function schemasOf(process: HostName, { eventStore }: Configuration): readonly [OwnedSchema, ...OwnedSchema[]] {
  return [
    ...(eventStore.kind === 'postgres' ? ([eventsSchema, keyringSchema] as const) : ([keyringSchema] as const)),
    accessSchema,
    ...(hosting[process].intake ? [intakeSchema] : []),
    ...hostedContexts(process).flatMap((name) => contexts[name]?.schemas ?? []),
  ];
}

/** Every schema with migrations, in the order in which they run. Tables of projections are not here: their runner makes them. */
export const schemas: readonly [OwnedSchema, ...OwnedSchema[]] = [
  eventsSchema,
  keyringSchema,
  accessSchema,
  intakeSchema,
  ...Object.values(contexts).flatMap((context) => context.schemas),
];
