import {
  behaviourRecorded,
  dayClosed,
  facts as registry,
  identifierLinked,
  identifierRegistered,
  type NewFact,
} from '@tsunagari/contracts';
import type { EventLog, Journal } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import type { Pool } from '@tsunagari/postgres';
import { describeWith, testBroker } from '@tsunagari/testing';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { kafkaWorld } from '../../event-log/contract-tests/src/kafka-world';
import { specDeployment } from '../test-programs/spec-deployment';
import { defineProjection, type ProjectionDefinition } from './definition';
import { createProjectionRunner } from './runner';
import type { ProjectionRunner } from './runner-face';
import { behaviour, createWorld, dayText, moment, newFact, trailProjection, uuid } from './spec-world';

/** A store, the log and the journal that projections read, and how to wait until these hold what the store does. */
type Deployed = {
  readonly pool: Pool;
  readonly store: EventStore;
  readonly log: EventLog;
  readonly journal: Journal;
  readonly arrived: () => Promise<void>;
  readonly close: () => Promise<void>;
};

async function embedded(): Promise<Deployed> {
  const { store, options, close } = await specDeployment();
  return { ...options, store, arrived: () => Promise.resolve(), close };
}

async function overKafka(brokers: readonly string[]): Promise<Deployed> {
  const world = await kafkaWorld({ brokers, namespace: `hash-${randomUUID().slice(0, 8)}` });
  world.relay();
  const filled = world.journal();
  expect(await filled.start()).toEqual({ kind: 'started' });
  return {
    pool: world.pool,
    store: world.store,
    log: filled.log,
    journal: filled.journal,
    arrived: async () => {
      const position = await world.source.head();
      expect(await filled.waitFor(position, { timeoutMs: 60_000 })).toMatchObject({ kind: 'caught-up' });
    },
    close: world.close,
  };
}

type Rate = { readonly seen: number; readonly share: number };

/** Floats, folded in any order: they are the same up to their declared decimals. */
const shares: ProjectionDefinition<Rate> = defineProjection<Rate>({
  name: 'shares',
  version: 1,
  types: [behaviourRecorded.type],
  key: 'customer',
  initial: { seen: 0, share: 0 },
  evolve: ({ seen, share }, fact) => ({ seen: seen + 1, share: share + 1 / (3 + Number(fact.occurred.slice(14, 16))) }),
  commutative: true,
  columns: [{ name: 'seen', sql: 'integer', value: ({ seen }) => seen }],
  decimals: { share: 9 },
});
const definitions = () => [trailProjection(), shares];

const subject = (n: number): string => uuid(`subject ${n}`);
const SUBJECTS = 14;
/** Who is who: it follows the position, so these keep their order among each other wherever they come. */
const identity: readonly NewFact[] = [
  ...Array.from({ length: SUBJECTS }, (_, n) =>
    newFact(
      identifierRegistered,
      subject(n),
      { identifierType: 'anonymous_id', value: 'sealed.1.x', verified: false, kind: 'person' },
      moment(0, n),
      uuid(`registered ${n}`),
    ),
  ),
  ...[
    [0, 3],
    [5, 9],
    [9, 11],
  ].map(([a = 0, b = 0]) =>
    newFact(
      identifierLinked,
      subject(a),
      { subjects: [subject(a), subject(b)], types: ['anonymous_id', 'anonymous_id'], verified: false },
      moment(1),
      uuid(`link ${a} ${b}`),
    ),
  ),
];
const happened: readonly NewFact[] = Array.from({ length: 130 }, (_, n) =>
  behaviour(subject((n * 5) % SUBJECTS), moment((n * 7) % 19, (n * 37) % 1440), `n${n % 3}`, uuid(`happened ${n}`)),
);
const LAST_DAY = 18;

/** How facts come, and who folds them. */
type Arrival = {
  /** What happened, in the order in which it comes. */
  readonly order: readonly NewFact[];
  /** After how many of them each fact of identity comes. */
  readonly identityAt: readonly number[];
  /** Where it is caught up before more comes; some of what came before comes again. */
  readonly cuts: readonly number[];
  /** A day that is closed at each cut. */
  readonly days: readonly number[];
  readonly pageSize: number;
  readonly buildPageSize: number;
  /** Processes that share the shards; each next one joins at a cut. */
  readonly processes: number;
};

const IN_ORDER: Arrival = {
  order: happened.toSorted((a, b) => (a.occurred < b.occurred ? -1 : 1)),
  identityAt: [],
  cuts: [],
  days: [],
  pageSize: 1000,
  buildPageSize: 4000,
  processes: 1,
};

const arrivals: fc.Arbitrary<Arrival> = fc.record({
  order: fc.shuffledSubarray([...happened], { minLength: happened.length }),
  identityAt: fc.array(fc.nat(happened.length), { maxLength: identity.length }),
  cuts: fc.array(fc.nat(happened.length), { maxLength: 4 }),
  days: fc.array(fc.nat(LAST_DAY), { maxLength: 4 }),
  pageSize: fc.constantFrom(1, 7, 40, 1000),
  buildPageSize: fc.constantFrom(3, 50, 4000),
  processes: fc.integer({ min: 1, max: 3 }),
});

/** The facts in the order in which they come, cut where it is caught up. */
function pieces({ order, identityAt, cuts, days }: Arrival): readonly (readonly NewFact[])[] {
  const places = identityAt.toSorted((a, b) => a - b);
  const edges = [...new Set(cuts)].sort((a, b) => a - b).concat(order.length);
  let from = 0;
  let known = 0;
  return edges.map((edge, n) => {
    const piece: NewFact[] = [...order.slice(Math.max(0, from - 3), from)];
    for (let at = from; at < edge; at++) {
      while (known < identity.length && (places[known] ?? 0) <= at) piece.push(...identity.slice(known, ++known));
      piece.push(...order.slice(at, at + 1));
    }
    from = edge;
    if (n === edges.length - 1) piece.push(...identity.slice(known));
    const day = n === edges.length - 1 ? LAST_DAY : days[n];
    if (day !== undefined)
      piece.push(newFact(dayClosed, null, { date: dayText(day), timeZone: 'UTC' }, moment(day + 1), uuid(`day ${day} ${n}`)));
    return piece;
  });
}

/** What was folded page by page, and what a rebuild makes of it, by projection. */
async function hashesOf(arrival: Arrival, deployed: Deployed): Promise<unknown> {
  const world = createWorld(deployed.store);
  const { pool, log, journal, arrived } = deployed;
  const { pageSize, buildPageSize } = arrival;
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const runners: ProjectionRunner[] = [];
  const join = async (): Promise<void> => {
    const runner = createProjectionRunner({ pool, log, journal, registry, definitions: definitions(), pageSize, buildPageSize, onError });
    runners.push(runner);
    expect(await runner.start()).toEqual({ kind: 'started' });
  };
  try {
    await join();
    for (const piece of pieces(arrival)) {
      await world.append(piece);
      await arrived();
      for (const runner of runners) expect(await runner.catchUp()).toMatchObject({ kind: 'caught-up' });
      if (runners.length < arrival.processes) await join();
    }
    const [runner] = runners;
    if (!runner) throw new Error('nobody folds');
    const read = async () => {
      const all = await Promise.all(definitions().map(({ name }) => runner.stateHash(name)));
      return all.map((each) => (each.kind === 'hash' ? { hash: each.hash, rows: each.rows } : each));
    };
    const live = await read();
    for (const { name } of definitions()) expect(await runner.audit(name)).toMatchObject({ equal: true, differing: [] });
    for (const { name } of definitions()) expect(await runner.rebuild(name)).toMatchObject({ kind: 'promoted' });
    for (const each of runners) await each.catchUp();
    expect(await read()).toEqual(live);
    expect(errors).toEqual([]);
    return live;
  } finally {
    for (const runner of runners) await runner.stop();
    await deployed.close();
  }
}

describe('the state hash at a position', () => {
  it('is the same whatever the page size, the number of processes, the order and doubling of arrival, and after a rebuild (failure modes 12 and 14)', async () => {
    const inOrder = await hashesOf(IN_ORDER, await embedded());
    expect(inOrder).toMatchObject([{ rows: SUBJECTS - 3 }, { rows: SUBJECTS - 3 }]);
    await fc.assert(
      fc.asyncProperty(arrivals, async (arrival) => expect(await hashesOf(arrival, await embedded())).toEqual(inOrder)),
      { numRuns: 6 },
    );
  }, 240_000);

  it('is another one for one fact more', async () => {
    const inOrder = await hashesOf(IN_ORDER, await embedded());
    const more = behaviour(subject(1), moment(3), 'n0', uuid('one more'));
    expect(await hashesOf({ ...IN_ORDER, order: [...IN_ORDER.order, more] }, await embedded())).not.toEqual(inOrder);
  }, 60_000);

  describeWith('broker', 'over Kafka', () => {
    it('is that of the store alone, by a journal that is filled from Kafka in any order of arrival (failure mode 12)', async () => {
      const inOrder = await hashesOf(IN_ORDER, await embedded());
      const { brokers } = await testBroker();
      await fc.assert(
        fc.asyncProperty(arrivals, async (arrival) => expect(await hashesOf(arrival, await overKafka(brokers))).toEqual(inOrder)),
        { numRuns: 2 },
      );
    }, 240_000);
  });
});
