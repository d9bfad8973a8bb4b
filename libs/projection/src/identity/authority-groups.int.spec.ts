import { facts as registry, identifierLinked } from '@tsunagari/contracts';
import { postgresEventLog, postgresJournal } from '@tsunagari/event-log-postgres';
import { eventsSchema, postgresEventStore } from '@tsunagari/event-store-postgres';
import { migrate } from '@tsunagari/postgres';
import { testDatabase } from '@tsunagari/testing';
import { createProjectionRunner } from '../runner';
import { createWorld, moment, newFact, trailProjection, uuid } from '../spec-world';

it('authority groups are the subjects that verified links alone join, as of any position, and stay right through merges, splits and blocks', async () => {
  const db = await testDatabase();
  await migrate(db.pool, eventsSchema);
  const store = postgresEventStore({ pool: db.pool });
  const log = postgresEventLog({ pool: db.pool });
  const world = createWorld(store);
  const runner = createProjectionRunner({
    pool: db.pool,
    log,
    journal: postgresJournal({ pool: db.pool }),
    registry,
    definitions: [trailProjection()],
  });
  await runner.start();
  const signedIn = (a: string, b: string) =>
    world.append([newFact(identifierLinked, a, { subjects: [a, b], types: ['user_id', 'anonymous_id'], verified: true }, moment(0))]);
  const groupsOf = async (customer: string, at?: string) => {
    await runner.catchUp();
    return (await runner.identity.authorityGroupsOf([customer], at)).get(customer);
  };
  try {
    const [user, phone, tablet, stranger, other] = ['user', 'phone', 'tablet', 'stranger', 'other'].map((name) =>
      uuid(`authority ${name}`),
    ) as [string, string, string, string, string];
    for (const subject of [user, phone, tablet, stranger, other])
      await world.register(subject, subject === user ? 'user_id' : 'anonymous_id');
    expect(await groupsOf(user)).toEqual([[user]]);
    expect(await groupsOf(uuid('nobody'))).toEqual([[uuid('nobody')]]);

    await signedIn(user, phone);
    const verified = world.last();
    expect(await groupsOf(user)).toEqual([[user, phone]]);
    await world.link(phone, tablet);
    await world.link(tablet, stranger);
    await signedIn(stranger, other);
    expect(await groupsOf(user)).toEqual([[user, phone], [tablet], [stranger, other]]);
    // The absorbed are no customers of their own any more.
    expect(await groupsOf(stranger)).toEqual([]);
    expect(await groupsOf(user, verified)).toEqual([[user, phone]]);
    expect(await groupsOf(stranger, verified)).toEqual([[stranger]]);

    // A person's merge vouches for the books only; a verified link between the same two does more.
    await world.merge(user, tablet);
    expect(await groupsOf(user)).toEqual([[user, phone], [tablet], [stranger, other]]);
    await signedIn(user, tablet);
    expect(await groupsOf(user)).toEqual([
      [user, phone, tablet],
      [stranger, other],
    ]);

    await world.split(stranger, other);
    expect(await groupsOf(user)).toEqual([[user, phone, tablet]]);
    expect(await groupsOf(stranger)).toEqual([[stranger, other]]);
    await world.block(phone);
    expect(await groupsOf(user)).toEqual([[user, tablet]]);
    await world.unlink(user, tablet);
    // What a person voided carries nothing; the merge by a person still holds the books together.
    expect(await groupsOf(user)).toEqual([[user], [tablet]]);

    const many = await runner.identity.authorityGroupsOf([user, stranger, phone]);
    expect([...many]).toEqual([
      [user, [[user], [tablet]]],
      [stranger, [[stranger, other]]],
      [phone, [[phone]]],
    ]);
  } finally {
    await runner.stop();
    await log.close();
    await store.close();
    await db.drop();
  }
});
