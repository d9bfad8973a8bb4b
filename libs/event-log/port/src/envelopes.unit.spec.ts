import { CannotSay, comparePositions, defineFact, type Fact, FactRegistry } from '@tsunagari/contracts';
import { z } from 'zod';
import { envelopes, type EnvelopesRead } from './envelopes';
import type { LogRead } from './event-log';

const measured = defineFact({
  name: 'SomethingMeasured',
  context: 'value',
  version: 2,
  data: z.strictObject({ metres: z.number(), by: z.string() }),
  examples: [{ metres: 1 }, { metres: 1, by: 'hand' }],
  upcast: { 1: (data) => ({ ...data, by: 'unknown' }) },
  downcast: { 1: ({ by, ...older }) => (by === 'unknown' ? older : new CannotSay('who measured has no place')) },
});
const registry = new FactRegistry([measured]);
const fact = (position: string, schema: number, data: object, type = measured.type): Fact => ({
  id: `id-${position}`,
  type,
  schema,
  subject: null,
  data,
  meta: { actor: 'system:test', source: 'test', correlationId: 'c' },
  occurred: '2026-01-02T03:04:05.000Z',
  recorded: '2026-01-02T03:04:05.000Z',
  position,
  stream: 'measure-1',
  version: Number(position),
});
const recorded = [
  fact('1', 1, { metres: 1 }),
  fact('2', 2, { metres: 2, by: 'unknown' }),
  fact('3', 2, { metres: 3, by: 'hand' }),
  fact('4', 3, { millimetres: 4000 }),
  fact('5', 1, { heard: 'of' }, 'retention.value.never-heard-of'),
];
const log = {
  head: async () => '5',
  read: async ({ after, upTo, types, limit }: LogRead) => {
    const facts = recorded
      .filter(({ position }) => comparePositions(position, after) > 0 && comparePositions(position, upTo ?? '5') <= 0)
      .filter(({ type }) => types?.includes(type) ?? true)
      .slice(0, Math.min(2, limit));
    return { facts, upTo: facts.at(-1)?.position ?? upTo ?? '5', atEnd: facts.length < 2 };
  },
};
const read = async (wish: EnvelopesRead = {}): Promise<readonly string[]> => {
  const lines: string[] = [];
  for await (const each of envelopes(log, registry, wish))
    lines.push(
      each.kind === 'envelope'
        ? `${each.event.type} ${each.event.dataschema.split('.').at(-2)} ${JSON.stringify(each.event.data)}`
        : `${each.fact.position} ${each.reason}: ${each.because}`,
    );
  return lines;
};

describe('the facts for readers outside', () => {
  const newer = 'retention.value.something-measured.v3 v3 {"millimetres":4000}';
  const unknown = 'retention.value.never-heard-of.v1 v1 {"heard":"of"}';

  it('come at the newest version; what this release does not know, as it was recorded', async () => {
    expect(await read()).toEqual([
      'retention.value.something-measured.v2 v2 {"metres":1,"by":"unknown"}',
      'retention.value.something-measured.v2 v2 {"metres":2,"by":"unknown"}',
      'retention.value.something-measured.v2 v2 {"metres":3,"by":"hand"}',
      newer,
      unknown,
    ]);
  });

  it('come at the version that the reader knows, or it is said why not (failure mode 21)', async () => {
    expect(await read({ versions: new Map([[measured.type, 1]]) })).toEqual([
      'retention.value.something-measured.v1 v1 {"metres":1}',
      'retention.value.something-measured.v1 v1 {"metres":2}',
      '3 NO_WORDS: who measured has no place',
      '4 NEWER_VERSION: version 3 is of a newer release; this one knows 2',
      unknown,
    ]);
    await expect(read({ versions: new Map([[measured.type, 3]]) })).rejects.toThrow(RangeError);
  });

  it('may be some types, and a stretch of the log', async () => {
    expect(await read({ types: ['retention.value.never-heard-of'] })).toEqual([unknown]);
    expect(await read({ after: '1', upTo: '2' })).toEqual(['retention.value.something-measured.v2 v2 {"metres":2,"by":"unknown"}']);
  });
});
