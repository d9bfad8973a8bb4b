import {
  behaviourRecorded,
  eventQuarantined,
  eventReleased,
  type Fact,
  identifierRegistered,
  projectionRebuildCompleted,
} from '@tsunagari/contracts';
import type { UnparsedFact } from '@tsunagari/event-log';
import { exampleOf, recorded } from '@tsunagari/testing';
import { allRebuilds, rebuildsWithin } from './rebuilds';
import { ReceivedCount } from './received';

const at = (hour: number): string => new Date(Date.UTC(2026, 0, 2) + hour * 3_600_000).toISOString();
const unparsed = ({ data, ...fact }: Fact): UnparsedFact => ({ ...fact, json: JSON.stringify(data) });
let made = 0;
/** The first fact of an input, which names all that it became. */
function input(
  source: string,
  occurred = at(0),
  definition: typeof behaviourRecorded | typeof identifierRegistered = behaviourRecorded,
): Fact {
  const fact = recorded(definition, definition.examples[0], { position: String(++made), occurred, recorded: at(24) });
  return { ...fact, meta: { actor: source, source, correlationId: fact.id } };
}
const received = (facts: readonly Fact[]) => {
  const count = new ReceivedCount(86_400);
  for (const fact of facts) count.add(unparsed(fact));
  return count.result();
};

it('an input is its first fact: what else it became, and what the platform itself records, is none', () => {
  const first = input('source:web');
  const registration = { ...input('source:web'), meta: first.meta };
  expect(received([first, registration, input('tsunagari'), input('import:online-retail')])).toEqual({
    inputs: 2,
    quarantined: 0,
    collected: 1,
    late: 0,
  });
  expect(received([])).toEqual({ inputs: 0, quarantined: 0, collected: 0, late: 0 });
});

it('late is later than the limit, and of what was collected only', () => {
  const late = new Date(Date.parse(at(0)) - 1).toISOString();
  expect(received([input('source:web', at(0)), input('source:web', late), input('import:cdnow', late)])).toMatchObject({
    collected: 2,
    late: 1,
  });
});

it('what was put into quarantine was received; released from it, it is not received twice', () => {
  const quarantined = recorded(eventQuarantined, exampleOf(eventQuarantined));
  const released = (outcome: 'recorded' | 'discarded') => recorded(eventReleased, { ...exampleOf(eventReleased), outcome });
  expect(received([input('source:web'), quarantined])).toMatchObject({ inputs: 2, quarantined: 1 });
  expect(received([input('source:web'), input('source:web'), quarantined, released('recorded')])).toMatchObject({
    inputs: 2,
    quarantined: 1,
  });
  expect(received([input('source:web'), quarantined, released('discarded')])).toMatchObject({ inputs: 2, quarantined: 1 });
  // Put into quarantine before the period, released in it.
  expect(received([input('source:web'), released('recorded')])).toMatchObject({ inputs: 0, quarantined: 0 });
});

it('rebuilds are those that were over in the period, by projection, the newest last', () => {
  const rebuilt = (projection: string, hour: number, equal: boolean, facts: number) =>
    recorded(projectionRebuildCompleted, { ...exampleOf(projectionRebuildCompleted), projection, equal, facts }, { recorded: at(hour) });
  const within = rebuildsWithin(
    [rebuilt('a', 0, true, 1), rebuilt('a', 1, true, 2), rebuilt('a', 2, false, 3), rebuilt('b', 3, true, 4), rebuilt('b', 4, true, 5)],
    { from: at(1), to: at(4) },
  );
  expect([...within]).toMatchObject([
    ['a', { newest: { facts: 3 }, equal: 1, built: 2 }],
    ['b', { newest: { facts: 4 }, equal: 1, built: 1 }],
  ]);
  expect(allRebuilds(within)).toEqual({ equal: 2, built: 3 });
  expect(allRebuilds(new Map())).toEqual({ equal: 0, built: 0 });
});
