import {
  customerErased,
  customersMerged,
  customerSplit,
  type Fact,
  identifierBlocked,
  identifierLinked,
  identifierRegistered,
  identifierUnlinked,
  identityRulesChanged,
  type CustomerErased,
  type CustomersMerged,
  type CustomerSplit,
  type IdentifierLinked,
  type IdentifierRegistered,
  type IdentifierUnlinked,
  type IdentityRulesChanged,
} from '@tsunagari/contracts';
import { defaultIdentityRules, type IdentityFact, type IdentityRules } from '@tsunagari/identity';

/** What the graph is made of. `IdentityRulesChanged` is of no subject and comes by the log alone. */
export const GRAPH_TYPES: readonly string[] = [
  identifierRegistered,
  identifierLinked,
  identifierUnlinked,
  customersMerged,
  customerSplit,
  identifierBlocked,
  customerErased,
].map(({ type }) => type);

export const RULES_TYPE = identityRulesChanged.type;

export const graphTypes: ReadonlySet<string> = new Set(GRAPH_TYPES);

/** A recorded fact (brought up to its newest version) as the graph sees it; undefined for any other fact. */
export function identityFactOf(fact: Fact): IdentityFact | undefined {
  const { position, id, subject } = fact;
  if (subject === null) return undefined;
  switch (fact.type) {
    case identifierRegistered.type: {
      const { identifierType, verified, blockedBy } = fact.data as IdentifierRegistered;
      const seen = Date.parse(fact.occurred);
      return { kind: 'registered', position, subject, identifierType, verified, seen, ...(blockedBy === undefined ? {} : { blockedBy }) };
    }
    case identifierLinked.type: {
      const { subjects, verified } = fact.data as IdentifierLinked;
      return { kind: 'linked', position, id, subjects, verified };
    }
    case identifierUnlinked.type:
      return { kind: 'unlinked', position, id, subjects: (fact.data as IdentifierUnlinked).subjects };
    case customersMerged.type:
      return { kind: 'merged', position, id, subjects: (fact.data as CustomersMerged).subjects };
    case customerSplit.type:
      return { kind: 'split', position, id, subjects: (fact.data as CustomerSplit).subjects };
    case identifierBlocked.type:
      return { kind: 'blocked', position, id, subject };
    case customerErased.type:
      return { kind: 'erased', position, subjects: (fact.data as CustomerErased).subjects };
    default:
      return undefined;
  }
}

/** Everybody whom a fact is about: its own subject, and those whom it joins or takes apart. None of a fact of nobody. */
export function subjectsNamed(fact: Fact): readonly string[] {
  const found = graphTypes.has(fact.type) ? identityFactOf(fact) : undefined;
  const named = found !== undefined && 'subjects' in found ? found.subjects : [];
  return fact.subject === null ? named : [fact.subject, ...named];
}

/** The rules that a change sets: what it names takes the place of the defaults. */
export function rulesOf(fact: Fact): IdentityRules {
  const { version, limits, windows, priority, clusterLimit } = fact.data as IdentityRulesChanged;
  return { version, limits: { ...defaultIdentityRules.limits, ...limits }, windows, priority, clusterLimit };
}

/** Rules as a row of `identity_rules` keeps them: one of an older release lacks what that did not know. Without a row, the platform's. */
export function rulesOfRow(row: { readonly rules: Partial<IdentityRules> | null } | undefined): IdentityRules {
  return { ...defaultIdentityRules, ...row?.rules };
}
