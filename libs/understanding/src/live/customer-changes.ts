import {
  comparePositions,
  dayClosed,
  definitionFacts,
  type Fact,
  identityRulesChanged,
  modelFitted,
  type Position,
  projectionPromoted,
  projectionRolledBack,
} from '@tsunagari/contracts';
import type { EventLog, Journal } from '@tsunagari/event-log';
import { liveFeed } from '@tsunagari/graphql';
import { GRAPH_TYPES, type IdentityReader, type ProjectionRunner, subjectsNamed } from '@tsunagari/projection';

export type ChangeCause = 'FACTS' | 'IDENTITY' | 'DAY_CLOSED' | 'MODEL_FITTED' | 'DEFINITION';

/** A fact behind a change; `subject` is whom it was recorded under. */
type Evidence = { readonly id: string; readonly subject: string | null; readonly cause: ChangeCause };

/** What is known of a customer became something else. */
export type CustomerChange = {
  readonly position: Position;
  /** Whose customer the subject is now. */
  readonly customer: string;
  readonly evidence: readonly Evidence[];
  /** What changed everybody. */
  readonly everybody: readonly ChangeCause[];
};

export type CustomerChanges = {
  /** Changes of the customer to whom a subject belongs, wherever merges and splits take it. */
  readonly follow: (subject: string, after: Position | null, signal: AbortSignal | undefined) => AsyncGenerator<CustomerChange>;
};

/** Facts of nobody that change what is understood of everybody. */
const OF_EVERYBODY: ReadonlyMap<string, ChangeCause> = new Map([
  [dayClosed.type, 'DAY_CLOSED' as const],
  [modelFitted.type, 'MODEL_FITTED' as const],
  [identityRulesChanged.type, 'IDENTITY' as const],
  ...[...definitionFacts, projectionPromoted, projectionRolledBack].map(({ type }) => [type, 'DEFINITION' as const] as const),
]);
const identityTypes = new Set(GRAPH_TYPES);

type Page = {
  readonly byCustomer: ReadonlyMap<string, readonly Evidence[]>;
  readonly everybody: readonly ChangeCause[];
  readonly owners: ReadonlyMap<string, string>;
};

export type CustomerChangesOptions = {
  readonly log: EventLog;
  readonly journal: Journal;
  readonly identity: Pick<IdentityReader, 'customersOf' | 'membersOf'>;
  readonly projections: Pick<ProjectionRunner, 'position' | 'onMoved'>;
  /** The projections whose answers a change announces: nothing is told before all of them have taken it in. */
  readonly names: readonly string[];
  readonly onError?: ((error: unknown) => void) | undefined;
};

/** Tells who follows a customer what was taken in of her. One reader of the log, and one question to identity a page, for all of them. */
export function customerChanges({ log, journal, identity, projections, names, onError }: CustomerChangesOptions): CustomerChanges {
  const feed = liveFeed<Page>({
    log,
    taken: async () => {
      const all = await Promise.all(names.map((name) => projections.position(name)));
      return all.reduce((a, b) => (comparePositions(a, b) < 0 ? a : b));
    },
    onMoved: projections.onMoved.bind(projections),
    onError,
    async prepare(facts, followed) {
      const named = facts.map(subjectsNamed);
      const owners = await identity.customersOf([...new Set([...named.flat(), ...followed])]);
      const byCustomer = new Map<string, Evidence[]>();
      for (const [at, fact] of facts.entries())
        for (const customer of new Set((named[at] ?? []).map((subject) => owners.get(subject) ?? subject))) {
          const own = byCustomer.get(customer);
          if (own) own.push(evidenceOf(fact));
          else byCustomer.set(customer, [evidenceOf(fact)]);
        }
      return { byCustomer, everybody: [...new Set(facts.flatMap(({ type }) => OF_EVERYBODY.get(type) ?? []))], owners };
    },
  });

  async function* since(subject: string, after: Position, upTo: Position): AsyncGenerator<CustomerChange> {
    const { customer, subjects } = await identity.membersOf(subject);
    const [facts, ofAll] = await Promise.all([
      journal.bySubjects({ subjects, upTo }),
      log.read({ after, upTo, types: [...OF_EVERYBODY.keys()], limit: 100 }),
    ]);
    const evidence = facts.filter(({ position }) => comparePositions(position, after) > 0).map(evidenceOf);
    const everybody = [...new Set(ofAll.facts.flatMap(({ type }) => OF_EVERYBODY.get(type) ?? []))];
    if (evidence.length > 0 || everybody.length > 0) yield { position: upTo, customer, evidence, everybody };
  }

  return {
    follow: (subject, after, signal) =>
      feed.follow({
        after,
        subject,
        signal,
        since: (from, upTo) => since(subject, from, upTo),
        pick: ({ byCustomer, everybody, owners }, position) => {
          const customer = owners.get(subject) ?? subject;
          const evidence = byCustomer.get(customer) ?? [];
          return evidence.length > 0 || everybody.length > 0 ? [{ position, customer, evidence, everybody }] : [];
        },
      }),
  };
}

function evidenceOf({ id, subject, type }: Fact): Evidence {
  return { id, subject, cause: identityTypes.has(type) ? 'IDENTITY' : 'FACTS' };
}
