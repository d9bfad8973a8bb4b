import { type Fact, flowAbandoned, flowCompleted, flowStarted, flowStepTaken, interactionRecorded } from '@tsunagari/contracts';
import { recorded } from '@tsunagari/testing';
import { TwoWayCount, type TwoWayQuestion } from './two-way-board';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 2) + second * 1000).toISOString();
const board = (facts: readonly Fact[], question: TwoWayQuestion = {}) => {
  const count = new TwoWayCount(question);
  for (const fact of facts) count.add(fact);
  return count.result();
};
const interaction = (initiator: string, occurred = at(0)) =>
  recorded(
    interactionRecorded,
    { touchpointId: 'site', interactionId: 'i', direction: 'inbound', initiator, proactive: false },
    { occurred },
  );
/** A flow of so many steps, ten seconds each, that ends or is left. */
function flow(flowId: string, kind: string, steps: number, end: 'completed' | 'abandoned' | 'open' | 'both', start = 0): readonly Fact[] {
  const of = { touchpointId: 'site', flowId, kind };
  const end_ = { ...of, steps, elapsedS: steps * 10 };
  const last = { occurred: at(start + steps * 10) };
  return [
    recorded(flowStarted, of, { occurred: at(start) }),
    ...Array.from({ length: steps }, (_, n) =>
      recorded(flowStepTaken, { ...of, step: n + 1, name: 'x' }, { occurred: at(start + (n + 1) * 10) }),
    ),
    ...(end === 'abandoned' || end === 'both' ? [recorded(flowAbandoned, end_, last)] : []),
    ...(end === 'completed' || end === 'both' ? [recorded(flowCompleted, end_, last)] : []),
  ];
}

it('reciprocity is what customers began ÷ all, and nothing where nothing happened', () => {
  const facts = ['customer', 'company', 'staff', 'system'].map((who) => interaction(who));
  expect(board(facts).reciprocity).toMatchObject({ value: 0.25, numerator: 1, denominator: 4, class: 'PROCESS' });
  expect(board([]).reciprocity).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
  expect(board([interaction('customer', at(9)), interaction('company', at(10))], { from: at(10), to: at(11) }).reciprocity).toMatchObject({
    value: 0,
    denominator: 1,
  });
});

it('cancel parity compares started flows: medians by Kaplan–Meier, and who got through', () => {
  // Sign-up: 4 steps and 40 s each, all finished. Cancel: 2 steps finished twice; one given up after 1; one back after giving up.
  const facts = [
    ...flow('s1', 'sign_up', 4, 'completed'),
    ...flow('s2', 'sign_up', 4, 'completed'),
    ...flow('c1', 'cancel', 2, 'completed'),
    ...flow('c2', 'cancel', 2, 'completed'),
    ...flow('c3', 'cancel', 1, 'abandoned'),
    ...flow('c4', 'cancel', 2, 'both'),
    ...flow('p1', 'pause', 9, 'completed'),
  ];
  const { steps, seconds, completion } = board(facts).cancelParity;
  expect(steps).toMatchObject({ value: 0.5, numerator: 2, denominator: 4, n: 6 });
  expect(seconds).toMatchObject({ value: 0.5, numerator: 20, denominator: 40 });
  expect(completion).toMatchObject({ value: 0.75, numerator: 0.75, denominator: 1 });
});

it('flows that nobody finishes are censored, not dropped: a median that is not reached is none', () => {
  const facts = [...flow('s', 'sign_up', 3, 'completed'), ...flow('c1', 'cancel', 2, 'open'), ...flow('c2', 'cancel', 5, 'abandoned')];
  const { steps, completion } = board(facts).cancelParity;
  expect(steps).toMatchObject({ value: null, reasonNull: 'NOT_REACHED' });
  expect(completion).toMatchObject({ value: 0, numerator: 0, denominator: 1 });
  expect(board(flow('s', 'sign_up', 3, 'completed')).cancelParity.steps).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
});

it('a flow belongs to the period in which it started', () => {
  const facts = [...flow('s', 'sign_up', 2, 'completed'), ...flow('c', 'cancel', 2, 'completed', 1000)];
  expect(board(facts, { to: at(500) }).cancelParity.completion).toMatchObject({ value: null, denominator: 1, n: 1 });
  expect(board(facts, { from: at(500) }).cancelParity.completion).toMatchObject({ value: null, numerator: 1, n: 1 });
});
