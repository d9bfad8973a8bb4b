import {
  BEGINNING,
  comparePositions,
  experienceLearned,
  type Fact,
  type FactRegistry,
  type FrequencyCapSet,
  frequencyCapSet,
  type HoldoutDefined,
  holdoutDefined,
  type OfferContent,
  type OfferCreated,
  offerCreated,
  type OfferPublished,
  offerPublished,
  type OfferRevised,
  offerRevised,
  type OfferWithdrawn,
  offerWithdrawn,
  type ExperienceLearned,
  type PolicyActivated,
  policyActivated,
  type PolicyContent,
  type PolicyEvaluationWaived,
  policyEvaluationWaived,
  type PolicyRegistered,
  policyRegistered,
  type PolicyRetired,
  policyRetired,
  type Position,
  type PurposeValueSet,
  purposeValueSet,
  type QuietHoursSet,
  quietHoursSet,
} from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import { setTimeout as pause } from 'node:timers/promises';
import type { Tried } from '@tsunagari/decisioning';

/** An offer as it stands, with all its revisions: a decision made on an old one still replays. */
export type OfferView = {
  readonly offerId: string;
  /** By revision, the first at 0. */
  readonly revisions: readonly OfferContent[];
  /** The revision that is published; null before. */
  readonly published: number | null;
  readonly withdrawn: string | null;
  readonly version: number;
};

export type PolicyVersion = {
  readonly policyId: string;
  readonly policyVersion: number;
  readonly content: PolicyContent;
  readonly hash: string;
  readonly author: string;
};

export type PolicyView = {
  readonly policyId: string;
  readonly versions: readonly PolicyVersion[];
  readonly waivers: readonly PolicyEvaluationWaived[];
  readonly retired: string | null;
  readonly version: number;
};

/** Everything that the brand has said and that holds for all customers alike. */
export type Book = {
  readonly offers: ReadonlyMap<string, OfferView>;
  readonly policies: ReadonlyMap<string, PolicyView>;
  /** By slot, the newest activation. */
  readonly active: ReadonlyMap<string, PolicyActivated>;
  readonly purposeValues: ReadonlyMap<string, PurposeValueSet>;
  readonly holdouts: ReadonlyMap<string, HoldoutDefined & { readonly version: number }>;
  readonly experience: ReadonlyMap<string, Tried>;
  /** By scope and channel. */
  readonly caps: ReadonlyMap<string, FrequencyCapSet>;
  readonly quietHours: QuietHoursSet | null;
  /** Changes with everything above. */
  readonly edition: number;
};

/** The policy that decides in a slot; null when none does, or it was retired. */
export function activePolicy(book: Book, slot: string): PolicyVersion | null {
  const activation = book.active.get(slot);
  const policy = activation === undefined ? undefined : book.policies.get(activation.policyId);
  return policy === undefined || policy.retired !== null ? null : (policy.versions[(activation?.policyVersion ?? 0) - 1] ?? null);
}

const TYPES = [
  offerCreated,
  offerRevised,
  offerPublished,
  offerWithdrawn,
  policyRegistered,
  policyEvaluationWaived,
  policyActivated,
  policyRetired,
  purposeValueSet,
  holdoutDefined,
  experienceLearned,
  frequencyCapSet,
  quietHoursSet,
].map(({ type }) => type);

const PAGE = 1000;

/** The book, kept in memory and brought up to the end of the log before every answer: a decision never misses what was just said. */
export type BookReader = {
  readonly current: () => Promise<Book>;
  /**
   * With the fact at this position in it. Where the log follows the store from afar, what was just appended comes a little later.
   * @throws when it has not come after ten seconds: the log does not follow.
   */
  readonly containing: (position: Position) => Promise<Book>;
};

const CONTAINED_WITHIN_MS = 10_000;

export function bookReader({ log, registry }: { readonly log: EventLog; readonly registry: FactRegistry }): BookReader {
  let book: Book = {
    offers: new Map(),
    policies: new Map(),
    active: new Map(),
    purposeValues: new Map(),
    holdouts: new Map(),
    experience: new Map(),
    caps: new Map(),
    quietHours: null,
    edition: 0,
  };
  let seen: Position = BEGINNING;
  let reading: Promise<void> | undefined;
  let asked = 0;
  let done = 0;

  async function readOn(): Promise<void> {
    for (;;) {
      const page = await log.read({ after: seen, types: TYPES, limit: PAGE });
      for (const fact of page.facts) {
        const decoded = registry.decode(fact);
        if (decoded.kind === 'decoded') book = evolveBook(book, { ...fact, data: decoded.data });
      }
      if (page.upTo === seen || page.atEnd) {
        seen = page.upTo;
        return;
      }
      seen = page.upTo;
    }
  }

  const reader: BookReader = {
    async containing(position) {
      for (const end = performance.now() + CONTAINED_WITHIN_MS; ; await pause(20)) {
        const read = await reader.current();
        if (comparePositions(seen, position) >= 0) return read;
        if (performance.now() > end) throw new Error(`the log stands at ${seen}, and ${position} was appended ten seconds ago`);
      }
    },
    async current() {
      // Whoever asks while somebody reads waits for that, and then for a reading that began after the question.
      const mine = ++asked;
      while (reading !== undefined) await reading;
      if (mine <= done) return book;
      const upTo = asked;
      reading = readOn().finally(() => {
        reading = undefined;
      });
      await reading;
      done = Math.max(done, upTo);
      return book;
    },
  };
  return reader;
}

function evolveBook(book: Book, fact: Fact): Book {
  const edition = book.edition + 1;
  switch (fact.type) {
    case offerCreated.type:
    case offerRevised.type: {
      const { offerId, content, revision } = fact.data as OfferCreated | OfferRevised;
      const known = book.offers.get(offerId);
      return withOffer(book, {
        offerId,
        revisions: [...(known?.revisions ?? []), content],
        published: known?.published == null ? null : revision,
        withdrawn: known?.withdrawn ?? null,
        version: fact.version,
      });
    }
    case offerPublished.type: {
      const { offerId, revision } = fact.data as OfferPublished;
      const known = book.offers.get(offerId);
      return known === undefined ? book : withOffer(book, { ...known, published: revision, version: fact.version });
    }
    case offerWithdrawn.type: {
      const { offerId, reason } = fact.data as OfferWithdrawn;
      const known = book.offers.get(offerId);
      return known === undefined ? book : withOffer(book, { ...known, withdrawn: reason, version: fact.version });
    }
    case policyRegistered.type: {
      const { policyId, policyVersion, content, hash, author } = fact.data as PolicyRegistered;
      const known = book.policies.get(policyId);
      const version = { policyId, policyVersion, content, hash, author };
      return withPolicy(book, {
        policyId,
        versions: [...(known?.versions ?? []), version],
        waivers: known?.waivers ?? [],
        retired: known?.retired ?? null,
        version: fact.version,
      });
    }
    case policyEvaluationWaived.type: {
      const waiver = fact.data as PolicyEvaluationWaived;
      const known = book.policies.get(waiver.policyId);
      return known === undefined ? book : withPolicy(book, { ...known, waivers: [...known.waivers, waiver], version: fact.version });
    }
    case policyRetired.type: {
      const { policyId, reason } = fact.data as PolicyRetired;
      const known = book.policies.get(policyId);
      return known === undefined ? book : withPolicy(book, { ...known, retired: reason, version: fact.version });
    }
    case policyActivated.type: {
      const activation = fact.data as PolicyActivated;
      const known = book.policies.get(activation.policyId);
      const moved = known === undefined ? book : withPolicy(book, { ...known, version: fact.version });
      const active = new Map(book.active);
      for (const slot of activation.slots) active.set(slot, activation);
      return { ...moved, active, edition };
    }
    case purposeValueSet.type: {
      const value = fact.data as PurposeValueSet;
      return { ...book, purposeValues: new Map(book.purposeValues).set(value.purposeId, value), edition };
    }
    case holdoutDefined.type: {
      const holdout = fact.data as HoldoutDefined;
      return { ...book, holdouts: new Map(book.holdouts).set(holdout.holdoutId, { ...holdout, version: fact.version }), edition };
    }
    case experienceLearned.type: {
      const { offers } = fact.data as ExperienceLearned;
      return { ...book, experience: new Map(offers.map(({ offerId, ...tried }) => [offerId, tried])), edition };
    }
    case frequencyCapSet.type: {
      const cap = fact.data as FrequencyCapSet;
      return { ...book, caps: new Map(book.caps).set(`${cap.scope}/${cap.channel ?? ''}`, cap), edition };
    }
    case quietHoursSet.type:
      return { ...book, quietHours: fact.data as QuietHoursSet, edition };
    default:
      return book;
  }
}

function withOffer(book: Book, offer: OfferView): Book {
  return { ...book, offers: new Map(book.offers).set(offer.offerId, offer), edition: book.edition + 1 };
}

function withPolicy(book: Book, policy: PolicyView): Book {
  return { ...book, policies: new Map(book.policies).set(policy.policyId, policy), edition: book.edition + 1 };
}
