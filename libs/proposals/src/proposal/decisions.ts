import { type Asked, type CommandEnvelope, type CommandResult, envelopeOf } from '@tsunagari/command';
import {
  catalogueRecorded,
  type CatalogueRecorded,
  identifierRegistered,
  refusal,
  streamName,
  type Fact,
  type Refusal,
  type UnderstoodCustomers,
} from '@tsunagari/contracts';
import { type Catalogue, type Circumstances, decide, type DecisionRecord, type Policy } from '@tsunagari/decisioning';
import { commandFactId } from '@tsunagari/privacy';
import { activePolicy, type Book, type PolicyVersion } from '../book/book';
import { catalogueData, catalogueOf, policyOf } from '../book/catalogue';
import { seedFrom } from '../book/content-hash';
import { circumstanceTypes, fatigueOf, ownCircumstances } from './circumstances';
import { type Consents, consentsOf } from './consents';
import { type ProposalCommand, type ProposedDecision, proposalDecider } from './proposal.decider';
import { type DecisionView, openDecisions } from './proposal.read-model';
import type { DecisionPorts } from './proposals.ports';

/** The most proposals of one decision. */
export const LONGEST_SLATE = 10;

/** What all customers of one run share: the policy, and what could be proposed. */
export type Setting = {
  readonly slot: string;
  readonly count: number;
  readonly at: string;
  readonly version: PolicyVersion;
  readonly policy: Policy;
  readonly catalogue: Catalogue;
  readonly recorded: CatalogueRecorded;
  readonly used: Readonly<Record<string, number>>;
  readonly book: Book;
};

export type SettingOptions = {
  /** A policy that need not be active. */
  readonly named?: { readonly policyId: string; readonly policyVersion: number };
  /** The book as the request has read it; read anew without. */
  readonly book?: () => Promise<Book>;
};

export type Subjects = { readonly customer: string; readonly subjects: readonly string[] };

/** One customer's decision before it is recorded; or the one that stands. */
export type Outcome =
  | { readonly kind: 'open'; readonly decision: DecisionView }
  | {
      readonly kind: 'decided';
      readonly record: DecisionRecord;
      readonly fallback: boolean;
      /** Whether her understanding may be used: she agreed to profiling, or the policy takes silence for it. */
      readonly profiled: boolean;
      readonly understanding: ProposedDecision['understanding'];
      /** What was read of the stream that it goes to. */
      readonly past: readonly Fact[];
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export type Decided =
  | { readonly kind: 'decided'; readonly decision: DecisionView; readonly result: Extract<CommandResult, { kind: 'accepted' }> }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Deciding: for one customer in a request, and for many in a run. Reading never decides. */
export function decisions(ports: DecisionPorts) {
  const { path, store, journal, keyring, identity, understanding, mayContact, used } = ports;
  const catalogues = new Map<string, Catalogue>();
  const stored = new Set<string>();
  let ofEdition: { readonly edition: number; readonly data: CatalogueRecorded } | undefined;

  /** What decides in the slot now, or the policy named. */
  async function settingOf(
    slot: string,
    count: number,
    at: string,
    { named, book: reading }: SettingOptions = {},
  ): Promise<Setting | Refusal> {
    if (!/^[a-z][a-z0-9_]{0,39}$/.test(slot))
      return refusal('INVALID_FIELD', 'slot', 'a slot has 1 to 40 lower case letters, digits and underscores');
    if (count < 1 || count > LONGEST_SLATE) return refusal('INVALID_FIELD', 'count', `from 1 to ${LONGEST_SLATE} proposals`);
    const book = await (reading?.() ?? ports.book.current());
    const version =
      named === undefined ? activePolicy(book, slot) : (book.policies.get(named.policyId)?.versions[named.policyVersion - 1] ?? null);
    if (version === null)
      return named === undefined
        ? refusal('NO_ACTIVE_POLICY', 'slot', 'a slot is decided by an active policy', `activate a policy in ${slot}`)
        : refusal('UNKNOWN_POLICY', 'policyId', 'only a registered policy can decide');
    if (ofEdition?.edition !== book.edition) ofEdition = { edition: book.edition, data: catalogueData(book) };
    const recorded = ofEdition.data;
    const { currency } = version.content;
    const catalogue = remembered(recorded, book, currency);
    if (catalogue === null) throw new Error(`the catalogue ${recorded.hash} names an offer that the book does not have`);
    const capped = catalogue.offers.filter(({ caps }) => caps.total !== null).map(({ id }) => id);
    return {
      slot,
      count,
      at,
      version,
      policy: policyOf(version),
      catalogue,
      recorded,
      book,
      used: capped.length === 0 ? {} : await used(capped),
    };
  }

  /** Compiled once for a content and a currency. */
  function remembered(recorded: CatalogueRecorded, book: Book, currency: string): Catalogue | null {
    const key = `${recorded.hash}/${currency}`;
    const known = catalogues.get(key);
    if (known !== undefined) return known;
    const made = catalogueOf(recorded, book.offers, currency);
    if (made !== null) {
      if (catalogues.size >= 50) catalogues.clear();
      catalogues.set(key, made);
    }
    return made;
  }

  /** Decides for many customers: a handful of reads for all of them. Writes nothing. */
  async function outcomesOf(
    setting: Setting,
    customers: readonly Subjects[],
    seedOf: (customer: string) => number,
    known?: UnderstoodCustomers,
  ): Promise<readonly Outcome[]> {
    if (customers.length === 0) return [];
    const { at, book, catalogue, version } = setting;
    const [facts, understood, consents] = await Promise.all([
      journal.bySubjects({ subjects: customers.flatMap(({ subjects }) => subjects), types: circumstanceTypes }),
      known ?? understanding.featuresOf({ customers: customers.map(({ customer }) => customer) }),
      consentsOf(mayContact, catalogue, customers, at),
    ]);
    const ofSubject = new Map<string, Fact[]>();
    for (const fact of facts) {
      const own = ofSubject.get(fact.subject ?? '');
      if (own) own.push(fact);
      else ofSubject.set(fact.subject ?? '', [fact]);
    }
    const stale = understood.lagMs > version.content.understanding.maxLagSeconds * 1000;
    return customers.map(({ customer, subjects }, n) => {
      const facts = subjects.flatMap((subject) => ofSubject.get(subject) ?? []);
      if (!facts.some(({ type }) => type === identifierRegistered.type)) return { kind: 'refused', refusal: unknownCustomer };
      if (subjects.length > 1) facts.sort((a, b) => a.position.length - b.position.length || (a.position < b.position ? -1 : 1));
      const { decisions: made, unanswered, ...own } = ownCircumstances(facts, book, at);
      const open = openDecisions(made, at).get(setting.slot);
      if (open !== undefined) return { kind: 'open', decision: open };
      if (stale && version.content.understanding.whenOlder === 'refuse')
        return { kind: 'refused', refusal: tooOld(version, understood.lagMs) };
      const { granted, profiling } = consents[n] as Consents;
      const profiled = profiling === 'granted' || (profiling === 'unknown' && version.content.profiling === 'not_denied');
      const usable = !stale && profiled;
      const circumstances: Circumstances = {
        at: Date.parse(at),
        unit: customer,
        features: usable ? (understood.customers[n]?.features ?? {}) : {},
        consent: granted,
        used: setting.used,
        fatigue: fatigueOf({ unanswered }, version.content.fatigue),
        ...own,
      };
      const policy = stale ? policyOf(version, 'rules') : setting.policy;
      const { slot, count } = setting;
      const record = decide({ slot, count, seed: seedOf(customer), policy, catalogue, circumstances });
      const { version: understood_, position, lagMs } = understood;
      const stream = streamOf(customer, slot);
      const past = facts.filter((fact) => fact.stream === stream);
      return { kind: 'decided', record, fallback: stale, profiled, understanding: { version: understood_, position, lagMs }, past };
    });
  }

  /** The catalogue stands in the store before a decision names it. Harmless when it does already. */
  async function recordCatalogue(data: CatalogueRecorded, asked: Asked): Promise<Refusal | undefined> {
    if (stored.has(data.hash)) return undefined;
    const [sealed] = await keyring.seal([
      {
        id: commandFactId(`catalogue ${data.hash}`, 0),
        definition: catalogueRecorded,
        subject: null,
        data,
        meta: { actor: 'system:decisions', source: 'proposals', correlationId: asked.requestId },
        occurred: asked.at,
      },
    ]);
    if (sealed?.kind !== 'sealed') return sealed?.refusal;
    const outcome = await store.append({ stream: streamName('catalogue', data.hash), expected: 'none', facts: [sealed.fact] });
    if (outcome.kind === 'overloaded') return refusal('OVERLOADED', null, 'the event store has more work than it can queue', 'try again');
    if (outcome.kind === 'refused') return refusal('OVERSIZE', outcome.field, outcome.rule);
    stored.add(data.hash);
    return undefined;
  }

  function deciding(
    setting: Setting,
    customer: string,
    outcome: Outcome & { kind: 'decided' },
    asked: Asked,
  ): CommandEnvelope<ProposalCommand> {
    const { slot, count, recorded } = setting;
    return {
      stream: streamOf(customer, slot),
      command: { kind: 'DecideProposals', subject: customer, at: asked.at, decided: proposedDecision(setting, outcome) },
      body: { kind: 'DecideProposals', customer, slot, count },
      ...envelopeOf(asked, 'proposals'),
      prepare: () => recordCatalogue(recorded, asked),
    };
  }

  /** Records outcomes of many customers in one batch, each under a key of its own. */
  function recordMany(
    setting: Setting,
    outcomes: readonly { readonly customer: string; readonly outcome: Outcome & { kind: 'decided' } }[],
    asked: Asked,
  ): Promise<readonly CommandResult[]> {
    return path.executeMany(
      proposalDecider,
      outcomes.map(({ customer, outcome }) => ({
        envelope: deciding(setting, customer, outcome, { ...asked, idempotencyKey: `${asked.idempotencyKey}.${customer}` }),
        past: outcome.past,
      })),
    );
  }

  /** Records one outcome. A race for the same subject and slot has one winner; the others get what stands. */
  async function record(setting: Setting, { customer }: Subjects, outcome: Outcome & { kind: 'decided' }, asked: Asked): Promise<Decided> {
    const { slot } = setting;
    const [result] = await path.executeMany(proposalDecider, [
      { envelope: deciding(setting, customer, outcome, asked), past: outcome.past },
    ]);
    if (result === undefined || result.kind === 'refused') return result ?? { kind: 'refused', refusal: changedMeanwhile };
    const state = await store.readStream(streamOf(customer, slot));
    const facts = state.kind === 'open' ? state.facts : [];
    const decision = openDecisions(ownCircumstances(facts, setting.book, asked.at).decisions, asked.at).get(slot);
    if (decision === undefined) return { kind: 'refused', refusal: changedMeanwhile };
    return { kind: 'decided', decision, result };
  }

  return {
    settingOf,
    outcomesOf,
    recordMany,
    remembered,

    /** Decides for one customer. A decision that stands is given back as it is. */
    async decideProposals(
      { customer: named, slot, count }: { readonly customer: string; readonly slot: string; readonly count: number },
      asked: Asked,
      options: Pick<SettingOptions, 'book'> = {},
    ): Promise<Decided> {
      const [setting, member] = await Promise.all([settingOf(slot, count, asked.at, options), identity.membersOf(named)]);
      if ('code' in setting) return { kind: 'refused', refusal: setting };
      const [[outcome], gone] = await Promise.all([
        outcomesOf(setting, [member], () => seedFrom(asked.idempotencyKey)),
        keyring.erased(member.subjects),
      ]);
      if (gone.size > 0) return { kind: 'refused', refusal: erased };
      switch (outcome?.kind) {
        case 'open': {
          const { decision } = outcome;
          const repeated = decision.factId === commandFactId(asked.idempotencyKey, 0);
          if (repeated && decision.data.count !== count) return { kind: 'refused', refusal: otherBody };
          return {
            kind: 'decided',
            decision,
            result: { kind: 'accepted', position: decision.position, version: decision.version, repeated },
          };
        }
        case 'decided':
          return record(setting, member, outcome, asked);
        default:
          return outcome ?? { kind: 'refused', refusal: unknownCustomer };
      }
    },
  };
}

function streamOf(customer: string, slot: string): string {
  return streamName('proposals', `${customer}.${slot}`);
}

export type Decisions = ReturnType<typeof decisions>;

function proposedDecision(
  { version, catalogue, at }: Setting,
  { record, fallback, understanding }: Outcome & { kind: 'decided' },
): ProposedDecision {
  return {
    record,
    policyId: version.policyId,
    policyVersion: version.policyVersion,
    ...(fallback ? { fallback: 'rules' } : {}),
    understanding,
    expiresAt: new Date(Date.parse(at) + version.content.validHours * 3_600_000).toISOString(),
    offers: record.chosen.flatMap(({ offer }) => {
      const found = offer === null ? undefined : catalogue.offers[offer];
      return found === undefined ? [] : [{ offerId: found.id, revision: found.revision }];
    }),
  };
}

function tooOld({ content }: PolicyVersion, lagMs: number): Refusal {
  return refusal(
    'UNDERSTANDING_STALE',
    null,
    `understanding is at most ${content.understanding.maxLagSeconds} s old when this policy decides; it is ${Math.ceil(lagMs / 1000)} s old`,
    'try again when the read models have caught up, or give the policy a fallback',
  );
}

const changedMeanwhile = refusal('OVERLOADED', null, 'the decision changed meanwhile', 'try again');
const unknownCustomer = refusal(
  'UNKNOWN_CUSTOMER',
  'customerId',
  'the customer is one that the platform has seen',
  'look her up by an identifier',
);
const otherBody = refusal(
  'IDEMPOTENCY_MISMATCH',
  'idempotencyKey',
  'an idempotency key stands for one body',
  'send the first body again, or a new key',
);
const erased = refusal('SUBJECT_ERASED', 'customerId', 'nothing is decided for an erased customer');
