import { facts as registry } from '@tsunagari/contracts';
import {
  accept,
  active,
  attribute,
  customer,
  decide,
  decline,
  offered,
  platform,
  present,
  say,
  startBrand,
  worth,
} from '../../testing/src/brand-under-test';
import { type DecisionRow, decisionTable, type DecisionTableQuestion } from './evaluation/decision-table';

startBrand();

const table = async (question: DecisionTableQuestion = {}): Promise<readonly DecisionRow[]> => {
  const { log, store } = platform.deployment;
  const rows: DecisionRow[] = [];
  for await (const row of decisionTable({ log, store, registry, identity: platform.services.runner.identity }, question)) rows.push(row);
  return rows;
};
const BOARD = `query Board($slot: String, $from: DateTime, $to: DateTime) { proposalBoard(slot: $slot, from: $from, to: $to) {
  decisions heldOut nothing acceptance { value numerator denominator n class ci reasonNull }
  effects { holdoutId indicator windowDays treated heldOut effect { value reasonNull } sampleRatioMismatch
    uplift { auuc { value reasonNull } qini { value reasonNull class } points { gain } } } freshness { projection position } } }`;
const RECOMMENDED = `query Recommended($slot: String, $k: Int! = 3) { recommendationBoard(slot: $slot, k: $k) { k shown
  precision { value numerator denominator reasonNull interval { from } partial definitionVersion }
  precisionByTenure { fromMonths toMonths precision { numerator denominator } }
  listDistance { value reasonNull n } freshness { projection position } } }`;
const board = async (variables: object) => (await platform.ask(BOARD, variables, { role: 'data' })).data.proposalBoard;

describe('what became of decisions', () => {
  it('is one line a choice, with its exact probability, its answer and its outcomes, held out or not', async () => {
    await worth('hair', 4000);
    await offered('one', { slots: ['table'], purposeIds: ['hair'], goalEffect: { value: 0.2, basis: 'MEASURED' } });
    await offered('two', { slots: ['table'], purposeIds: ['hair'] });
    await active('table', ['table']);
    const [she, another] = [await customer(), await customer()];
    const first = await decide({ customerId: she.id, slot: 'table', count: 2 });
    const second = await decide({ customerId: another.id, slot: 'table' });
    const [taken, left] = first.proposals;
    await present({ proposalIds: [taken.id, left.id] });
    await accept({ proposalId: taken.id });
    await decline({ proposalId: left.id });
    await say('defineHoldout', 'DefineHoldoutInput', { holdoutId: 'everybody', salt: 'seed', to: 0.999, slots: ['table'] }, '', 'data');
    const third = await decide({ customerId: (await customer()).id, slot: 'table' });
    const outcome = { indicator: 'smooth', reward: 1, windowDays: 28 };
    expect(await attribute({ decisionId: first.decision.id, ...outcome })).toMatchObject({ __typename: 'ProposalsChanged' });

    const idOf = ({ decision }: { decision: { id: string } }): string => decision.id.replace('Decision:', '');
    const line = { slot: 'table', policyId: 'table', policyVersion: 1, candidates: 2, fallback: false, revision: 1, probability: 1 };
    const rows = await table();
    expect(rows).toMatchObject([
      {
        ...line,
        decisionId: idOf(first),
        place: 1,
        offerId: 'one',
        score: 200,
        arm: 'treated',
        presented: true,
        answer: 'accepted',
        outcomes: [outcome],
      },
      {
        ...line,
        decisionId: idOf(first),
        place: 2,
        offerId: 'two',
        score: 80,
        arm: 'treated',
        presented: true,
        answer: 'declined',
        outcomes: [outcome],
      },
      { ...line, decisionId: idOf(second), place: 1, offerId: 'one', arm: 'treated', presented: false, answer: 'none', outcomes: [] },
      {
        ...line,
        decisionId: idOf(third),
        place: 1,
        offerId: 'one',
        arm: 'holdout',
        holdoutId: 'everybody',
        presented: false,
        answer: 'none',
      },
    ]);
    expect(`Customer:${rows[0]?.customer}`).toBe(she.id);
    expect(JSON.stringify(rows)).not.toContain('buyer-');
    expect(await table({ slot: 'nowhere' })).toEqual([]);
    const at = rows[0]?.decidedAt ?? '';
    expect([await table({ to: at }), (await table({ from: at })).length]).toEqual([[], 4]);
  });

  it('is a board: accepted ÷ presented, and effects by assignment only where the arms allow it', async () => {
    expect(await board({ slot: 'table' })).toMatchObject({
      decisions: 3,
      heldOut: 1,
      nothing: 0,
      acceptance: { value: 0.5, numerator: 1, denominator: 2, class: 'PROCESS' },
      effects: [{ holdoutId: 'everybody', treated: 2, heldOut: 1, effect: { value: null }, sampleRatioMismatch: true }],
      freshness: { projection: 'log', position: expect.stringMatching(/^[1-9]/) },
    });
    expect((await board({ slot: 'table' })).effects[0].uplift).toEqual({
      auuc: { value: null, reasonNull: 'NO_BASE' },
      qini: { value: null, reasonNull: 'NO_BASE', class: 'MEASUREMENT' },
      points: [],
    });
    expect(await board({ slot: 'nowhere' })).toMatchObject({
      decisions: 0,
      acceptance: { value: null, reasonNull: 'NO_BASE' },
      effects: [],
    });
  });

  it('says how good the slates were, by her months of use, and how different from one another [3.15] [3.16]', async () => {
    const asked = async (variables: object) => (await platform.ask(RECOMMENDED, variables, { role: 'data' })).data.recommendationBoard;
    // One slate of two offers was shown: the first accepted, the second declined. The other customer's has one of the two.
    expect(await asked({ slot: 'table' })).toMatchObject({
      k: 3,
      shown: 1,
      precision: { value: 0.5, numerator: 1, denominator: 2, interval: null, partial: false, definitionVersion: 1 },
      listDistance: { value: 0.5, n: 2 },
      freshness: { projection: 'log' },
    });
    const { precision, precisionByTenure } = await asked({ slot: 'table', k: 1 });
    expect(precision).toMatchObject({ value: 1, denominator: 1 });
    // A customer of less than a month.
    expect(precisionByTenure.map(({ precision: { denominator } }: { precision: { denominator: number } }) => denominator)).toEqual([
      1, 0, 0, 0, 0,
    ]);
    expect(await asked({ slot: 'nowhere' })).toMatchObject({
      shown: 0,
      precision: { value: null, reasonNull: 'NO_BASE' },
      listDistance: { value: null, reasonNull: 'NO_BASE' },
    });
    const { errors } = await platform.ask(RECOMMENDED, { k: 0 }, { role: 'data' });
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'k' });
  });
});
