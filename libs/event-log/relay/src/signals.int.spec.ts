import type { Signal } from '@tsunagari/contracts';
import { BEGINNING } from '@tsunagari/contracts';
import type { SignalLog } from '@tsunagari/event-log';
import { waitUntil } from '@tsunagari/postgres';
import { describeWith } from '@tsunagari/testing';
import { setTimeout } from 'node:timers/promises';
import { uuid } from '../../../projection/src/spec-world';
import type { SignalWorld } from '../../contract-tests/src/signal-world';
import { signalWorld } from '../../contract-tests/src/signal-world';

describeWith('broker', 'what projections tell, over Kafka', () => {
  let given: SignalWorld;
  beforeEach(async () => (given = await signalWorld()));
  afterEach(() => given.close());
  const all = async (log: SignalLog, kinds?: readonly string[]): Promise<readonly Signal[]> =>
    (await log.read({ after: BEGINNING, limit: 10_000, ...(kinds ? { kinds } : {}) })).signals;

  it('is published once each, in order, whoever publishes and however often one begins anew; a rebuild tells nothing again', async () => {
    const first = given.relay('signals');
    for (let n = 0; n < 8; n++) await given.visits(uuid(`a${n}`), 1, 2, 3);
    await given.signalsPublished();
    await first.stop();
    for (let n = 0; n < 8; n++) await given.visits(uuid(`b${n}`), 1, 2, 3);
    given.relay('signals');
    given.relay('signals');
    await given.signalsPublished();
    const outcome = await given.runner.rebuild('loyalty', { by: 'user:spec' });
    expect(outcome.kind === 'refused' ? outcome.refusal : outcome.kind).toBe('promoted');
    await given.visits(uuid('c'), 1, 2, 3);
    const told = await all(given.outbox);
    expect(told).toHaveLength(17);
    await given.signalsPublished();
    expect(await all(given.topic)).toEqual(told);
    expect(given.flushed.length).toBeGreaterThan(0);
    expect(given.errors).toEqual([]);
  });

  it('is read page by page and by kind like the outbox, and calls who listens', async () => {
    given.relay('signals');
    let calls = 0;
    const stop = given.topic.onAppended(() => void calls++);
    // Once as it begins to watch: what came until then, nobody else would tell.
    expect(await waitUntil(() => calls > 0, 20_000)).toBe(true);
    for (let n = 0; n < 4; n++) await given.visits(uuid(`p${n}`), 1, 2, 3);
    await given.signalsPublished();
    // Until what it heard of these is over.
    await setTimeout(1000);
    const before = calls;
    await given.visits(uuid('p4'), 1, 2, 3);
    expect(await waitUntil(() => calls > before, 20_000)).toBe(true);
    await given.signalsPublished();
    stop();
    const told = await all(given.outbox, ['BecameLoyal']);
    const seen: Signal[] = [];
    for (let after = BEGINNING, end = false; !end;) {
      const page = await given.topic.read({ after, limit: 2, kinds: ['BecameLoyal'] });
      seen.push(...page.signals);
      [after, end] = [page.upTo, page.atEnd];
    }
    expect(seen).toEqual(told);
    // What was seen is found again where it was, and nowhere else.
    const [, second, third] = told;
    const found = (at: Signal | undefined) => given.topic.byIds([second?.id ?? ''], [at?.position ?? BEGINNING]);
    expect([await found(second), await found(third)]).toEqual([[second], []]);
    expect(await given.topic.read({ after: BEGINNING, limit: 2, kinds: ['Never'] })).toEqual({
      signals: [],
      upTo: await given.topic.head(),
      atEnd: true,
    });
    await expect(given.topic.read({ after: BEGINNING, limit: 1, topic: 'state' })).rejects.toThrow('.state.v1');
  });

  it('keeps of states the newest of a customer under her key, and nothing of who is another one by now', async () => {
    const relay = given.relay('state');
    const [a, b] = [uuid('a'), uuid('b')];
    await given.world.register(a);
    await given.world.register(b);
    for (const day of [1, 2]) {
      await given.visits(a, day);
      await given.visits(b, day);
      await given.statesPublished(relay);
    }
    await given.world.link(a, b);
    await given.runner.catchUp();
    await relay.stop();
    const again = given.relay('state');
    await given.statesPublished(again);
    const newest = new Map(
      (await given.outbox.read({ after: BEGINNING, topic: 'state', limit: 100 })).signals.map((each) => [each.customer, each]),
    );
    const states = await given.states();
    expect(new Set(states.map(({ id }) => id)).size).toBe(states.length);
    expect([...newest.values()].map(({ data }) => data)).toContain(null);
    for (const { id, data, customer } of newest.values()) {
      const last = states.findLast((state) => state.id === id);
      if (data === null) expect(last?.value).toBe('');
      else
        expect(JSON.parse(last?.value ?? '')).toMatchObject({
          type: 'retention.understanding.loyalty.v1',
          subject: customer,
          partitionkey: customer,
          data,
        });
    }
    expect(given.errors).toEqual([]);
  });

  it('is not continued by an outbox that does not hold what was published last: it halts and says what to do (failure mode 17)', async () => {
    const relay = given.relay('signals');
    for (let n = 0; n < 3; n++) await given.visits(uuid(`h${n}`), 1, 2, 3);
    await given.signalsPublished();
    const before = await all(given.topic);
    await relay.stop();
    await given.pool.query('truncate understanding.outbox');
    const after = given.relay('signals');
    expect(await waitUntil(async () => (await after.status()).state === 'halted', 20_000)).toBe(true);
    for (let n = 0; n < 9; n++) await given.visits(uuid(`i${n}`), 1, 2, 3);
    expect(String(given.errors[0])).toMatch(/restored from an older copy.*topics ensure/s);
    expect(await all(given.topic)).toEqual(before);
  });
});
