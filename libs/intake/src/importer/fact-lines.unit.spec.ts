import { FactLines, LineParser } from './fact-lines';
import type { Assembled } from './order-format';

const NOW = '2026-02-01T00:00:00.000Z';
const good = {
  id: 'a-1',
  type: 'retention.touchpoints.survey-answered',
  occurred: '2026-01-05T10:00:00.000Z',
  identifier: { type: 'user_id', value: 'u1' },
  data: { instrument: 'NPS', waveId: 'q1', score: 9, scaleMin: 0, scaleMax: 10 },
};

function read(...lines: readonly (object | string)[]): Assembled {
  const into: Assembled = { observations: [], rejected: [] };
  const parser = new LineParser();
  const assembler = new FactLines(NOW);
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  // Cut anywhere: what comes out does not depend on it.
  for (const record of [...parser.push(text.slice(0, 17)), ...parser.push(text.slice(17)), ...parser.end()])
    if (record.kind === 'fields') assembler.row(record, into);
    else assembler.broken(record.line, record.text, record.refusal.rule, into);
  return into;
}

describe('lines of facts', () => {
  it('become observations with the stream that the fact belongs to', () => {
    const subscription = { ...good, id: 'b', type: 'retention.subscriptions.cancellation-undone', data: { subscriptionId: 's-1' } };
    const order = { ...good, id: 'c', type: 'retention.subscriptions.order-cancelled', data: { orderId: 'o-1' } };
    const margin = {
      ...good,
      id: 'd',
      type: 'retention.subscriptions.margin-recorded',
      data: { orderId: 'o-1', margin: { amountMinor: 612, currency: 'GBP' } },
    };
    const { observations, rejected } = read(good, subscription, order, margin);
    expect(rejected).toEqual([]);
    expect(observations.map(({ facts }) => facts[0]?.stream)).toEqual([
      'interaction',
      { category: 'subscription', id: 's-1' },
      { order: 'o-1' },
      { order: 'o-1' },
    ]);
    expect(observations[0]).toMatchObject({ source: 'import:facts', messageId: 'a-1', clocks: { imported: true }, line: 1 });
  });

  it('are of nobody where the fact is: a cost, in a stream of its own', () => {
    const { identifier: _, ...nobody } = good;
    const cost = {
      ...nobody,
      type: 'retention.understanding.retention-cost-recorded',
      data: {
        costId: 'k',
        from: '2026-01-01',
        to: '2026-01-31',
        cost: { amountMinor: 5, currency: 'GBP' },
        channel: 'shop',
        source: 'books',
      },
    };
    const { observations, rejected } = read(cost, { ...cost, identifier: good.identifier }, nobody, {
      ...cost,
      data: { ...cost.data, to: '2025-12-31' },
    });
    expect(observations).toMatchObject([{ identifiers: [], links: [], facts: [{ of: null, stream: { category: 'cost', id: 'k' } }] }]);
    expect(rejected.map(({ refusal }) => [refusal.field, refusal.rule])).toEqual([
      ['identifier', 'retention.understanding.retention-cost-recorded is of nobody'],
      ['identifier', 'retention.touchpoints.survey-answered is of somebody'],
      ['data.to', 'the last day is not before the first'],
    ]);
  });

  it('link the identifiers that they name together', () => {
    const [seen] = read({
      ...good,
      also: [
        { type: 'anonymous_id', value: 'x' },
        { type: 'card', value: 'y', verified: false },
      ],
    }).observations;
    expect(seen?.links).toEqual([
      { between: [0, 1], verified: true },
      { between: [0, 2], verified: false },
    ]);
  });

  it.each<[string, object | string, object]>([
    ['is no JSON', '{"id":', { code: 'MALFORMED' }],
    ['has no id', { ...good, id: undefined }, { code: 'INVALID_FIELD', field: 'id' }],
    ['has a field that nobody knows', { ...good, extra: 1 }, { code: 'UNKNOWN_FIELD' }],
    ['has a type that nobody knows', { ...good, type: 'retention.value.wonder' }, { code: 'UNKNOWN_TYPE', field: 'type' }],
    ['breaks the contract of its fact', { ...good, data: { ...good.data, score: 11 } }, { code: 'INVALID_FIELD', field: 'data.score' }],
    ['asks NPS on another scale', { ...good, data: { ...good.data, scaleMax: 9 } }, { code: 'INVALID_FIELD', field: 'data.scaleMax' }],
    ['has not happened yet', { ...good, occurred: '2026-02-01T00:00:00.001Z' }, { code: 'FUTURE_EVENT' }],
    [
      'is a decision of this platform',
      {
        ...good,
        type: 'retention.customers.customers-merged',
        data: { subjects: ['0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f', '7c9e6679-7425-40de-944b-e07fc1f90ae7'], by: 'x', reason: 'y' },
      },
      { code: 'UNKNOWN_TYPE' },
    ],
    [
      'is of no customer',
      { ...good, type: 'retention.understanding.day-closed', data: { date: '2026-01-01', timeZone: 'UTC' } },
      { code: 'UNKNOWN_TYPE' },
    ],
    ['is endless', 'x'.repeat(300_000), { code: 'MALFORMED', rule: expect.stringContaining('262,144') as string }],
  ])('a line that %s is refused with its number, and the next one is read', (_, line, refusal) => {
    const { observations, rejected } = read(good, line, { ...good, id: 'a-3' });
    expect(rejected).toMatchObject([{ line: 2, refusal }]);
    expect(observations.map(({ messageId }) => messageId)).toEqual(['a-1', 'a-3']);
  });
});
