import {
  BEGINNING,
  type CatalogueRecorded,
  catalogueRecorded,
  type Fact,
  type FactRegistry,
  proposalAccepted,
  proposalDecided,
  type ProposalDecided,
  proposalDeclined,
  proposalFulfilled,
  type ProposalOutcomeAttributed,
  proposalOutcomeAttributed,
  proposalPresented,
  streamName,
} from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import type { IdentityReader } from '@tsunagari/projection';

/** What became of a choice, the furthest that it came. Expiry is no answer: a row that nobody answered stays where it was. */
export type Answer = 'none' | 'presented' | 'declined' | 'accepted' | 'fulfilled';

/**
 * One line of the flat table: one choice of one decision, or the one line of a decision that chose nothing. Whoever is held out has the
 * lines of what she would have got, so that arms are compared by assignment. No personal data: subjects are random ids.
 */
export type DecisionRow = {
  readonly decisionId: string;
  /** As identity stands when the table is read. */
  readonly customer: string;
  readonly subject: string;
  readonly slot: string;
  /** ISO 8601. */
  readonly decidedAt: string;
  readonly policyId: string;
  readonly policyVersion: number;
  readonly arm: 'treated' | 'holdout';
  readonly holdoutId: string | null;
  /** Place in the slate, from 1. */
  readonly place: number;
  /** Null: no action. */
  readonly offerId: string | null;
  readonly revision: number | null;
  /** The exact probability of this choice given those before it: what off-policy estimators weigh by. */
  readonly probability: number;
  /** Money in the minor unit of the policy's currency; null for no action. */
  readonly score: number | null;
  readonly candidates: number;
  readonly fallback: boolean;
  readonly presented: boolean;
  readonly answer: Answer;
  /** Of the decision: the same on each of its lines. */
  readonly outcomes: readonly { readonly indicator: string; readonly windowDays: number; readonly reward: number }[];
};

export type DecisionTablePorts = {
  readonly log: EventLog;
  readonly registry: FactRegistry;
  readonly store: EventStore;
  readonly identity: Pick<IdentityReader, 'customersOf'>;
};

export type DecisionTableQuestion = {
  readonly slot?: string;
  /** Decided at or after, ISO 8601. */
  readonly from?: string;
  /** Decided before, ISO 8601. */
  readonly to?: string;
};

type Later = { readonly answers: Map<string, Answer>; readonly outcomes: Map<string, DecisionRow['outcomes'][number]> };

const PAGE = 1000;
const RANK: readonly Answer[] = ['none', 'presented', 'declined', 'accepted', 'fulfilled'];
const ANSWERS: Readonly<Record<string, Answer>> = {
  [proposalPresented.type]: 'presented',
  [proposalDeclined.type]: 'declined',
  [proposalAccepted.type]: 'accepted',
  [proposalFulfilled.type]: 'fulfilled',
};

/** A decision of the log with what came of it. What was seen when it was made is sealed still. */
export type LoggedDecision = {
  readonly decisionId: string;
  readonly subject: string;
  /** ISO 8601. */
  readonly decidedAt: string;
  readonly decided: ProposalDecided;
  /** What could be proposed then. */
  readonly catalogue: CatalogueRecorded;
  /** By proposal. */
  readonly answers: ReadonlyMap<string, Answer>;
  readonly outcomes: DecisionRow['outcomes'];
};

/**
 * The decisions of the log in the order in which they were made, page by page. Two readings of the log: what came later is kept by
 * decision, the decisions themselves are handed on as they are read.
 */
export async function* loggedDecisions(
  ports: Omit<DecisionTablePorts, 'identity'>,
  { slot, from, to }: DecisionTableQuestion = {},
): AsyncGenerator<readonly LoggedDecision[]> {
  const later = new Map<string, Later>();
  for await (const facts of pages(ports, [...Object.keys(ANSWERS), proposalOutcomeAttributed.type]))
    for (const fact of facts) remember(later, fact);
  const catalogueNamed = catalogueReader(ports.store);
  for await (const facts of pages(ports, [proposalDecided.type])) {
    const page: LoggedDecision[] = [];
    for (const { subject: of, data, occurred } of facts) {
      const decided = data as ProposalDecided;
      const asked =
        (slot === undefined || decided.slot === slot) && (from === undefined || occurred >= from) && (to === undefined || occurred < to);
      if (!asked) continue;
      const subject = of ?? '';
      const decisionId = `${subject}.${decided.slot}.${decided.decision}`;
      const after = later.get(decisionId);
      page.push({
        decisionId,
        subject,
        decidedAt: occurred,
        decided,
        catalogue: await catalogueNamed(decided.catalogueHash),
        answers: after?.answers ?? new Map(),
        outcomes: [...(after?.outcomes.values() ?? [])],
      });
    }
    if (page.length > 0) yield page;
  }
}

/** The flat table: the decisions of the log line by line, each under whose customer its subject is now. */
export async function* decisionTable(ports: DecisionTablePorts, question: DecisionTableQuestion = {}): AsyncGenerator<DecisionRow> {
  for await (const page of loggedDecisions(ports, question)) {
    const customers = await ports.identity.customersOf([...new Set(page.map(({ subject }) => subject))]);
    for (const decision of page) yield* rowsOf(decision, customers.get(decision.subject) ?? decision.subject);
  }
}

/** Recorded catalogues by their hash, each read once. A hash of which nothing is recorded is a catalogue of nothing. */
function catalogueReader(store: EventStore): (hash: string) => Promise<CatalogueRecorded> {
  const catalogues = new Map<string, CatalogueRecorded>();
  return async (hash) => {
    const known = catalogues.get(hash);
    if (known !== undefined) return known;
    const stream = await store.readStream(streamName('catalogue', hash), { limit: 1 });
    const [fact] = stream.kind === 'open' ? stream.facts : [];
    const recorded =
      fact?.type === catalogueRecorded.type ? (fact.data as CatalogueRecorded) : { hash, offers: [], purposeValues: [], holdouts: [] };
    catalogues.set(hash, recorded);
    return recorded;
  };
}

async function* pages(
  { log, registry }: Pick<DecisionTablePorts, 'log' | 'registry'>,
  types: readonly string[],
): AsyncGenerator<readonly Fact[]> {
  for (let after = BEGINNING; ;) {
    const page = await log.read({ after, types, limit: PAGE });
    yield page.facts.flatMap((fact) => {
      const decoded = registry.decode(fact);
      return decoded.kind === 'decoded' ? [{ ...fact, data: decoded.data }] : [];
    });
    if (page.atEnd || page.upTo === after) return;
    after = page.upTo;
  }
}

function remember(later: Map<string, Later>, { type, subject, data }: Fact): void {
  if (type === proposalOutcomeAttributed.type) {
    const { slot, decision, indicator, windowDays, reward } = data as ProposalOutcomeAttributed;
    of(later, `${subject}.${slot}.${decision}`).outcomes.set(`${indicator} ${windowDays}`, { indicator, windowDays, reward });
    return;
  }
  const { proposalId } = data as { readonly proposalId: string };
  const answer = ANSWERS[type] ?? 'none';
  const { answers } = of(later, proposalId.slice(0, proposalId.lastIndexOf('.')));
  if (RANK.indexOf(answer) > RANK.indexOf(answers.get(proposalId) ?? 'none')) answers.set(proposalId, answer);
}

function of(later: Map<string, Later>, decisionId: string): Later {
  const known = later.get(decisionId);
  if (known !== undefined) return known;
  const made: Later = { answers: new Map(), outcomes: new Map() };
  later.set(decisionId, made);
  return made;
}

function rowsOf(
  { decisionId, subject, decidedAt, decided, catalogue, answers, outcomes }: LoggedDecision,
  customer: string,
): readonly DecisionRow[] {
  const { slot, policyId, policyVersion, arm, holdout, chosen, withheld, shortList, candidates, fallback } = decided;
  const choices = arm === 'holdout' ? (withheld ?? []) : chosen;
  return choices.map(({ offer, p }, n): DecisionRow => {
    const place = n + 1;
    const named = offer === null ? undefined : catalogue.offers[offer];
    const answer = answers.get(`${decisionId}.${place}`) ?? 'none';
    const at = offer === null ? -1 : shortList.offer.indexOf(offer);
    return {
      decisionId,
      customer,
      subject,
      slot,
      decidedAt,
      policyId,
      policyVersion,
      arm,
      holdoutId: holdout?.id ?? null,
      place,
      offerId: named?.offerId ?? null,
      revision: named?.revision ?? null,
      probability: p,
      score: shortList.score[at] ?? null,
      candidates,
      fallback: fallback !== undefined,
      presented: answer !== 'none',
      answer,
      outcomes,
    };
  });
}
