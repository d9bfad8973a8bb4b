import type { ConditionVerdict, Rule } from '@tsunagari/rules';
import type { CustomerAttributes } from './attributes';
import { customerRules } from './vocabulary';

const compiled = new Map<string, Rule>();

/** A defined rule holds its contract; compiled once for the life of the process. */
function ruleOf(text: string): Rule {
  const found = compiled.get(text);
  if (found) return found;
  const made = customerRules.rule(text);
  if (made.kind === 'refused') throw new Error(`a defined rule is none any more: ${made.fault.message}`);
  if (compiled.size > 1000) compiled.clear();
  compiled.set(text, made.rule);
  return made.rule;
}

function shownConditions(conditions: readonly ConditionVerdict[]) {
  return conditions.map(({ text, verdict, read }) => ({ text, verdict: verdict.kind, read: JSON.stringify(read) }));
}

/** Of several definitions, those whose rule holds, with their conditions; retired ones never do. */
export function holding<D extends { readonly rule: string; readonly retired?: string | null }>(
  definitions: Iterable<D>,
  attributes: CustomerAttributes,
) {
  return [...definitions].flatMap((definition) => {
    if (definition.retired != null) return [];
    const rule = ruleOf(definition.rule);
    return rule.judge(attributes).kind === 'holds' ? [{ definition, rule, because: shownConditions(rule.explain(attributes)) }] : [];
  });
}
