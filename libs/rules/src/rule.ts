import {
  type ASTNode,
  Environment,
  type EvaluationError,
  ParseError,
  type ParseResult,
  serialize,
  TypeError as CelTypeError,
} from '@marcbachmann/cel-js';
import { type AttributeType, type AttributeValue, type AttributeValues, celValue, type Vocabulary } from './attributes';
import { type RuleFault, faultAt, faultOf } from './fault';
import { type Comparison, comparisonOf, conjuncts, isNode, loopDepth, nodesOf } from './syntax';

/**
 * What a rule says of one customer. `unknown`: an attribute that decides it is unknown, and what is known decides nothing
 * (`a || b` holds when a holds, whatever b is); so a rule never takes "we do not know" for a yes or a no. `broken`: a fault
 * of arithmetic, such as a division by zero.
 */
export type Verdict =
  | { readonly kind: 'holds' }
  | { readonly kind: 'fails' }
  | { readonly kind: 'unknown'; readonly missing: string }
  | { readonly kind: 'broken'; readonly reason: string };

/** One of the conditions that must all hold, and what it says of a customer. */
export type ConditionVerdict = {
  readonly text: string;
  readonly verdict: Verdict;
  /** What it read, as it is known; null = unknown. */
  readonly read: Readonly<Record<string, AttributeValue | null>>;
  /** Of a plain comparison: what would have to change. */
  readonly comparison: Comparison | null;
};

export type Rule = {
  readonly text: string;
  /** The attributes that it reads, sorted. */
  readonly reads: readonly string[];
  /** Pure: the same values, the same verdict. About half a microsecond. */
  readonly judge: (values: AttributeValues) => Verdict;
  /** The verdict of each condition at the top, in order: why, and which one would have to change. */
  readonly explain: (values: AttributeValues) => readonly ConditionVerdict[];
};

export type Compiled<T> = { readonly kind: 'compiled'; readonly rule: T } | { readonly kind: 'refused'; readonly fault: RuleFault };

/** The longest text of a rule. */
export const LONGEST_RULE = 4000;
const LIMITS = { maxAstNodes: 500, maxDepth: 40, maxListElements: 200, maxMapEntries: 20, maxCallArguments: 8 };

/** Functions that are not offered, and why. */
const BARRED_FUNCTIONS: Readonly<Record<string, string>> = {
  matches: '`startsWith`, `endsWith` or `contains`: a pattern can take for ever',
  dyn: 'an attribute as it is declared: `dyn` switches the check of types off',
  type: 'a comparison of values',
};

/** A formula: gives a number in place of a verdict. */
export type Formula = {
  readonly text: string;
  readonly reads: readonly string[];
  /** Null when an attribute that it needs is unknown, or its arithmetic breaks. */
  readonly compute: (values: AttributeValues) => number | null;
};

/** The compiler of one vocabulary. Making one costs a millisecond, compiling a rule some microseconds: keep it. */
export type RuleCompiler = {
  readonly vocabulary: Vocabulary;
  /** A rule is an expression of CEL that is true or false. Checked against the declared types; refused with the place. */
  readonly rule: (text: string) => Compiled<Rule>;
  /** An expression of CEL that is an int or a double. */
  readonly formula: (text: string) => Compiled<Formula>;
};

export function ruleCompiler(vocabulary: Vocabulary): RuleCompiler {
  const environment = environmentOf(vocabulary);
  return {
    vocabulary,
    rule(text) {
      const parsed = parse(environment, vocabulary, text, ['bool']);
      if (parsed.kind === 'refused') return parsed;
      const evaluate = evaluator(vocabulary, parsed);
      const conditions = conjuncts(parsed.rule.ast).map((node) => conditionOf(environment, vocabulary, node));
      const judge = (values: AttributeValues): Verdict => verdictOf(() => evaluate(values));
      return {
        kind: 'compiled',
        rule: { text, reads: parsed.reads, judge, explain: (values) => conditions.map((condition) => condition(values)) },
      };
    },
    formula(text) {
      const parsed = parse(environment, vocabulary, text, ['int', 'double']);
      if (parsed.kind === 'refused') return parsed;
      const evaluate = evaluator(vocabulary, parsed);
      const compute = (values: AttributeValues): number | null => {
        try {
          const result = Number(evaluate(values));
          return Number.isFinite(result) ? result : null;
        } catch {
          return null;
        }
      };
      return { kind: 'compiled', rule: { text, reads: parsed.reads, compute } };
    },
  };
}

type Parsed = { readonly kind: 'parsed'; readonly rule: ParseResult; readonly reads: readonly string[] };

const CEL_TYPES: Partial<Record<AttributeType, string>> = { timestamp: 'google.protobuf.Timestamp' };

function environmentOf(vocabulary: Vocabulary): Environment {
  const environment = new Environment({ enableOptionalTypes: false, limits: LIMITS });
  for (const [name, { type, meaning }] of Object.entries(vocabulary))
    environment.registerVariable(name, CEL_TYPES[type] ?? type, { description: meaning });
  environment.registerFunction('known(ast): bool', ({ args }: { readonly args: readonly ASTNode[] }) => ({
    typeCheck(checker: Checker, _: unknown, context: unknown) {
      const [node] = args;
      if (node?.op !== 'id') throw checker.createError('invalid_macro_argument', 'known() takes the name of an attribute', node);
      checker.check(node, context);
      return checker.getType('bool');
    },
    evaluate: (_evaluator: unknown, _macro: unknown, context: { getValue(name: unknown): unknown }) =>
      context.getValue(args[0]?.args) !== undefined,
  }));
  return environment;
}

type Checker = {
  createError(code: string, message: string, node: ASTNode | undefined): Error;
  check(node: ASTNode, context: unknown): unknown;
  getType(name: string): unknown;
};

function parse(
  environment: Environment,
  vocabulary: Vocabulary,
  text: string,
  results: readonly string[],
): Parsed | { kind: 'refused'; fault: RuleFault } {
  const whole = { start: 0, end: text.length };
  const refuse = (fault: RuleFault) => ({ kind: 'refused', fault }) as const;
  if (text.length > LONGEST_RULE) return refuse(faultAt(text, 'TOO_LARGE', whole, `${text.length} characters`, `at most ${LONGEST_RULE}`));
  try {
    const rule = environment.parse(text);
    for (const node of nodesOf(rule.ast)) {
      const fault = faultOfNode(environment, vocabulary, text, node);
      if (fault) return refuse(fault);
    }
    if (loopDepth(rule.ast) > 2) return refuse(faultAt(text, 'TOO_LARGE', whole, 'loops over lists three deep', 'at most two'));
    const checked = rule.check();
    if (!checked.valid) throw checked.error ?? new Error('a rule was invalid without an error');
    if (!results.includes(checked.type ?? ''))
      return refuse(faultAt(text, 'WRONG_RESULT', whole, `a result of type ${checked.type}`, results.join(' or ')));
    const read = [...nodesOf(rule.ast)].flatMap((node) => (node.op === 'id' && Object.hasOwn(vocabulary, node.args) ? [node.args] : []));
    return { kind: 'parsed', rule, reads: [...new Set(read)].sort() };
  } catch (error) {
    if (error instanceof ParseError || error instanceof CelTypeError) return refuse(faultOf(text, error, vocabulary));
    throw error;
  }
}

/** What the type checker does not refuse, but a rule must not have. */
function faultOfNode(environment: Environment, vocabulary: Vocabulary, text: string, node: ASTNode): RuleFault | undefined {
  if (node.op === 'id') {
    const barred = Object.hasOwn(vocabulary, node.args) ? vocabulary[node.args]?.barred : undefined;
    return barred === undefined
      ? undefined
      : faultAt(text, 'BARRED_ATTRIBUTE', node, `\`${node.args}\``, `an attribute that decisions may read: ${barred}`);
  }
  if (node.op !== 'call' && node.op !== 'rcall') return undefined;
  const [name] = node.args;
  const instead = Object.hasOwn(BARRED_FUNCTIONS, name) ? BARRED_FUNCTIONS[name] : undefined;
  if (instead !== undefined) return faultAt(text, 'UNKNOWN_FUNCTION', node, `\`${name}\``, instead);
  const [literal] = node.op === 'call' ? node.args[1] : [];
  if ((name === 'timestamp' || name === 'duration') && isNode(literal) && literal.op === 'value')
    try {
      environment.evaluate(serialize(node));
    } catch {
      const expected = name === 'duration' ? 'a duration such as "24h" or "90m"' : 'a moment such as "2026-01-31T00:00:00Z"';
      return faultAt(text, 'BAD_LITERAL', literal, text.slice(literal.start, literal.end), expected);
    }
  return undefined;
}

/** Hands a rule only what it reads, as CEL has it. */
function evaluator(vocabulary: Vocabulary, { rule, reads }: Parsed): (values: AttributeValues) => unknown {
  const typed = reads.map((name) => [name, vocabulary[name]?.type ?? 'string'] as const);
  return (values) => {
    const context: Record<string, unknown> = {};
    for (const [name, type] of typed) {
      const value = celValue(type, values[name]);
      if (value !== undefined) context[name] = value;
    }
    return rule(context);
  };
}

function verdictOf(evaluate: () => unknown): Verdict {
  try {
    return { kind: evaluate() === true ? 'holds' : 'fails' };
  } catch (error) {
    const { code, summary = String(error) } = error as Partial<EvaluationError>;
    const missing = code === 'unknown_variable' || code === 'no_such_key' ? /: (.+)$/.exec(summary)?.[1] : undefined;
    return missing === undefined ? { kind: 'broken', reason: summary } : { kind: 'unknown', missing };
  }
}

function conditionOf(environment: Environment, vocabulary: Vocabulary, node: ASTNode): (values: AttributeValues) => ConditionVerdict {
  const text = serialize(node);
  const parsed = parse(environment, vocabulary, text, ['bool']);
  if (parsed.kind === 'refused') throw new Error(`a condition of a valid rule is none: ${parsed.fault.message}`);
  const evaluate = evaluator(vocabulary, parsed);
  const comparison = comparisonOf(node) ?? null;
  return (values) => ({
    text,
    verdict: verdictOf(() => evaluate(values)),
    read: Object.fromEntries(parsed.reads.map((name) => [name, values[name] ?? null])),
    comparison,
  });
}
