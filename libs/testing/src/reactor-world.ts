import { commandPath, reservationCommands } from '@tsunagari/command';
import {
  behaviourRecorded,
  defineCommand,
  expireReservation,
  type Fact,
  facts as registry,
  reservationClaimed,
} from '@tsunagari/contracts';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import { migrate, type Pool } from '@tsunagari/postgres';
import { keyringSchema, postgresKeyring } from '@tsunagari/privacy';
import { type MovableClock, type Secrets } from '@tsunagari/runtime';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { createReactorRunner, defineReactor, handle, type ReactorRunnerOptions, reservationExpiry, send } from '@tsunagari/reactor';

/** Claims a thing for whoever is said to want it: what the specs let follow from `behaviour` facts. */
export const claimThing = defineCommand('operations', 'ClaimThing', z.strictObject({ thing: z.string(), holder: z.string() }));

/** Each `wants` is a claim; the second of one customer says so. */
export const wanting = defineReactor<number>({
  name: 'wanting',
  version: 1,
  types: [behaviourRecorded.type],
  key: ({ subject }) => subject ?? undefined,
  initial: 0,
  evolve: (wants) => wants + 1,
  react: (fact: Fact, wants) => {
    // What was wanted stands in the name: properties are sealed, and a reactor never opens them.
    const [name, thing = ''] = (fact.data as { name: string }).name.split(' ');
    if (name === 'throws') throw new Error('cannot react to this');
    return name === 'wants' ? [send(claimThing, { thing, holder: `${fact.subject}/${wants}` })] : [];
  },
});

export type ReactorWorld = Awaited<ReturnType<typeof reactorWorld>>;

/** A store, a log and reactors over a database; a process of its own in the kill tests opens the same. */
export async function reactorWorld(
  pool: Pool,
  secrets: Pick<Secrets, 'masterKey' | 'lookupKey' | 'digestKey'>,
  clock: Pick<MovableClock, 'now'>,
) {
  await migrate(pool, eventsSchema, keyringSchema);
  const store = postgresEventStore({ pool, clock: () => new Date(clock.now()) });
  const log = postgresEventLog({ pool });
  const keyring = postgresKeyring({ pool, secrets });
  const path = commandPath({ store, keyring });
  const reservations = reservationCommands({ path });
  const claims = handle(claimThing, ({ thing, holder }, asked) =>
    reservations.claim({ kind: 'thing', thing, holder }, new Date(Date.parse(asked.at) + 900_000).toISOString(), asked),
  );
  const expiries = handle(expireReservation, ({ reservation, holder }, asked) => reservations.expire(reservation, holder, asked));
  const options: ReactorRunnerOptions = {
    pool,
    log,
    journal: postgresJournal({ pool }),
    registry,
    schema: 'spec',
    reactors: [wanting, reservationExpiry],
    handlers: [claims, expiries],
    store,
    keyring,
    now: () => clock.now(),
    retryMs: 10,
    pollMs: 50,
  };
  return {
    options,
    claims,
    reservations,
    store,
    reactors: (given: Partial<ReactorRunnerOptions> = {}) => createReactorRunner({ ...options, ...given }),
    /** A subject who did something. */
    async does(subject: string, name: string, thing?: string): Promise<void> {
      const [sealed] = await keyring.seal([
        {
          id: randomUUID(),
          definition: behaviourRecorded,
          subject,
          data: { call: 'track', name: thing === undefined ? name : `${name} ${thing}`, properties: {} },
          meta: { actor: 'user:spec', source: 'spec', correlationId: 'spec' },
          occurred: clock.now(),
        },
      ]);
      if (sealed?.kind !== 'sealed') throw new Error(JSON.stringify(sealed));
      await store.append({ stream: `intake-${subject}`, expected: 'any', facts: [sealed.fact] });
    },
    async subject(): Promise<string> {
      const [known] = await keyring.subjectsOf([{ type: 'user_id', value: randomUUID() }], { create: true });
      return known && known.kind !== 'unknown' ? known.subject : '';
    },
    async facts(type: string): Promise<readonly Fact[]> {
      return (await log.read({ after: '0', limit: 10_000, types: [type] })).facts;
    },
    async claimed(): Promise<readonly string[]> {
      const { facts } = await log.read({ after: '0', limit: 10_000, types: [reservationClaimed.type] });
      return facts.map(({ stream }) => stream);
    },
    async close(): Promise<void> {
      await log.close();
      await store.close();
    },
  };
}
