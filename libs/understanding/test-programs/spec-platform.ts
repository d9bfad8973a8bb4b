import type { Principal, Role } from '@tsunagari/access';
import { commandPath } from '@tsunagari/command';
import { type FactDefinition, facts as registry, identifierRegistered, orderPlaced, streamName } from '@tsunagari/contracts';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import { toGlobalId } from '@tsunagari/graphql';
import { migrate } from '@tsunagari/postgres';
import { commandFactId, keyringSchema, postgresKeyring } from '@tsunagari/privacy';
import { createProjectionRunner } from '@tsunagari/projection';
import { testDatabase } from '@tsunagari/testing';
import { parse } from 'graphql';
import { closeDays } from '../src/days/close-days';
import { definitionCommands, type UsesElsewhere } from '../src/definitions/definitions.commands';
import { understandingProjections } from '../src/projections';
import { understandingSchema } from '../src/schema';
import { understandingSubgraph } from '../src/understanding.subgraph';

export type SpecPlatform = Awaited<ReturnType<typeof specPlatform>>;

/** For specs: understanding's real parts over a fresh database, with what a test does to them. */
export async function specPlatform({ timeZone = 'UTC', uses }: { readonly timeZone?: string; readonly uses?: UsesElsewhere } = {}) {
  const database = await testDatabase();
  const { pool } = database;
  await migrate(pool, eventsSchema, keyringSchema, understandingSchema);
  const store = postgresEventStore({ pool });
  const log = postgresEventLog({ pool });
  const journal = postgresJournal({ pool });
  const secret = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
  const keyring = postgresKeyring({ pool, secrets: { masterKey: secret(1), lookupKey: secret(2), digestKey: secret(3) } });
  const runner = createProjectionRunner({
    pool,
    log,
    journal,
    definitions: understandingProjections(timeZone),
    registry,
  });
  expect(await runner.start()).toEqual({ kind: 'started' });
  const path = commandPath({ store, keyring });
  const definitions = definitionCommands({ path, ...(uses === undefined ? {} : { usesElsewhere: uses }) });
  const now = () => '2026-12-31T00:00:00.000Z';
  const ports = { pool, store, log, journal, keyring, projections: runner, path, definitions, timeZone, now };
  const errors: unknown[] = [];
  const subgraph = understandingSubgraph({ ...ports, onError: (error) => errors.push(error) });
  const principal: Principal = { kind: 'staff', roles: ['admin', 'data', 'marketer'] satisfies Role[], actor: 'user:test', subject: null };
  let made = 0;

  async function record(subject: string | null, definition: FactDefinition, data: object, occurred: string, on?: string): Promise<string> {
    const id = commandFactId(`spec ${made++}`, 0);
    const meta = { actor: 'system:test', source: 'test', correlationId: 'test' };
    const moment = occurred.length === 10 ? `${occurred}T12:00:00.000Z` : occurred;
    const [sealed] = await keyring.seal([{ id, definition, subject, data, meta, occurred: moment }]);
    if (sealed?.kind !== 'sealed') throw new Error(JSON.stringify(sealed));
    expect((await store.append({ stream: on ?? streamName('order', id), expected: 'any', facts: [sealed.fact] })).kind).toBe('appended');
    return id;
  }

  const context = { requestId: 'test', principal, atLeast: null };
  /** Asks as staff; an answer with an error is a fault of the test. */
  async function ask<T = Record<string, unknown>>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    const { data, errors: wrong } = await subgraph.execute({ document: parse(query), variables, context });
    expect(wrong).toBeUndefined();
    return data as T;
  }

  return {
    ...ports,
    runner,
    errors,
    /** Records a fact at a moment, or at noon of a day, on a stream of its own unless one is named; answers its id. */
    record,
    async customer(name: string, day: string): Promise<string> {
      const [known] = await keyring.subjectsOf([{ type: 'user_id', value: name }], { create: true });
      if (known?.kind !== 'known') throw new Error('no subject');
      await record(known.subject, identifierRegistered, { identifierType: 'user_id', value: name, verified: true, kind: 'person' }, day);
      return known.subject;
    },
    buys(subject: string, orderId: string, occurred: string, minor = 1000): Promise<string> {
      const money = { amountMinor: minor, currency: 'GBP' };
      return record(subject, orderPlaced, { orderId, lines: [], total: money, sales: money }, occurred);
    },
    async understoodUpTo(lastDay: string): Promise<void> {
      await closeDays({ store, log, keyring, upTo: lastDay, timeZone, from: lastDay });
      expect(await runner.catchUp()).toMatchObject({ kind: 'caught-up' });
    },
    ask,
    /** Her fields, asked for as the gateway does: it knows her from the context that owns her. */
    async customerOf(customer: string, fields: string): Promise<Record<string, unknown>> {
      const representations = [{ __typename: 'Customer', id: toGlobalId('Customer', customer) }];
      const { _entities } = await ask<{ _entities: readonly Record<string, unknown>[] }>(
        `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Customer ${fields} } }`,
        { representations },
      );
      const [found] = _entities;
      if (found === undefined) throw new Error('nobody was found');
      return found;
    },
    async refusal(query: string): Promise<unknown> {
      const { errors: wrong } = await subgraph.execute({ document: parse(query), variables: {}, context });
      return wrong?.[0]?.extensions;
    },
    async stop(): Promise<void> {
      await runner.stop();
      await store.close();
      await log.close();
      await database.drop();
    },
  };
}
