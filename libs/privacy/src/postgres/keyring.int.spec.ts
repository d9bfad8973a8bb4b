import { randomBytes, randomUUID } from 'node:crypto';
import {
  behaviourRecorded,
  customerErased,
  dayClosed,
  type FactDefinition,
  identifierRegistered,
  isSealed,
  type NewFact,
  orderPlaced,
  type Sealed,
  traitsUpdated,
} from '@tsunagari/contracts';
import { migrate } from '@tsunagari/postgres';
import { testDatabase, type TestDatabase } from '@tsunagari/testing';
import { keyringSchema, type Identifier, newCorrelationId, type PlainFact, type PostgresKeyring, postgresKeyring } from '../index';

const secrets = { masterKey: randomBytes(32), lookupKey: randomBytes(32), digestKey: randomBytes(32) };
const erased = { redacted: true, reason: 'SUBJECT_ERASED' };
const unreadable = { redacted: true, reason: 'UNREADABLE' };

let db: TestDatabase;
let time = 0;
let today = new Date('2026-01-01T12:00:00Z');
/** A keyring as a process of its own has it: nothing cached yet. */
const process = (more: Partial<typeof secrets> & { retiredMasterKeys?: Buffer[] } = {}): PostgresKeyring =>
  postgresKeyring({ pool: db.pool, secrets: { ...secrets, ...more }, elapsed: () => time, now: () => today });

beforeAll(async () => {
  db = await testDatabase();
  await Promise.all([migrate(db.pool, keyringSchema), migrate(db.pool, keyringSchema)]);
});
afterAll(() => db.drop());

const user = (value: string): Identifier => ({ type: 'user_id', value });
async function subjectOf(keyring: PostgresKeyring, identifier: Identifier): Promise<string> {
  const [found] = await keyring.subjectsOf([identifier], { create: true });
  if (found?.kind !== 'known') throw new Error('no subject');
  return found.subject;
}
function plain(definition: FactDefinition, subject: string | null, data: unknown, more: Partial<PlainFact> = {}): PlainFact {
  const meta = { actor: 'system:test', source: 'test', correlationId: newCorrelationId() };
  return { id: randomUUID(), definition, subject, data, meta, occurred: '2010-12-01T08:26:00.000Z', ...more };
}
async function sealed(keyring: PostgresKeyring, fact: PlainFact): Promise<NewFact> {
  const [outcome] = await keyring.seal([fact]);
  if (outcome?.kind !== 'sealed') throw new Error(JSON.stringify(outcome));
  return outcome.fact;
}
const field = (fact: NewFact, name: string): Sealed => (fact.data as Record<string, Sealed>)[name] as Sealed;

describe('subjects', () => {
  it('are given once to an identifier, however it is written, and stay new until their registration stands', async () => {
    const keyring = process();
    const mail = (value: string): Identifier => ({ type: 'email', value });
    expect(await keyring.subjectsOf([mail('a@example.com')], { create: false })).toEqual([{ kind: 'unknown' }]);
    const [one, two, other] = await keyring.subjectsOf([mail(' A@Example.com'), mail('a@example.com'), user('a@example.com')], {
      create: true,
    });
    expect(one).toEqual({ kind: 'known', subject: expect.any(String), isNew: true });
    expect(two).toEqual(one);
    expect(other).not.toEqual(one);
    const subject = one?.kind === 'known' ? one.subject : '';
    expect(await process().subjectsOf([mail('a@example.com')], { create: true })).toEqual([{ kind: 'known', subject, isNew: true }]);
    await keyring.registered([subject, subject]);
    expect(await keyring.subjectsOf([mail('a@example.com')], { create: true })).toEqual([{ kind: 'known', subject, isNew: false }]);
  });

  it('are the same for two processes that see 8,000 identifiers at once, in different order', async () => {
    const identifiers = Array.from({ length: 8_000 }, (_, i) => user(`at once ${i}`));
    const [one, two] = await Promise.all([
      process().subjectsOf(identifiers, { create: true }),
      process().subjectsOf(identifiers.toReversed(), { create: true }),
    ]);
    const subjects = one!.map((found) => (found.kind === 'known' ? found.subject : found.kind));
    expect(two!.map((found) => (found.kind === 'known' ? found.subject : found.kind)).reverse()).toEqual(subjects);
    expect(new Set(subjects).size).toBe(8_000);
    expect(one!.concat(two!).filter((found) => found.kind === 'known' && found.isNew).length).toBe(16_000);
  });

  it('are never given to what is no identifier', async () => {
    expect(await process().subjectsOf([user('  '), user('x'.repeat(513)), user('\ud800'), user('a\u0000')], { create: true })).toEqual(
      Array.from({ length: 4 }, () => ({ kind: 'unknown' })),
    );
  });
});

describe('sealing', () => {
  it('seals what is personal, leaves the rest, and opens it again', async () => {
    const keyring = process();
    const subject = await subjectOf(keyring, user('sealing'));
    const data = { call: 'track', name: 'Product Viewed', properties: { sku: 'é', n: [1, null] } };
    const fact = await sealed(keyring, plain(behaviourRecorded, subject, data));
    expect(fact).toMatchObject({
      type: 'retention.intake.behaviour-recorded',
      schema: 1,
      subject,
      data: { call: 'track', name: 'Product Viewed' },
    });
    expect(isSealed(field(fact, 'properties'))).toBe(true);
    expect(fact.data).not.toHaveProperty('context');
    expect(await process().open([{ subject, sealed: field(fact, 'properties') }])).toEqual([data.properties]);
  });

  it('gives one plaintext one digest, whatever the nonce, the time, the metadata and the order of keys', async () => {
    const keyring = process();
    const subject = await subjectOf(keyring, user('digest'));
    const one = await sealed(keyring, plain(traitsUpdated, subject, { traits: { a: 1, b: { c: 2, d: 3 } } }));
    const two = await sealed(
      keyring,
      plain(traitsUpdated, subject, { traits: { b: { d: 3, c: 2 }, a: 1 } }, { occurred: '2011-01-01T00:00:00.000Z' }),
    );
    const three = await sealed(keyring, plain(traitsUpdated, subject, { traits: { a: 1, b: { c: 2, d: 4 } } }));
    expect(two.digest).toBe(one.digest);
    expect(field(two, 'traits')).not.toBe(field(one, 'traits'));
    expect(three.digest).not.toBe(one.digest);
    expect(one.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('does not open a value that was moved to another subject or field, or changed', async () => {
    const keyring = process();
    const [a, b] = [await subjectOf(keyring, user('moved a')), await subjectOf(keyring, user('moved b'))];
    const value = field(await sealed(keyring, plain(traitsUpdated, a, { traits: { x: 1 } })), 'traits');
    const changed = `${value.slice(0, -3)}${value.endsWith('AAA') ? 'BBB' : 'AAA'}` as Sealed;
    expect(
      await keyring.open([
        { subject: a, sealed: value },
        { subject: b, sealed: value },
        { subject: a, sealed: changed },
        { subject: a, sealed: 'sealed.1.AA' },
        { subject: 'nobody', sealed: value },
        { subject: a, sealed: value, of: { type: traitsUpdated.type, field: 'traits' } },
        { subject: a, sealed: value, of: { type: behaviourRecorded.type, field: 'context' } },
      ]),
    ).toEqual([{ x: 1 }, unreadable, unreadable, unreadable, unreadable, { x: 1 }, unreadable]);
  });

  it('refuses by field and rule, one fact at a time', async () => {
    const keyring = process();
    const subject = await subjectOf(keyring, user('refused'));
    const order = orderPlaced.examples[0] as Record<string, unknown>;
    const line = { sku: 'A', quantity: 1, unitPrice: '1.00' };
    const outcomes = await keyring.seal([
      plain(orderPlaced, subject, order),
      plain(orderPlaced, subject, { ...order, colour: 'red' }),
      plain(orderPlaced, subject, { ...order, lines: [line, { ...line, shade: 1 }] }),
      plain(orderPlaced, subject, { ...order, orderId: undefined }),
      plain(orderPlaced, subject, { ...order, lines: [line, { ...line, quantity: 1.5 }] }),
      plain(orderPlaced, subject, { ...order, country: 'half \ud83d' }),
      plain(orderPlaced, subject, 'no object'),
      plain(orderPlaced, randomUUID(), order),
    ]);
    expect(outcomes.map((o) => (o.kind === 'sealed' ? 'sealed' : `${o.refusal.code} ${o.refusal.field}`))).toEqual([
      'sealed',
      'UNKNOWN_FIELD colour',
      'UNKNOWN_FIELD lines.1.shade',
      'MISSING_FIELD orderId',
      'INVALID_FIELD lines.1.quantity',
      'INVALID_FIELD country',
      'INVALID_FIELD null',
      'UNKNOWN_IDENTIFIER subject',
    ]);
  });

  it('takes facts of no customer without a key', async () => {
    const fact = await sealed(process(), plain(dayClosed, null, { date: '2011-12-09', timeZone: 'UTC' }));
    expect(fact.subject).toBeNull();
    await expect(process().seal([plain(orderPlaced, null, {})])).rejects.toThrow('OrderPlaced needs a subject');
  });

  it('tells a command’s body from another, in whatever order its fields come', () => {
    const keyring = process();
    expect(keyring.fingerprint({ a: 1, b: 2 })).toBe(keyring.fingerprint({ b: 2, a: 1, c: undefined }));
    expect(keyring.fingerprint({ a: 1 })).not.toBe(keyring.fingerprint({ a: 2 }));
  });
});

describe('forgetting (failure mode 18)', () => {
  it('makes everything of the subject unreadable, refuses what comes later, and changes no digest', async () => {
    const keyring = process();
    const [gone, stays] = [await subjectOf(keyring, user('forget me')), await subjectOf(keyring, user('keep me'))];
    const [before, other] = [
      await sealed(keyring, plain(traitsUpdated, gone, { traits: { n: 1 } })),
      await sealed(keyring, plain(traitsUpdated, stays, { traits: { n: 2 } })),
    ];
    const kept = structuredClone(before);
    await keyring.forget([gone], 'keep-suppression');
    await keyring.forget([gone], 'keep-suppression');
    const values = [
      { subject: gone, sealed: field(before, 'traits') },
      { subject: stays, sealed: field(other, 'traits') },
    ];
    for (const reader of [keyring, process()]) {
      expect(await reader.open(values)).toEqual([erased, { n: 2 }]);
      expect(await reader.subjectsOf([user('forget me')], { create: true })).toEqual([{ kind: 'erased', subject: gone }]);
      expect(await reader.seal([plain(traitsUpdated, gone, { traits: {} })])).toMatchObject([
        { kind: 'refused', refusal: { code: 'SUBJECT_ERASED', field: 'subject' } },
      ]);
      expect(await reader.erased([gone, stays])).toEqual(new Set([gone]));
    }
    expect(before).toEqual(kept);
    // the erasure itself may be repeated
    expect(
      await keyring.seal([plain(customerErased, gone, { subjects: [gone], scope: 'keep-suppression', by: 'user:ops' })]),
    ).toMatchObject([{ kind: 'sealed' }]);
  });

  it('holds in every process once its cache is a minute old', async () => {
    const [one, other] = [process(), process()];
    const subject = await subjectOf(one, user('cached'));
    await one.registered([subject]);
    const value = {
      subject,
      sealed: field(await sealed(one, plain(traitsUpdated, subject, { traits: { a: 1 } })), 'traits'),
    };
    expect(await other.open([value])).toEqual([{ a: 1 }]);
    expect(await other.subjectsOf([user('cached')], { create: false })).toMatchObject([{ kind: 'known' }]);
    await one.forget([subject], 'keep-suppression');
    time += 60_000;
    expect(await other.open([value])).toEqual([erased]);
    expect(await other.subjectsOf([user('cached')], { create: false })).toMatchObject([{ kind: 'erased' }]);
  });

  it('with the suppression mark gone too, lets the identifier come back as somebody else', async () => {
    const keyring = process();
    const subject = await subjectOf(keyring, user('come back'));
    await keyring.forget([subject], 'forget-suppression');
    const again = await subjectOf(keyring, user('come back'));
    expect(again).not.toBe(subject);
    expect(await keyring.erased([subject, again])).toEqual(new Set([subject]));
  });

  it('forgets again after a backup was restored, also what the backup does not know', async () => {
    const keyring = process();
    const [kept, dropped] = [await subjectOf(keyring, user('restored kept')), await subjectOf(keyring, user('restored dropped'))];
    const value = { subject: kept, sealed: field(await sealed(keyring, plain(traitsUpdated, kept, { traits: { a: 1 } })), 'traits') };
    await db.pool.query('create table backup as select * from keyring.subjects');
    await keyring.forget([kept], 'keep-suppression');
    await keyring.forget([dropped], 'forget-suppression');
    await db.pool.query('truncate keyring.subjects');
    await db.pool.query('insert into keyring.subjects select * from backup');
    await db.pool.query('drop table backup');
    const restored = process();
    expect(await restored.open([value])).toEqual([{ a: 1 }]);
    const unknown = randomUUID();
    const erasedSubjects = [
      { subjects: [kept, unknown], scope: 'keep-suppression' as const },
      { subjects: [dropped], scope: 'forget-suppression' as const },
    ];
    expect(await restored.forgetAgain({ erasedSubjects })).toBe(2);
    expect(await restored.forgetAgain({ erasedSubjects })).toBe(0);
    expect(await restored.open([value])).toEqual([erased]);
    expect(await restored.erased([kept, dropped, unknown])).toEqual(new Set([kept, dropped, unknown]));
    expect(await restored.subjectsOf([user('restored kept'), user('restored dropped')], { create: false })).toEqual([
      { kind: 'erased', subject: kept },
      { kind: 'unknown' },
    ]);
  });

  it('keeps no clear text in any table, neither of identifiers nor of fields nor of keys', async () => {
    const keyring = process();
    const subject = await subjectOf(keyring, user('Clara Klartext'));
    const fact = await sealed(
      keyring,
      plain(identifierRegistered, subject, { identifierType: 'user_id', value: 'Clara Klartext', verified: true, kind: 'person' }),
    );
    await db.pool.query('create table stored as select $1::json as fact', [JSON.stringify(fact)]);
    await keyring.sealExpiring(['Clara Klartext'], 1);
    const { rows: tables } = await db.pool.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    expect(tables.length).toBeGreaterThanOrEqual(3);
    for (const { name } of tables)
      for (const clear of [
        'Clara',
        Buffer.from('Clara Klartext').toString('hex'),
        Buffer.from('Clara').toString('base64url').slice(0, 6),
      ]) {
        const { rows } = await db.pool.query(`select t::text from ${name} t where t::text like '%' || $1 || '%'`, [clear]);
        expect(rows).toEqual([]);
      }
    await db.pool.query('drop table stored');
  });
});

describe('master keys', () => {
  it('are changed without losing a value: the retired one opens, rewrapping makes it needless', async () => {
    const subject = await subjectOf(process(), user('rotated'));
    const value = { subject, sealed: field(await sealed(process(), plain(traitsUpdated, subject, { traits: { a: 1 } })), 'traits') };
    const masterKey = randomBytes(32);
    await expect(process({ masterKey }).open([value])).rejects.toThrow('retired master keys');
    const between = process({ masterKey, retiredMasterKeys: [secrets.masterKey] });
    expect(await between.open([value])).toEqual([{ a: 1 }]);
    expect(await between.rewrap()).toBeGreaterThan(8_000);
    expect(await between.rewrap()).toBe(0);
    expect(await process({ masterKey }).open([value])).toEqual([{ a: 1 }]);
    secrets.masterKey = masterKey;
  });

  it('must have 32 bytes', () => {
    expect(() => process({ masterKey: randomBytes(16) })).toThrow('the master key must have 32 bytes, not 16');
  });
});

describe('expiring keys', () => {
  it('open for as long as promised, and never once the day has come', async () => {
    const keyring = process();
    const sealedBodies = await keyring.sealExpiring(['täxt', Buffer.from([0, 255])], 7);
    expect(await process().openExpiring(sealedBodies)).toEqual([Buffer.from('täxt'), Buffer.from([0, 255])]);
    today = new Date('2026-01-08T23:59:00Z');
    await keyring.expireKeys(today);
    expect(await keyring.openExpiring(sealedBodies)).toEqual([Buffer.from('täxt'), Buffer.from([0, 255])]);
    today = new Date('2026-01-09T00:00:00Z');
    expect(await keyring.openExpiring([...sealedBodies, 'nonsense'])).toEqual([unreadable, unreadable, unreadable]);
    expect(await keyring.expireKeys(today)).toBeGreaterThanOrEqual(1);
    today = new Date('2026-01-01T12:00:00Z');
    expect(await keyring.openExpiring(sealedBodies)).toEqual([unreadable, unreadable]);
  });

  it('are shared by processes that seal on the same day', async () => {
    const [one, two] = await Promise.all([process().sealExpiring(['a'], 30), process().sealExpiring(['b'], 30)]);
    expect(await process().openExpiring([...one!, ...two!])).toEqual([Buffer.from('a'), Buffer.from('b')]);
  });
});
