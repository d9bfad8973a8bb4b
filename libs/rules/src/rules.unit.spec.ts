import fc from 'fast-check';
import { type AttributeValues, defineVocabulary, DryRunCount, type Rule, ruleCompiler, type RuleFault, type Verdict } from '.';

const vocabulary = defineVocabulary({
  days_since_purchase: { type: 'int', meaning: 'Whole days; unknown before the first purchase.' },
  ltv: { type: 'double', meaning: 'In the major unit; unknown without a model.' },
  paying: { type: 'bool', meaning: 'Has a running contract.' },
  country: { type: 'string', meaning: 'ISO 3166.' },
  since: { type: 'timestamp', meaning: 'First seen.' },
  as_of: { type: 'timestamp', meaning: 'The moment of the question.' },
  segments: { type: 'list<string>', meaning: 'Ids.' },
  traits: { type: 'map<string, string>', meaning: 'As sources said them.' },
  pregnant: { type: 'bool', meaning: 'Said in a survey.', barred: 'health is a special category (GDPR 9)' },
});
const compiler = ruleCompiler(vocabulary);

function rule(text: string): Rule {
  const compiled = compiler.rule(text);
  if (compiled.kind === 'refused') throw new Error(compiled.fault.message);
  return compiled.rule;
}
const judged = (text: string, values: AttributeValues): Verdict => rule(text).judge(values);
function fault(text: string): RuleFault {
  const compiled = compiler.rule(text);
  if (compiled.kind === 'compiled') throw new Error(`${text} is a rule`);
  return compiled.fault;
}

describe('a rule', () => {
  it('holds or fails by what is known', () => {
    expect(judged('days_since_purchase > 90 && ltv > 100', { days_since_purchase: 91, ltv: 100.5 })).toEqual({ kind: 'holds' });
    expect(judged('days_since_purchase > 90 && ltv > 100', { days_since_purchase: 90, ltv: 100.5 })).toEqual({ kind: 'fails' });
    expect(judged('"vip" in segments || segments.exists(s, s.startsWith("gold"))', { segments: ['gold-2'] })).toEqual({ kind: 'holds' });
    expect(judged('as_of - since > duration("720h")', { since: '2026-01-01T00:00:00Z', as_of: '2026-02-01T00:00:00Z' })).toEqual({
      kind: 'holds',
    });
    expect(judged('traits.plan == "pro"', { traits: { plan: 'pro' } })).toEqual({ kind: 'holds' });
  });

  it('takes what is unknown neither for a yes nor for a no, unless what is known decides', () => {
    expect(judged('ltv > 100', {})).toEqual({ kind: 'unknown', missing: 'ltv' });
    expect(judged('!(ltv > 100)', { ltv: null })).toEqual({ kind: 'unknown', missing: 'ltv' });
    expect(judged('ltv > 100 && paying', { paying: false })).toEqual({ kind: 'fails' });
    expect(judged('ltv > 100 || paying', { paying: true })).toEqual({ kind: 'holds' });
    expect(judged('traits.plan == "pro"', { traits: {} })).toEqual({ kind: 'unknown', missing: 'plan' });
    expect(judged('!known(ltv) || ltv < 5', {})).toEqual({ kind: 'holds' });
    expect(judged('known(ltv) && ltv < 5', { ltv: 0 })).toEqual({ kind: 'holds' });
    expect(judged('known(days_since_purchase)', { days_since_purchase: 0 })).toEqual({ kind: 'holds' });
  });

  it('says when its arithmetic breaks, and is not taken in by a value of another type', () => {
    expect(judged('100 / days_since_purchase > 2', { days_since_purchase: 0 })).toMatchObject({ kind: 'broken' });
    expect(judged('days_since_purchase > 2', { days_since_purchase: 2.5 })).toEqual({ kind: 'unknown', missing: 'days_since_purchase' });
    expect(judged('country == "JP"', { country: 3 })).toEqual({ kind: 'unknown', missing: 'country' });
  });

  it('names what it reads, and explains itself condition by condition', () => {
    const risky = rule('days_since_purchase > 90 && (paying || country == "JP") && 50.0 < ltv');
    expect(risky.reads).toEqual(['country', 'days_since_purchase', 'ltv', 'paying']);
    expect(risky.explain({ days_since_purchase: 12, paying: true })).toEqual([
      {
        text: 'days_since_purchase > 90',
        verdict: { kind: 'fails' },
        read: { days_since_purchase: 12 },
        comparison: { attribute: 'days_since_purchase', operator: '>', threshold: 90 },
      },
      { text: 'paying || country == "JP"', verdict: { kind: 'holds' }, read: { country: null, paying: true }, comparison: null },
      {
        text: '50.0 < ltv',
        verdict: { kind: 'unknown', missing: 'ltv' },
        read: { ltv: null },
        comparison: { attribute: 'ltv', operator: '>', threshold: 50 },
      },
    ]);
  });

  it('is the conjunction of its explained conditions', () => {
    const three = rule('paying && days_since_purchase >= 10 && ltv < 20.0');
    fc.assert(
      fc.property(fc.boolean(), fc.option(fc.nat(20)), fc.option(fc.double({ min: 0, max: 40, noNaN: true })), (paying, days, ltv) => {
        const values = { paying, days_since_purchase: days, ltv };
        const verdicts = three.explain(values).map(({ verdict }) => verdict.kind);
        const expected = verdicts.includes('fails') ? 'fails' : verdicts.includes('unknown') ? 'unknown' : 'holds';
        expect(three.judge(values).kind).toBe(expected);
      }),
    );
  });
});

describe('what is no rule is refused with place, found and expected', () => {
  it.each<[string, Partial<RuleFault>]>([
    [
      'lvt > 3',
      { code: 'UNKNOWN_ATTRIBUTE', line: 1, column: 1, start: 0, end: 3, found: '`lvt`', expected: '`ltv` or another declared attribute' },
    ],
    ['paying &&\n  weather == "fine"', { code: 'UNKNOWN_ATTRIBUTE', line: 2, column: 3, found: '`weather`' }],
    ['ltv > "a"', { code: 'WRONG_TYPE', found: '`double > string`', expected: 'a number on the right of `>`' }],
    ['ltv == 3', { code: 'WRONG_TYPE', expected: expect.stringContaining('3.0') as string }],
    ['ltv == null', { code: 'WRONG_TYPE', expected: expect.stringContaining('known(') as string }],
    ['country in [1, 2]', { code: 'WRONG_TYPE', expected: 'a list of string, such as ["a", "b"]' }],
    ['ltv', { code: 'WRONG_RESULT', found: 'a result of type double', expected: 'bool' }],
    ['ltv >', { code: 'SYNTAX', start: 5, end: 5, found: 'the end of the rule', expected: 'a value or an attribute' }],
    ['(ltv > 3.0', { code: 'SYNTAX', expected: '`)`', found: 'the end of the rule' }],
    ['ltv > 3.0 and paying', { code: 'SYNTAX', expected: '`&&` in place of `and`' }],
    ['ltv = 3.0', { code: 'SYNTAX', expected: '`==` in place of `=`' }],
    ['', { code: 'SYNTAX', found: 'the end of the rule' }],
    ['country == "JP', { code: 'SYNTAX' }],
    ['shout(country)', { code: 'UNKNOWN_FUNCTION', found: '`shout(string)`' }],
    ['country.matches("(a+)+$")', { code: 'UNKNOWN_FUNCTION', found: '`matches`' }],
    ['dyn(ltv) == "a"', { code: 'UNKNOWN_FUNCTION' }],
    ['since > timestamp("yesterday")', { code: 'BAD_LITERAL', found: '"yesterday"', start: 18 }],
    ['as_of - since > duration("a month")', { code: 'BAD_LITERAL' }],
    ['!pregnant', { code: 'BARRED_ATTRIBUTE', found: '`pregnant`', start: 1, end: 9 }],
    ['known(3)', { code: 'WRONG_TYPE' }],
    ['segments.exists(a, segments.exists(b, segments.exists(c, a == b && b == c)))', { code: 'TOO_LARGE' }],
  ])('%s', (text, expected) => {
    expect(fault(text)).toMatchObject(expected);
    expect(fault(text).message).toMatch(/^Line \d+, column \d+: found .+, expected .+\.$/s);
  });

  it('a rule that is too large is refused before it costs anything', () => {
    for (const text of [`${'('.repeat(60)}paying${')'.repeat(60)}`, `${'paying || '.repeat(300)}paying`, 'paying || '.repeat(600)])
      expect(fault(text)).toMatchObject({ code: 'TOO_LARGE' });
  });

  it('whatever the text, there is a rule or a fault whose place lies in it, and nothing is thrown', () => {
    const word = fc.constantFrom(
      'ltv',
      'paying',
      '&&',
      '||',
      '!',
      '(',
      ')',
      '>',
      '==',
      '3',
      '3.0',
      '"a"',
      'in',
      '[',
      ']',
      ',',
      'known',
      '.',
      'segments',
      '\n',
      '?',
      ':',
      '{',
      '}',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(word, { maxLength: 12 }).map((words) => words.join(' ')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          const compiled = compiler.rule(text);
          if (compiled.kind === 'compiled') return;
          const { start, end, line, column } = compiled.fault;
          expect(0 <= start && start <= end && end <= text.length && line >= 1 && column >= 1).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a formula', () => {
  it('gives a number, or null where something is unknown', () => {
    const compiled = compiler.formula('ltv * 2.0 - double(days_since_purchase)');
    if (compiled.kind === 'refused') throw new Error(compiled.fault.message);
    expect(compiled.rule.compute({ ltv: 5, days_since_purchase: 3 })).toBe(7);
    expect(compiled.rule.compute({ ltv: 5 })).toBeNull();
    expect(compiler.formula('paying')).toMatchObject({ kind: 'refused', fault: { code: 'WRONG_RESULT', expected: 'int or double' } });
  });
});

describe('a dry run', () => {
  it('counts who it holds for, and which lack of data leaves others undecided', () => {
    const count = new DryRunCount(rule('ltv > 10.0 && days_since_purchase < 30'), 1);
    count.add('a', { ltv: 11, days_since_purchase: 1 });
    count.add('b', { ltv: 12, days_since_purchase: 2 });
    count.add('c', { ltv: 1 });
    count.add('d', { ltv: 11 });
    count.add('e', { days_since_purchase: 1 });
    count.add('f', { days_since_purchase: 1 });
    expect(count.result()).toEqual({
      judged: 6,
      holds: 2,
      fails: 1,
      unknown: 3,
      broken: 0,
      missing: [
        { attribute: 'ltv', customers: 2 },
        { attribute: 'days_since_purchase', customers: 1 },
      ],
      examples: ['a'],
    });
  });
});

it('a vocabulary has names that a rule can write', () => {
  for (const name of ['Ltv', 'a-b', '', 'known', '1st'])
    expect(() => defineVocabulary({ [name]: { type: 'int', meaning: '' } })).toThrow(RangeError);
});
