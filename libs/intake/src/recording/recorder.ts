import {
  type FactDefinition,
  type FactMeta,
  identifierLinked,
  identifierRegistered,
  type NewFact,
  refusal,
  type Refusal,
  streamName,
} from '@tsunagari/contracts';
import type { Append, AppendOutcome, EventStore } from '@tsunagari/event-store';
import { intakeFactId, type Keyring, type PlainFact, registrationFactId, type SubjectOf } from '@tsunagari/privacy';
import type { Quarantine } from '../quarantine/quarantine';
import { BoundedSet } from './bounded-set';
import type { Observation, Rejected, SeenIdentifier } from './observation';

/** What became of one observation. `recorded` with `duplicate`: it stood there before, nothing changed. */
export type ObservationOutcome =
  | { readonly kind: 'recorded'; readonly duplicate: boolean; readonly facts: number; readonly registered: number }
  | { readonly kind: 'quarantined'; readonly quarantineId: string; readonly refusal: Refusal };

/** `overloaded`: some or all was not written; everything may be sent again, what stands already stays as it is. */
export type RecordOutcome =
  | { readonly kind: 'done'; readonly outcomes: readonly ObservationOutcome[]; readonly rejected: readonly string[] }
  | { readonly kind: 'overloaded'; readonly retryAfterMs: number };

/** One fact on its way: sealed, but not yet known whether all of its observation may go. */
type Planned = { readonly observation: number; readonly stream: string; readonly expected: 'any' | 'none'; readonly plain: PlainFact };
type Pending = { readonly append: Append; readonly observation: number; readonly shared: string | null };

const KNOWN_LINKS = 200_000;

/**
 * Turns observations into facts: finds the subjects, seals, appends, and puts what is refused into quarantine. One round trip each for the
 * keyring's two questions and the store's append, however many observations.
 *
 * Every id is a hash of what the source sent, so recording the same again has no effect; a crash at any point is mended by sending again.
 */
export class Recorder {
  /** Links known to stand in the store. Only a shortcut: a link that is not in it is appended once more and found to be a duplicate. */
  private readonly knownLinks = new BoundedSet(KNOWN_LINKS);

  constructor(
    private readonly store: EventStore,
    private readonly keyring: Keyring,
    private readonly quarantine: Quarantine,
  ) {}

  async record(observations: readonly Observation[], rejected: readonly Rejected[] = []): Promise<RecordOutcome> {
    const subjects = await this.subjectsOf(observations);
    const refusals: (Rejected | null)[] = observations.map((observation, index) => unfitOwner(observation, subjects[index] ?? []));
    const planned = observations.flatMap((observation, index) =>
      refusals[index] ? [] : plan(observation, index, subjects[index] ?? [], this.knownLinks),
    );
    const sealed = await this.keyring.seal(planned.map(({ plain }) => plain));
    const facts: (NewFact | null)[] = sealed.map((outcome, index) => {
      if (outcome.kind === 'sealed') return outcome.fact;
      const { observation } = planned[index] as Planned;
      refusals[observation] ??= rejectedAs(observations[observation] as Observation, outcome.refusal);
      return null;
    });

    const pending = appendsOf(planned, facts, (observation) => refusals[observation] !== null);
    const outcomes = await this.store.appendMany(pending.map(({ append }) => append));
    const overloaded = outcomes.find((outcome) => outcome.kind === 'overloaded');
    if (overloaded) return overloaded;

    const registered: string[] = [];
    const duplicate = observations.map(() => true);
    const counted = observations.map(() => ({ facts: 0, registered: 0 }));
    outcomes.forEach((outcome, index) => {
      const { append, observation, shared } = pending[index] as Pending;
      const count = counted[observation];
      if (shared !== null) {
        // A registration or link that stands already, with whatever content, is as good as a new one.
        if (append.expected === 'any') this.knownLinks.add(shared);
        else {
          const subject = append.facts[0]?.subject;
          if (subject) registered.push(subject);
          if (count && outcome.kind === 'appended' && !outcome.duplicate) count.registered += 1;
        }
        return;
      }
      if (count) count.facts += append.facts.length;
      const broken = refusalOf(outcome, append);
      if (broken) refusals[observation] ??= rejectedAs(observations[observation] as Observation, broken);
      else if (outcome.kind === 'appended' && !outcome.duplicate) duplicate[observation] = false;
    });

    // Until it is told so, the keyring calls a subject new, and its registration is appended again: that mends a crash in between.
    if (registered.length > 0) await this.keyring.registered(registered);
    const all = [...rejected, ...refusals.filter((refused) => refused !== null)];
    const kept = await this.quarantine.keep(all);
    if (kept.kind === 'overloaded') return kept;
    let next = rejected.length;
    return {
      kind: 'done',
      rejected: kept.ids.slice(0, rejected.length),
      outcomes: refusals.map((refused, index) => {
        if (refused) return { kind: 'quarantined', quarantineId: kept.ids[next++] ?? '', refusal: refused.refusal };
        return { kind: 'recorded', duplicate: duplicate[index] ?? false, ...(counted[index] ?? { facts: 0, registered: 0 }) };
      }),
    };
  }

  /** Per observation the subjects of its identifiers, in order: one question to the keyring for all of them. */
  private async subjectsOf(observations: readonly Observation[]): Promise<(readonly SubjectOf[])[]> {
    const places = new Map<string, number>();
    const asked: SeenIdentifier[] = [];
    for (const { identifiers } of observations)
      for (const identifier of identifiers) {
        const key = keyOf(identifier);
        if (places.has(key)) continue;
        places.set(key, asked.length);
        asked.push(identifier);
      }
    if (asked.length === 0) return observations.map(() => []);
    const found = await this.keyring.subjectsOf(
      asked.map(({ type, value }) => ({ type, value })),
      { create: true },
    );
    return observations.map(({ identifiers }) =>
      identifiers.map((identifier) => found[places.get(keyOf(identifier)) ?? -1] ?? { kind: 'unknown' as const }),
    );
  }
}

function keyOf({ type, value }: SeenIdentifier): string {
  return `${type} ${value}`;
}

function rejectedAs(observation: Observation, broken: Refusal): Rejected {
  const { source, messageId, body, line } = observation;
  // Of an erased subject nothing is kept, not even sealed.
  return {
    source,
    messageId,
    refusal: broken,
    body: broken.code === 'SUBJECT_ERASED' ? null : body,
    ...(line === undefined ? {} : { line }),
  };
}

/** Whoever a fact would belong to must be somebody that facts may be recorded of. */
function unfitOwner(observation: Observation, subjects: readonly SubjectOf[]): Rejected | null {
  const owners = observation.facts.flatMap(({ of }) => of ?? []);
  for (const index of new Set(observation.identifiers.length > 0 ? [0, ...owners] : owners)) {
    const kind = subjects[index]?.kind;
    if (kind === 'erased')
      return rejectedAs(observation, refusal('SUBJECT_ERASED', null, 'facts of an erased customer are not taken any more'));
    if (kind !== 'known') {
      const field = observation.identifiers[index]?.type ?? null;
      return rejectedAs(observation, refusal('INVALID_FIELD', field, 'an identifier is well-formed text of 1 to 512 characters'));
    }
  }
  return null;
}

/** The facts that an observation asks for: registrations first, then links, then what happened. */
function plan(observation: Observation, index: number, subjects: readonly SubjectOf[], knownLinks: BoundedSet): Planned[] {
  const { source, messageId, occurred, identifiers, links, facts, clocks } = observation;
  const firstId = intakeFactId(source, messageId);
  const meta: FactMeta = { actor: source, source, correlationId: firstId, ...clocks };
  const planned: Planned[] = [];
  const subjectAt = (place: number): string | null => {
    const subject = subjects[place];
    return subject?.kind === 'known' ? subject.subject : null;
  };
  const add = (
    id: string,
    definition: FactDefinition,
    subject: string | null,
    data: unknown,
    stream: string,
    expected: 'any' | 'none',
  ): void => {
    planned.push({ observation: index, stream, expected, plain: { id, definition, subject, data, meta, occurred } });
  };

  identifiers.forEach((identifier, place) => {
    const seen = subjects[place];
    if (seen?.kind !== 'known' || !seen.isNew) return;
    const { subject } = seen;
    const id = registrationFactId(subject);
    const { type, value, verified, kind, blockedBy } = identifier;
    const data = { identifierType: type, value, verified, kind, ...(blockedBy === undefined ? {} : { blockedBy }) };
    add(id, identifierRegistered, subject, data, streamName('identifier', subject), 'none');
  });
  for (const { between, verified } of links) {
    const [a, b] = [subjectAt(between[0]), subjectAt(between[1])];
    const [first, second] = [identifiers[between[0]], identifiers[between[1]]];
    if (a === null || b === null || a === b || !first || !second) continue;
    // One fact per pair and trust: a sign-in on every page must not grow the log.
    const id = intakeFactId('link', `${a} ${b} ${String(verified)}`);
    if (knownLinks.has(id)) continue;
    const data = { subjects: [a, b], types: [first.type, second.type], verified, evidenceEventId: firstId };
    add(id, identifierLinked, a, data, streamName('identifier', a), 'any');
  }
  facts.forEach(({ definition, data, of, stream, expected }, n) => {
    const subject = of === null ? null : subjectAt(of);
    if (subject === null && (of !== null || typeof stream === 'string')) return;
    const name =
      typeof stream === 'string'
        ? streamName(stream, subject ?? '')
        : 'order' in stream
          ? streamName('order', stream.order)
          : streamName(stream.category, stream.id);
    add(n === 0 ? firstId : intakeFactId(source, messageId, n), definition, subject, data, name, expected);
  });
  return planned;
}

/** One append per shared fact (registration, link), one per stream of an observation. */
function appendsOf(planned: readonly Planned[], facts: readonly (NewFact | null)[], refused: (observation: number) => boolean): Pending[] {
  const pending: Pending[] = [];
  const shared = new Set<string>();
  let open: { observation: number; stream: string; facts: NewFact[] } | null = null;
  planned.forEach(({ observation, stream, expected, plain }, index) => {
    const fact = facts[index];
    if (!fact || refused(observation)) return;
    if (plain.definition === identifierRegistered || plain.definition === identifierLinked) {
      if (shared.has(fact.id)) return;
      shared.add(fact.id);
      pending.push({ append: { stream, expected, facts: [fact] }, observation, shared: fact.id });
      return;
    }
    if (open?.observation === observation && open.stream === stream) {
      open.facts.push(fact);
      return;
    }
    open = { observation, stream, facts: [fact] };
    pending.push({ append: { stream, expected, facts: open.facts }, observation, shared: null });
  });
  return pending;
}

function refusalOf(outcome: AppendOutcome, append: Append): Refusal | null {
  switch (outcome.kind) {
    case 'mismatch':
      return refusal('DUPLICATE_CONTENT', 'messageId', 'a message id stands for one content', 'Release it if it is another message.');
    case 'conflict':
      return refusal(
        'DUPLICATE_CONTENT',
        'orderId',
        `an order is placed once; ${append.stream} stands already`,
        'Send an update of the order.',
      );
    case 'closed':
      return refusal('STREAM_CLOSED', null, `${append.stream} is closed for ever`);
    case 'refused':
      return refusal('OVERSIZE', outcome.field, outcome.rule);
    default:
      return null;
  }
}
