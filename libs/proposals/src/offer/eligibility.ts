import { decisionAttributes, refusal, type Refusal } from '@tsunagari/contracts';
import type { Eligibility, Features } from '@tsunagari/decisioning';
import { type Rule, ruleCompiler } from '@tsunagari/rules';

/** One compiler for all rules over what decisions may read. */
export const decisionRules = ruleCompiler(decisionAttributes);

/** Why the text is no rule of eligibility; undefined when it is one. */
export function eligibilityFault(text: string, field = 'content.eligibility'): Refusal | undefined {
  const compiled = decisionRules.rule(text);
  if (compiled.kind === 'compiled') return undefined;
  const { code, message, expected } = compiled.fault;
  return refusal(
    code === 'BARRED_ATTRIBUTE' ? 'ATTRIBUTE_BARRED' : 'RULE_INVALID',
    field,
    code === 'BARRED_ATTRIBUTE'
      ? 'eligibility reads no attribute that is barred for decisions'
      : 'eligibility is a rule in CEL over the known attributes',
    `write ${expected}`,
    message,
  );
}

const compiled = new Map<string, Rule | null>();

/** The rule's word on what is known. Without a rule everybody is eligible; an old rule that compiles no more decides nothing. */
export function judgeEligibility(text: string | undefined, features: Features): Eligibility {
  if (text === undefined) return 'eligible';
  let rule = compiled.get(text);
  if (rule === undefined) {
    const result = decisionRules.rule(text);
    rule = result.kind === 'compiled' ? result.rule : null;
    compiled.set(text, rule);
  }
  switch (rule?.judge(features).kind) {
    case 'holds':
      return 'eligible';
    case 'fails':
      return 'not_eligible';
    default:
      return 'unknown';
  }
}
