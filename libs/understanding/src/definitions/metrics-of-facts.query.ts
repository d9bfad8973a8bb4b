import {
  BEGINNING,
  type Fact,
  type FactDefinition,
  facts as registry,
  flowAbandoned,
  flowCompleted,
  flowStarted,
  flowStepTaken,
  type Position,
  proposalAccepted,
  proposalPresented,
  requestAcknowledged,
  requestFulfilled,
  requestRejected,
  requestSubmitted,
  requestWithdrawn,
} from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import {
  acceptanceRate,
  type Asked,
  cancelParity,
  earlyResolution,
  type Flow,
  type Lifetime,
  medianTime,
  type Metric,
  type MetricId,
} from '@tsunagari/metrics';
import type { IdentityReader } from '@tsunagari/projection';
import { DISSATISFACTION_TYPES, dissatisfactionsOf, EARLY_WITHIN_SECONDS, subjectsAmong } from '../experience/dissatisfactions';

/** A half-open period [from, to) of moments, and until when anything is known: the end of the last closed day. */
export type FactPeriod = { readonly from: string; readonly to: string; readonly known: string };

/** Whose customer a subject is; a subject that nobody knows is its own. */
export type OwnerOf = (subject: string) => string;

type OfFacts = {
  readonly types: readonly string[];
  readonly measure: (facts: readonly Fact[], period: FactPeriod, asked: Asked, ownerOf: OwnerOf) => Metric;
};

const typesOf = (...definitions: readonly FactDefinition[]): readonly string[] => definitions.map(({ type }) => type);
const FLOWS = typesOf(flowStarted, flowStepTaken, flowCompleted, flowAbandoned);
const REQUESTS = typesOf(requestSubmitted, requestAcknowledged, requestFulfilled, requestRejected, requestWithdrawn);
const ENDED = new Set(typesOf(requestFulfilled, requestRejected, requestWithdrawn));

function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}

function within(period: FactPeriod, { occurred }: Pick<Fact, 'occurred'>): boolean {
  return occurred >= period.from && occurred < period.to;
}

/** Flows of a kind that were started in the period. Neither completed nor given up: censored where it stands. Pure. */
function flowsOf(facts: readonly Fact[], kind: 'cancel' | 'sign_up', period: FactPeriod): readonly Flow[] {
  const flows = new Map<string, { readonly started: string; steps: number; ended: Flow | null }>();
  for (const { type, data, occurred } of facts) {
    const { flowId, kind: of, ...more } = data as { flowId: string; kind: string; steps?: number; elapsedS?: number };
    if (of !== kind) continue;
    if (type === flowStarted.type) {
      if (within(period, { occurred })) flows.set(flowId, { started: occurred, steps: 0, ended: null });
      continue;
    }
    const flow = flows.get(flowId);
    if (flow === undefined || occurred >= period.known) continue;
    if (type === flowStepTaken.type) flow.steps += 1;
    else flow.ended ??= { steps: more.steps ?? flow.steps, seconds: more.elapsedS ?? 0, completed: type === flowCompleted.type };
  }
  return [...flows.values()].map(
    ({ started, steps, ended }) => ended ?? { steps, seconds: secondsBetween(started, period.known), completed: false },
  );
}

/** How long the requests submitted in the period waited, until somebody first answered, or until they were settled. Pure. */
function waitsOf(facts: readonly Fact[], until: 'answered' | 'settled', period: FactPeriod): readonly Lifetime[] {
  const waits = new Map<string, { readonly since: string; over: string | null; gone: string | null }>();
  for (const { type, data, occurred } of facts) {
    const { requestId } = data as { requestId: string };
    if (type === requestSubmitted.type) {
      if (within(period, { occurred })) waits.set(requestId, { since: occurred, over: null, gone: null });
      continue;
    }
    const wait = waits.get(requestId);
    if (wait === undefined || occurred >= period.known) continue;
    // Who withdrew waits no longer and was not served: censored there.
    if (type === requestWithdrawn.type) wait.gone ??= occurred;
    else if (until === 'answered' || ENDED.has(type)) wait.over ??= occurred;
  }
  return [...waits.values()].map(({ since, over, gone }) => {
    const happened = over !== null && (gone === null || over <= gone);
    return { duration: secondsBetween(since, happened ? over : (gone ?? period.known)), happened };
  });
}

/** Metrics over facts that no read model keeps, computed when they are asked for. */
export const METRICS_OF_FACTS: Readonly<Partial<Record<MetricId, OfFacts>>> = {
  'cancel-parity': {
    types: FLOWS,
    measure(facts, period, asked) {
      const parity = cancelParity(asked, flowsOf(facts, 'cancel', period), flowsOf(facts, 'sign_up', period));
      const beside = (name: string, { value, reasonNull }: Metric): string => `${name}: ${value === null ? reasonNull : value.toFixed(2)}`;
      return { ...parity.steps, notes: [beside('seconds', parity.seconds), beside('completion', parity.completion)] };
    },
  },
  'early-resolution': {
    types: DISSATISFACTION_TYPES,
    measure: (facts, period, asked, ownerOf) => earlyResolution(asked, dissatisfactionsOf(facts, period, ownerOf), EARLY_WITHIN_SECONDS),
  },
  'acceptance-rate': {
    types: typesOf(proposalPresented, proposalAccepted),
    measure(facts, period, asked) {
      const presented = new Set<string>();
      const accepted = new Set<string>();
      for (const fact of facts) {
        const { proposalId } = fact.data as { proposalId: string };
        if (fact.type === proposalPresented.type && within(period, fact)) presented.add(proposalId);
        if (fact.type === proposalAccepted.type && fact.occurred < period.known && presented.has(proposalId)) accepted.add(proposalId);
      }
      return acceptanceRate(asked, { accepted: accepted.size, presented: presented.size });
    },
  },
  'first-response': {
    types: REQUESTS,
    measure: (facts, period, asked) =>
      medianTime(asked, waitsOf(facts, 'answered', period), 'submitted until first answered; open ones censored'),
  },
  resolution: {
    types: REQUESTS,
    measure: (facts, period, asked) => medianTime(asked, waitsOf(facts, 'settled', period), 'submitted until settled; open ones censored'),
  },
};

const PAGE = 5000;

/** Up to which position, inclusive, and until when, ISO 8601, facts are read; by default all. */
export type FactBound = { readonly upTo?: Position; readonly occurredBy?: string | null };

/** All facts of some types in the order of the log, decoded, in pages: memory does not grow with them. */
export async function* pagesOfTypes(
  log: Pick<EventLog, 'read'>,
  types: readonly string[],
  { upTo, occurredBy = null }: FactBound = {},
): AsyncGenerator<readonly Fact[]> {
  for (let after = BEGINNING; ;) {
    const page = await log.read({ after, types, limit: PAGE, ...(upTo === undefined ? {} : { upTo }) });
    yield page.facts.flatMap((fact) => {
      if (occurredBy !== null && fact.occurred > occurredBy) return [];
      const decoded = registry.decode(fact);
      return decoded.kind === 'decoded' ? [{ ...fact, data: decoded.data }] : [];
    });
    if (page.atEnd || page.upTo === after) return;
    after = page.upTo;
  }
}

/** All facts of some types, decoded, sorted by when they happened. For kinds of facts that are few, as those above are. */
export async function factsOfTypes(log: Pick<EventLog, 'read'>, types: readonly string[], bound: FactBound = {}): Promise<readonly Fact[]> {
  const found: Fact[] = [];
  for await (const facts of pagesOfTypes(log, types, bound)) found.push(...facts);
  return found.sort((a, b) => (a.occurred < b.occurred ? -1 : a.occurred > b.occurred ? 1 : 0));
}

/** Whose the facts are, as identity stands, or stood at a position: one question for all of them. */
export async function ownersOf(identity: Pick<IdentityReader, 'customersOf'>, facts: readonly Fact[], at?: Position): Promise<OwnerOf> {
  const owners = await identity.customersOf([...subjectsAmong(facts)], ...(at === undefined ? [] : [at]));
  return (subject) => owners.get(subject) ?? subject;
}
