import type { Signal } from '@tsunagari/contracts';
import { BEGINNING, toSequence } from '@tsunagari/contracts';
import { describeWith } from '@tsunagari/testing';
import { uuid } from '../../../projection/src/spec-world';
import type { SignalRelayProcess } from '../../contract-tests/programs/signal-relay-process';
import type { SignalWorld } from '../../contract-tests/src/signal-world';
import { signalWorld } from '../../contract-tests/src/signal-world';

const deaths: readonly NonNullable<SignalRelayProcess['die']>[] = [
  { request: 'InitProducerId', nth: 1, when: 'sent' },
  // A page is read: before its database has it on the disk, and before the transaction.
  { flush: 2 },
  { request: 'AddPartitionsToTxn', nth: 2, when: 'asked' },
  { request: 'AddPartitionsToTxn', nth: 2, when: 'answered' },
  // In the middle: sent before the ack, acknowledged before the commit.
  { request: 'Produce', nth: 2, when: 'sent' },
  { request: 'EndTxn', nth: 2, when: 'asked' },
  // Committed, before it knows and before it remembers how far it is.
  { request: 'EndTxn', nth: 1, when: 'sent' },
  { request: 'EndTxn', nth: 2, when: 'answered' },
];

describeWith('broker', 'the relay of what projections tell', () => {
  let given: SignalWorld;
  beforeEach(async () => (given = await signalWorld()));
  afterEach(() => given.close());

  const told = async (topic: Signal['topic']): Promise<readonly Signal[]> =>
    (await given.outbox.read({ after: BEGINNING, topic, limit: 10_000 })).signals;

  /** Kills one after the other, each at another point, with something to publish for all of them and more told meanwhile. */
  const killAll = async (topic: Signal['topic'], tell: (round: number) => Promise<void>): Promise<void> => {
    for (const [round, die] of deaths.entries()) {
      await tell(round);
      const program = given.relayProcess(topic, { die, leaseMs: 200 });
      await program.ended;
      expect({ die, errors: program.said.filter((line) => 'error' in line) }).toEqual({ die, errors: [] });
      // Its death was where it should be: all but the first had taken over before.
      expect({ die, tookOver: program.said.some((line) => 'tookOver' in line) }).toEqual({ die, tookOver: round > 0 });
    }
  };

  /** Each record once, in order by partition: nothing that a dead relay left behind counts. */
  const expectOnceEach = (lying: Awaited<ReturnType<SignalWorld['lying']>>): void => {
    for (const partition of lying) {
      const sequences = partition.map(({ sequence }) => sequence);
      expect(sequences).toEqual(sequences.toSorted());
    }
    const all = lying.flat().map(({ sequence }) => sequence);
    expect(new Set(all).size).toBe(all.length);
  };

  it('loses and doubles no signal at whatever point it is killed, and keeps their order (failure mode 8)', async () => {
    await killAll('signals', async (round) => {
      for (let n = 0; n < 7; n++) await given.visits(uuid(`${round}a${n}`), 1, 2, 3);
    });
    const signals = await told('signals');
    expect(signals).toHaveLength(7 * deaths.length);
    const before = await given.topic.head();
    expect(before).not.toBe(BEGINNING);
    expect(before).not.toBe(signals.at(-1)?.position);
    given.relay('signals');
    await given.signalsPublished();
    const lying = await given.lying('signals');
    expectOnceEach(lying);
    expect(
      lying
        .flat()
        .map(({ sequence }) => sequence)
        .toSorted(),
    ).toEqual(signals.map(({ position }) => toSequence(position)));
    expect((await given.topic.read({ after: BEGINNING, limit: 10_000 })).signals).toEqual(signals);
    expect(given.errors).toEqual([]);
  }, 120_000);

  it('leaves of every customer the newest state, each state once, at whatever point it is killed (failure mode 8)', async () => {
    const customers = Array.from({ length: 7 }, (_, n) => uuid(`c${n}`));
    // Everybody's state becomes another one in each round: what a dead relay had published is replaced in the outbox.
    await killAll('state', async (round) => {
      for (const customer of customers) await given.visits(customer, round + 1);
    });
    const relay = given.relay('state');
    await given.statesPublished(relay);
    expectOnceEach(await given.lying('state'));
    const states = await given.states();
    expect(states.length).toBeGreaterThan(customers.length);
    const newest = await told('state');
    expect(newest.map(({ customer }) => customer).toSorted()).toEqual(customers.toSorted());
    for (const { id, customer, position } of newest) {
      const own = states.filter(({ value }) => (JSON.parse(value) as { subject: string }).subject === customer);
      expect(own.at(-1)).toMatchObject({ id, sequence: toSequence(position) });
      expect(JSON.parse(own.at(-1)?.value ?? '')).toMatchObject({ data: { count: deaths.length } });
    }
    expect(given.errors).toEqual([]);
  }, 120_000);

  it('frozen past its lease it publishes nothing more: its successor has published, and it is fenced (failure mode 9)', async () => {
    for (let n = 0; n < 60; n++) await given.visits(uuid(`f${n}`), 1, 2, 3);
    const first = given.relayProcess('signals', { pageSize: 1, leaseMs: 300 });
    await first.hear('tookOver');
    while ((await given.topic.head()) === BEGINNING);
    first.kill('SIGSTOP');
    const frozenAt = await given.topic.head();
    expect(frozenAt).not.toBe((await told('signals')).at(-1)?.position);
    const second = given.relayProcess('signals');
    await second.hear('tookOver');
    await given.signalsPublished();
    first.kill('SIGCONT');
    await given.visits(uuid('g'), 1, 2, 3);
    expect(String((await first.hear('error'))['error'])).toMatch(/epoch|lease/i);
    await given.signalsPublished();
    expectOnceEach(await given.lying('signals'));
    expect((await given.topic.read({ after: BEGINNING, limit: 10_000 })).signals).toEqual(await told('signals'));
  }, 120_000);
});
