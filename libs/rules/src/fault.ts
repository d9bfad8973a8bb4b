import type { ParseError, TypeError as CelTypeError } from '@marcbachmann/cel-js';
import type { Vocabulary } from './attributes';

/** Why a text is no rule: for an editor that underlines the place and says what to write. */
export type RuleFault = {
  readonly code:
    'SYNTAX' | 'UNKNOWN_ATTRIBUTE' | 'BARRED_ATTRIBUTE' | 'UNKNOWN_FUNCTION' | 'WRONG_TYPE' | 'WRONG_RESULT' | 'BAD_LITERAL' | 'TOO_LARGE';
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units as editors count. */
  readonly column: number;
  /** The place as offsets into the text: `text.slice(start, end)` is what is wrong. */
  readonly start: number;
  readonly end: number;
  readonly found: string;
  readonly expected: string;
  /** One sentence with place, found and expected. */
  readonly message: string;
};

type Place = { readonly start: number; readonly end: number };

export function faultAt(text: string, code: RuleFault['code'], place: Place, found: string, expected: string): RuleFault {
  const start = Math.max(0, Math.min(place.start, text.length));
  const end = Math.max(start, Math.min(place.end, text.length));
  const before = text.slice(0, start);
  const line = before.split('\n').length;
  const column = start - before.lastIndexOf('\n');
  return {
    code,
    line,
    column,
    start,
    end,
    found,
    expected,
    message: `Line ${line}, column ${column}: found ${found}, expected ${expected}.`,
  };
}

const TOKENS: Readonly<Record<string, string>> = {
  EOF: 'the end of the rule',
  RPAREN: '`)`',
  LPAREN: '`(`',
  RBRACKET: '`]`',
  LBRACKET: '`[`',
  RBRACE: '`}`',
  COMMA: '`,`',
  COLON: '`:`',
  IDENTIFIER: 'a name',
};

const token = (name: string): string => TOKENS[name] ?? `\`${name}\``;

/** Words of other languages, and what CEL writes instead. */
const ELSEWHERE: readonly (readonly [RegExp, string])[] = [
  [/\band\b/i, '`&&` in place of `and`'],
  [/\bor\b/i, '`||` in place of `or`'],
  [/\bnot\b/i, '`!` in place of `not`'],
  [/<>/, '`!=` in place of `<>`'],
  [/(^|[^=!<>])=($|[^=])/, '`==` in place of `=`'],
];

/** A fault of the parser or the type checker, in the words of whoever wrote the rule. */
export function faultOf(text: string, error: ParseError | CelTypeError, vocabulary: Vocabulary): RuleFault {
  const range = error.range ?? { start: 0, end: text.length };
  const place = { start: range.start, end: Math.max(range.end, range.start) };
  const here = text.slice(place.start, place.end);
  const { summary } = error;
  if (error.name === 'ParseError') {
    if (/limit|exceed|max/i.test(`${error.code} ${summary}`))
      return faultAt(text, 'TOO_LARGE', place, 'a rule that is too large', 'a shorter one');
    const missing = /^Expected (\w+), got (\w+)/.exec(summary);
    const foreign = ELSEWHERE.find(([pattern]) => pattern.test(text))?.[1];
    if (missing) return faultAt(text, 'SYNTAX', place, token(missing[2] ?? ''), foreign ?? token(missing[1] ?? ''));
    const unexpected = /^Unexpected (?:token|character): '?(.+?)'?$/.exec(summary);
    if (unexpected) {
      const found = unexpected[1] === 'EOF' ? token('EOF') : here.length > 0 ? `\`${here}\`` : token(unexpected[1] ?? '');
      return faultAt(
        text,
        'SYNTAX',
        place,
        found,
        foreign ?? (unexpected[1] === 'EOF' ? 'a value or an attribute' : 'an operator or the end of the rule'),
      );
    }
    return faultAt(text, 'SYNTAX', place, summary.charAt(0).toLowerCase() + summary.slice(1), foreign ?? 'an expression of CEL');
  }
  if (error.code === 'unknown_variable') {
    const name = /: (.+)$/.exec(summary)?.[1] ?? here;
    return faultAt(text, 'UNKNOWN_ATTRIBUTE', place, `\`${name}\``, nearest(name, Object.keys(vocabulary)));
  }
  if (error.code === 'no_matching_overload') {
    const call = /'(.+)'/.exec(summary)?.[1] ?? here;
    return faultAt(
      text,
      'UNKNOWN_FUNCTION',
      place,
      `\`${call}\``,
      'a function that CEL has for these types (size, startsWith, endsWith, contains, exists, all, known …)',
    );
  }
  const types = /no such overload: (.+) (\S+) (.+)$/.exec(summary);
  if (types) {
    const [, left = '', operator = '', right = ''] = types;
    return faultAt(text, 'WRONG_TYPE', place, `\`${left} ${operator} ${right}\``, expectedOf(left, operator, right));
  }
  return faultAt(text, 'WRONG_TYPE', place, summary.charAt(0).toLowerCase() + summary.slice(1), 'an expression of CEL whose types fit');
}

const NUMBERS = new Set(['int', 'double', 'uint']);

function expectedOf(left: string, operator: string, right: string): string {
  if (right === 'null' || left === 'null') return '`known(attribute)`: what is unknown is never compared';
  if (NUMBERS.has(left) && NUMBERS.has(right))
    return `the same kind of number on both sides of \`${operator}\`: write 3.0 beside a double, 3 beside an int`;
  if (operator === 'in') return `a list of ${left}, such as [${left === 'string' ? '"a", "b"' : left === 'double' ? '1.0, 2.0' : '1, 2'}]`;
  if (operator === '&&' || operator === '||') return 'bool on both sides';
  if (NUMBERS.has(left)) return `a number on the right of \`${operator}\``;
  return `${left.replace('google.protobuf.', '').toLowerCase()} on the right of \`${operator}\``;
}

function nearest(name: string, known: readonly string[]): string {
  const byDistance = known
    .map((other) => ({ other, distance: distance(name, other) }))
    .sort((a, b) => a.distance - b.distance || (a.other < b.other ? -1 : 1));
  const [best] = byDistance;
  if (best !== undefined && best.distance <= Math.max(2, Math.floor(name.length / 3)))
    return `\`${best.other}\` or another declared attribute`;
  const some = known.slice(0, 5).map((other) => `\`${other}\``);
  return known.length === 0
    ? 'an attribute, but none is declared'
    : `a declared attribute: ${some.join(', ')}${known.length > 5 ? ' …' : ''}`;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}
