import type { ASTNode } from '@marcbachmann/cel-js';

/** Every node below one, itself first. */
export function* nodesOf(value: unknown): Generator<ASTNode> {
  if (Array.isArray(value)) for (const each of value) yield* nodesOf(each);
  else if (isNode(value)) {
    yield value;
    yield* nodesOf(value.args);
  }
}

export function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/** The conditions that must all hold: the operands of `&&` at the top. */
export function conjuncts(node: ASTNode): readonly ASTNode[] {
  return node.op === '&&' ? node.args.flatMap(conjuncts) : [node];
}

const LOOPS = new Set(['exists', 'exists_one', 'all', 'map', 'filter']);

/** How deep loops over lists stand within one another. */
export function loopDepth(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((deepest, each) => Math.max(deepest, loopDepth(each)), 0);
  if (!isNode(value)) return 0;
  const own = value.op === 'rcall' && LOOPS.has(value.args[0]) ? 1 : 0;
  return own + loopDepth(value.args);
}

export type Comparison = {
  readonly attribute: string;
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '!=';
  readonly threshold: number | string | boolean;
};

const COMPARISONS = new Set(['<', '<=', '>', '>=', '==', '!=']);
const TURNED: Readonly<Record<string, Comparison['operator']>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '==': '==', '!=': '!=' };

/** A node that compares one attribute with a literal, whichever side it stands on. */
export function comparisonOf(node: ASTNode): Comparison | undefined {
  if (!COMPARISONS.has(node.op) || !Array.isArray(node.args)) return undefined;
  const [left, right] = node.args as readonly unknown[];
  if (!isNode(left) || !isNode(right)) return undefined;
  if (left.op === 'id') {
    const threshold = literalOf(right);
    return threshold === undefined ? undefined : { attribute: left.args, operator: node.op as Comparison['operator'], threshold };
  }
  const threshold = right.op === 'id' ? literalOf(left) : undefined;
  const operator = TURNED[node.op];
  return threshold === undefined || operator === undefined || right.op !== 'id'
    ? undefined
    : { attribute: right.args, operator, threshold };
}

function literalOf(node: ASTNode): Comparison['threshold'] | undefined {
  if (node.op === '-_') {
    const inner = literalOf(node.args);
    return typeof inner === 'number' ? -inner : undefined;
  }
  if (node.op !== 'value') return undefined;
  if (typeof node.args === 'bigint') return Number(node.args);
  return typeof node.args === 'number' || typeof node.args === 'string' || typeof node.args === 'boolean' ? node.args : undefined;
}
