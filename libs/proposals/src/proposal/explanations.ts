import {
  catalogueRecorded,
  type CatalogueRecorded,
  isRedacted,
  type ProposalDecided,
  proposalDecided,
  type Sealed,
  streamName,
} from '@tsunagari/contracts';
import {
  type Catalogue,
  type DecisionRecord,
  drift,
  type Drift,
  explain,
  type Explanation,
  type Policy,
  replay,
  type Replay,
  whyNot,
  type WhyNot,
} from '@tsunagari/decisioning';
import { type Book, type PolicyVersion } from '../book/book';
import { policyOf } from '../book/catalogue';
import type { Decisions } from './decisions';
import { type DecisionView, foldDecisions, type ProposalPlace } from './proposal.read-model';
import type { DecisionPorts } from './proposals.ports';

/** Everything that a decision can be asked. `redacted`: the customer was erased, and with her what was seen of her. */
export type Explained = {
  readonly decision: DecisionView;
  readonly version: PolicyVersion;
  readonly recorded: CatalogueRecorded;
  readonly book: Book;
} & (
  | { readonly kind: 'redacted' }
  | {
      readonly kind: 'explained';
      readonly record: DecisionRecord;
      readonly policy: Policy;
      readonly catalogue: Catalogue;
      readonly explanation: Explanation;
      readonly replay: Replay;
    }
);

/** A decision that can be asked, recorded or not. */
export type Judged = { readonly record: DecisionRecord; readonly policy: Policy; readonly catalogue: Catalogue };

/** A fact is read back as the record that decided it. */
export function recordOf(data: ProposalDecided, seen: unknown): DecisionRecord {
  const { slot, count, seed, policyHash, catalogueHash, candidates, excluded, shortList, nothing, chosen, arm, holdout, withheld } = data;
  return {
    slot,
    count,
    seed,
    policy: policyHash,
    catalogue: catalogueHash,
    seen,
    candidates,
    excluded,
    shortList,
    nothing,
    chosen,
    arm,
    ...(holdout === undefined ? {} : { holdout }),
    ...(withheld === undefined ? {} : { withheld }),
  } as DecisionRecord;
}

/** Reads and explains decisions; nothing is decided here. */
export function explanations(ports: DecisionPorts, deciding: Decisions) {
  const { store, keyring, understanding } = ports;

  async function decisionAt({ subject, slot, decision }: ProposalPlace): Promise<DecisionView | null> {
    const stream = await store.readStream(streamName('proposals', `${subject}.${slot}`));
    if (stream.kind !== 'open') return null;
    return foldDecisions(stream.facts).find((made) => made.decision === decision) ?? null;
  }

  async function catalogueNamed(hash: string): Promise<CatalogueRecorded | null> {
    const stream = await store.readStream(streamName('catalogue', hash), { limit: 1 });
    const [fact] = stream.kind === 'open' ? stream.facts : [];
    return fact?.type === catalogueRecorded.type ? (fact.data as CatalogueRecorded) : null;
  }

  async function explained(decision: DecisionView): Promise<Explained> {
    const { data, subject } = decision;
    const [book, recorded, [seen]] = await Promise.all([
      ports.book.current(),
      catalogueNamed(data.catalogueHash),
      // Recorded facts hold sealed text where the contract has an object.
      keyring.open([{ subject, sealed: data.seen as unknown as Sealed, of: { type: proposalDecided.type, field: 'seen' } }]),
    ]);
    const version = book.policies.get(data.policyId)?.versions[data.policyVersion - 1];
    if (recorded === null || version === undefined) throw new Error(`policy or catalogue of decision ${decision.factId} is missing`);
    if (seen === undefined || isRedacted(seen)) return { kind: 'redacted', decision, version, recorded, book };
    const catalogue = deciding.remembered(recorded, book, version.content.currency);
    if (catalogue === null) throw new Error(`an offer of catalogue ${recorded.hash} is missing`);
    const policy = policyOf(version, data.fallback);
    const record = recordOf(data, seen);
    return {
      kind: 'explained',
      decision,
      version,
      recorded,
      book,
      record,
      policy,
      catalogue,
      explanation: explain(record, policy, catalogue),
      replay: replay(record, policy, catalogue),
    };
  }

  return {
    decisionAt,
    explained,

    /** What would be chosen with today's features of the decision's subject. */
    async driftOf({ record, policy, catalogue }: Extract<Explained, { kind: 'explained' }>): Promise<Drift> {
      const { customers } = await understanding.featuresOf({ customers: [record.seen.unit] });
      return drift(record, policy, catalogue, customers[0]?.features ?? {});
    },

    whyNot: ({ record, policy, catalogue }: Judged, offerId: string): WhyNot | null => whyNot(record, policy, catalogue, offerId),
  };
}

export type Explanations = ReturnType<typeof explanations>;
