import {
  assumptionInvalidated,
  customerStrategyRevised,
  type Fact,
  purposeDefined,
  successServiceLaunched,
  successServiceRetired,
  tuningCycleClosed,
  tuningCycleOpened,
  valueModelPublished,
} from '@tsunagari/contracts';
import type { ReactorDefinition } from '@tsunagari/reactor';
import { recorded } from '@tsunagari/testing';
import { assumptionReactor, recordAssumptionFinding } from './assumption.reactor';
import { flagOverdue, openTuningCycle, tuningReactor } from './tuning.reactor';

/** What follows from the last of these facts, once all were folded. */
function reactionsTo<S>(reactor: ReactorDefinition<S>, ...facts: readonly Fact[]) {
  const key = [reactor.key(facts.at(-1) as Fact)].flat()[0] ?? '';
  const state = facts.reduce((folded, fact) => reactor.evolve(folded, fact, key), reactor.initial);
  return reactor.react(facts.at(-1) as Fact, state, key);
}

const launched = recorded(successServiceLaunched, { serviceId: 'combing', purposeId: 'smooth' });
const retired = recorded(successServiceRetired, { serviceId: 'combing', reason: 'another does it better' });
const opened = (n: number) =>
  recorded(tuningCycleOpened, { cycleId: `combing:${n}`, serviceId: 'combing', n, dueBy: '2026-02-02T00:00:00.000Z' });
const closed = (n: number) => recorded(tuningCycleClosed, { cycleId: `combing:${n}`, serviceId: 'combing', n });
const open = (n: number) => ({ kind: 'send', command: openTuningCycle.name, input: { serviceId: 'combing', n } });
const quiet = { kind: 'cancel-timer', timer: 'overdue' };

describe('the cycles of a launched service', () => {
  it('begin with its launch and follow one another; a month later one is overdue', () => {
    expect(reactionsTo(tuningReactor, launched)).toEqual([open(1)]);
    expect(reactionsTo(tuningReactor, launched, opened(1))).toEqual([
      {
        kind: 'set-timer',
        timer: 'overdue',
        at: '2026-02-02T00:00:00.000Z',
        command: flagOverdue.name,
        input: { cycleId: 'combing:1' },
      },
    ]);
    expect(reactionsTo(tuningReactor, launched, opened(1), closed(1))).toEqual([quiet, open(2)]);
  });

  it('end with it', () => {
    expect(reactionsTo(tuningReactor, launched, opened(1), retired)).toEqual([quiet]);
    expect(reactionsTo(tuningReactor, launched, opened(1), retired, closed(1))).toEqual([quiet]);
  });

  it('are folded by service', () => {
    expect([tuningReactor.name, tuningReactor.version, tuningReactor.key(launched)]).toEqual(['tuning_cycles', 1, 'combing']);
    expect([...tuningReactor.types].sort()).toEqual(
      [successServiceLaunched, successServiceRetired, tuningCycleOpened, tuningCycleClosed].map(({ type }) => type).sort(),
    );
  });
});

describe('an assumption that no longer holds', () => {
  const published = recorded(valueModelPublished, { valueModelId: 'm', modelVersion: 1, strategyId: 's' });
  const purpose = recorded(purposeDefined, {
    purposeId: 'smooth',
    valueModelId: 'm',
    connectedValueId: 'c',
    statement: { ja: 'な', en: 'x' },
  });
  const invalidated = recorded(
    assumptionInvalidated,
    { strategyId: 's', assumptionId: 'phones', reason: 'Scanned in the shop' },
    { position: '9' },
  );
  const found = (cycleId: string) => ({
    kind: 'send',
    command: recordAssumptionFinding.name,
    input: {
      cycleId,
      findingId: `assumption-${invalidated.id}`,
      text: 'The assumption phones no longer holds: Scanned in the shop',
      evidenceId: invalidated.id,
    },
  });
  const standing = [published, purpose, launched];

  it('is a finding of the open cycle of every service of its strategy [2.03]', () => {
    expect(reactionsTo(assumptionReactor, ...standing, opened(1), invalidated)).toEqual([found('combing:1')]);
    const another = recorded(successServiceLaunched, { serviceId: 'washing', purposeId: 'smooth' });
    const its = recorded(tuningCycleOpened, { cycleId: 'washing:4', serviceId: 'washing', n: 4, dueBy: '2026-02-02T00:00:00.000Z' });
    expect(reactionsTo(assumptionReactor, ...standing, opened(1), another, its, invalidated)).toEqual([
      found('combing:1'),
      found('washing:4'),
    ]);
  });

  it('opens a cycle where none is open', () => {
    expect(reactionsTo(assumptionReactor, ...standing, opened(1), closed(1), invalidated)).toEqual([open(2), found('combing:2')]);
    expect(reactionsTo(assumptionReactor, ...standing, invalidated)).toEqual([open(1), found('combing:1')]);
  });

  it('says nothing to services of other strategies, to those of none, and to retired ones', () => {
    const elsewhere = recorded(assumptionInvalidated, { strategyId: 'another', assumptionId: 'phones', reason: 'x' });
    expect(reactionsTo(assumptionReactor, ...standing, opened(1), elsewhere)).toEqual([]);
    expect(reactionsTo(assumptionReactor, published, launched, opened(1), invalidated)).toEqual([]);
    expect(reactionsTo(assumptionReactor, purpose, launched, opened(1), invalidated)).toEqual([]);
    expect(reactionsTo(assumptionReactor, ...standing, opened(1), retired, closed(1), invalidated)).toEqual([]);
  });

  it('is all that it follows: no other fact makes a finding', () => {
    for (const fact of [...standing, opened(1), recorded(customerStrategyRevised, { strategyId: 's', reason: 'x' })])
      expect(reactionsTo(assumptionReactor, ...standing, fact)).toEqual([]);
    expect([assumptionReactor.name, assumptionReactor.version, assumptionReactor.key(invalidated)]).toEqual([
      'tuning_assumptions',
      1,
      'strategies',
    ]);
    expect(assumptionReactor.types).toHaveLength(7);
  });
});
