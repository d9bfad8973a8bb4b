import { comparePositions, type Fact, type FactRegistry, type Position } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import { foldIdentity, type HeldLink, type IdentityFact, type IdentityRules, touchedSubjects } from '@tsunagari/identity';
import { Components } from './components';
import { GRAPH_TYPES, graphTypes, identityFactOf, RULES_TYPE, rulesOf } from './identity-facts';

export type SubjectRow = { readonly subject: string; readonly component: string; readonly customer: string };
export type CustomerChange = {
  readonly subject: string;
  readonly position: Position;
  readonly previous: string;
  readonly customer: string;
};
export type RulesAt = { readonly position: Position; readonly rules: IdentityRules };

/** What a page of facts does to identity: rows to write, and the changes in position order. */
export type Derived = {
  readonly subjects: SubjectRow[];
  readonly changes: CustomerChange[];
  readonly rules: RulesAt[];
  /** Components whose held links are replaced; the component ids that were joined into others included. */
  readonly refolded: string[];
  readonly held: { readonly component: string; readonly link: HeldLink }[];
};

/** What is kept of identity up to the page. */
export type IdentityRows = {
  rowsOf(subjects: readonly string[]): Promise<readonly SubjectRow[]>;
  membersOf(components: readonly string[]): Promise<readonly SubjectRow[]>;
  /** All components in order of their id, after one of them. */
  componentsAfter(component: string, limit: number): Promise<readonly string[]>;
};

const BATCH = 4000;

/**
 * Derives who is whose customer after every single fact of a page, not only at its end, so that what identity was at a position
 * does not depend on how the log was cut into pages. A registration of a subject that no evidence names costs nothing.
 */
export async function deriveIdentity(
  facts: readonly Fact[],
  upTo: Position,
  before: IdentityRules,
  rows: IdentityRows,
  journal: Journal,
  registry: FactRegistry,
): Promise<Derived> {
  const derived: Derived = { subjects: [], changes: [], rules: [], refolded: [], held: [] };
  const components = new Components();
  const named = new Map<string, Position[]>();
  const registered = new Map<string, Position>();
  for (const fact of facts) {
    if (fact.type === RULES_TYPE) derived.rules.push({ position: fact.position, rules: rulesOf(decoded(fact, registry)) });
    if (!graphTypes.has(fact.type)) continue;
    const seen = identityFactOf(decoded(fact, registry));
    if (!seen) continue;
    if (seen.kind === 'registered') registered.set(seen.subject, fact.position);
    else {
      const subjects = fact.subject === null ? touchedSubjects(seen) : [fact.subject, ...touchedSubjects(seen)];
      components.join(subjects);
      for (const subject of subjects) named.set(subject, [...(named.get(subject) ?? []), fact.position]);
    }
  }
  if (named.size === 0 && registered.size === 0 && derived.rules.length === 0) return derived;

  const known = await rows.rowsOf([...new Set([...named.keys(), ...registered.keys()])]);
  for (const { subject, component } of known) components.join([component, subject]);
  const touched = new Set<string>([...named.keys(), ...known.map(({ subject }) => subject)]);
  const positions = new Map<string, Set<Position>>();
  const at = (subject: string, position: Position): void => {
    const root = components.rootOf(subject);
    positions.set(root, (positions.get(root) ?? new Set()).add(position));
  };
  for (const [subject, places] of named) for (const position of places) at(subject, position);
  for (const [subject, position] of registered) if (touched.has(subject)) at(subject, position);

  const refold = async (members: ReadonlyMap<string, readonly string[]>, was: ReadonlyMap<string, SubjectRow>): Promise<void> => {
    for (const batch of inBatches([...members])) {
      const subjects = batch.flatMap(([, all]) => all);
      const byComponent = new Map<string, IdentityFact[]>();
      for (const fact of await journal.bySubjects({ subjects, types: GRAPH_TYPES, upTo })) {
        const seen = identityFactOf(decoded(fact, registry));
        if (!seen || fact.subject === null) continue;
        const root = components.rootOf(fact.subject);
        byComponent.set(root, [...(byComponent.get(root) ?? []), seen]);
      }
      for (const [root, all] of batch) {
        const places = new Set([...(positions.get(root) ?? []), ...derived.rules.map(({ position }) => position)]);
        foldComponent(derived, before, all, was, byComponent.get(root) ?? [], [...places].sort(comparePositions));
      }
    }
  };

  const loaded = await rows.membersOf([...new Set(known.map(({ component }) => component))]);
  const was = new Map(loaded.map((row) => [row.subject, row]));
  for (const { subject, component } of loaded) components.join([component, subject]);
  const members = new Map<string, string[]>();
  for (const subject of new Set([...touched, ...was.keys()])) {
    const root = components.rootOf(subject);
    members.set(root, [...(members.get(root) ?? []), subject]);
  }
  await refold(members, was);

  if (derived.rules.length > 0) {
    // A change of rules applies to all history: every component that this page did not touch is folded again.
    const done = new Set(loaded.map(({ component }) => component));
    for (let last = '00000000-0000-0000-0000-000000000000'; ;) {
      const next = await rows.componentsAfter(last, 500);
      const end = next.at(-1);
      if (end === undefined) break;
      last = end;
      const others = await rows.membersOf(next.filter((component) => !done.has(component)));
      const groups = new Map<string, string[]>();
      for (const { subject, component } of others) {
        components.join([component, subject]);
        const root = components.rootOf(component);
        groups.set(root, [...(groups.get(root) ?? []), subject]);
      }
      await refold(groups, new Map(others.map((row) => [row.subject, row])));
    }
  }
  derived.changes.sort((a, b) => comparePositions(a.position, b.position));
  return derived;
}

/** One whole component, folded at each position where something of it changed. */
function foldComponent(
  derived: Derived,
  before: IdentityRules,
  members: readonly string[],
  was: ReadonlyMap<string, SubjectRow>,
  facts: readonly IdentityFact[],
  positions: readonly Position[],
): void {
  const ids = [...new Set(members.flatMap((subject) => was.get(subject)?.component ?? []))].sort();
  const component = ids[0] ?? [...members].sort()[0] ?? '';
  const current = new Map(members.map((subject) => [subject, was.get(subject)?.customer ?? subject]));
  for (const [index, position] of positions.entries()) {
    const rules = derived.rules.findLast((change) => comparePositions(change.position, position) <= 0)?.rules ?? before;
    const partition = foldIdentity(
      facts.filter((fact) => comparePositions(fact.position, position) <= 0),
      rules,
    );
    const customers = new Map(partition.clusters.flatMap(({ customer, subjects }) => subjects.map(({ subject }) => [subject, customer])));
    for (const subject of members) {
      const customer = customers.get(subject) ?? subject;
      const previous = current.get(subject) ?? subject;
      if (customer === previous) continue;
      derived.changes.push({ subject, position, previous, customer });
      current.set(subject, customer);
    }
    if (index === positions.length - 1) for (const link of partition.held) derived.held.push({ component, link });
  }
  derived.refolded.push(component, ...ids.slice(1));
  if (members.length === 1) return;
  for (const [subject, customer] of current) {
    const row = was.get(subject);
    if (row?.component !== component || row.customer !== customer) derived.subjects.push({ subject, component, customer });
  }
}

function decoded(fact: Fact, registry: FactRegistry): Fact {
  const result = registry.decode(fact);
  if (result.kind !== 'decoded')
    throw new Error(`identity cannot go on: ${fact.type} v${fact.schema} at ${fact.position} is ${result.kind}`);
  return { ...fact, data: result.data };
}

function* inBatches(groups: readonly (readonly [string, readonly string[]])[]): Generator<(readonly [string, readonly string[]])[]> {
  let batch: (readonly [string, readonly string[]])[] = [];
  let size = 0;
  for (const group of groups) {
    batch.push(group);
    size += group[1].length;
    if (size < BATCH) continue;
    yield batch;
    batch = [];
    size = 0;
  }
  if (batch.length > 0) yield batch;
}
