export {
  type Attribute,
  type AttributeType,
  type AttributeValue,
  type AttributeValues,
  defineVocabulary,
  type Vocabulary,
} from './attributes';
export { type DryRun, DryRunCount } from './dry-run';
export type { RuleFault } from './fault';
export {
  type Compiled,
  type ConditionVerdict,
  type Formula,
  LONGEST_RULE,
  type Rule,
  type RuleCompiler,
  ruleCompiler,
  type Verdict,
} from './rule';
export type { Comparison } from './syntax';
