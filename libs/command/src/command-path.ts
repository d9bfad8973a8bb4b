import { type Append, type AppendOutcome, type EventStore, type ExpectedVersion } from '@tsunagari/event-store';
import { refusal, type Fact, type FactMeta, type NewFact, type Position, type Refusal } from '@tsunagari/contracts';
import { commandFactId, type Keyring, type PlainFact, type SealOutcome } from '@tsunagari/privacy';
import type { DecidedFact, Decider } from './decider';
import { upcast } from './upcast';

export type CommandEnvelope<C> = {
  /** The stream in which the decision is made consistent. */
  readonly stream: string;
  readonly command: C;
  /** What the caller sent, without what was looked up since: a repeat is recognised by it. */
  readonly body: unknown;
  /** Chosen by the caller, one per intention: the same key with the same body returns the first result. */
  readonly idempotencyKey: string;
  /** The stream's version that the caller saw; a mismatch is refused with `VERSION_CONFLICT`. */
  readonly expectedVersion?: number;
  readonly actor: string;
  readonly source: string;
  readonly correlationId: string;
  readonly causationId?: string;
  /** When it was asked for, ISO 8601; the business time of the facts unless the decision says otherwise. */
  readonly at: string;
  /**
   * What has to stand before the facts of an accepted command do (the registration of a subject, say): runs after everything was
   * checked and right before the append, so a refused command writes nothing. Repeating it must be harmless.
   */
  readonly prepare?: () => Promise<Refusal | undefined>;
};

/**
 * What became of a command. `repeated`: the same key came before with the same body; nothing was written now.
 * `position` is what a client sends as `atLeast` to read its own write.
 */
export type CommandResult =
  | { readonly kind: 'accepted'; readonly position: Position | null; readonly version: number; readonly repeated: boolean }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly actualVersion?: number };

export type CommandPath = {
  /** Load, fold, decide, append. A race lost without `expectedVersion` is decided anew on the newer state, at most eight times. */
  readonly execute: <C, S>(decider: Decider<C, S>, envelope: CommandEnvelope<C>) => Promise<CommandResult>;
  /**
   * Commands of many streams, each decided on what its caller has just read of the stream: nothing is loaded, all facts are sealed
   * together and appended in one batch. Results stand in the order of the input. Whoever loses a race is decided anew, as
   * {@link execute} does, so what was read may be behind.
   */
  readonly executeMany: <C, S>(decider: Decider<C, S>, commands: readonly CommandOnPast<C>[]) => Promise<readonly CommandResult[]>;
};

/** A command with all facts of its stream, as they were read. */
export type CommandOnPast<C> = { readonly envelope: CommandEnvelope<C>; readonly past: readonly Fact[] };

const ATTEMPTS = 8;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;

/** The one thin path of every command. `store` decides consistency, `keyring` checks and seals what was decided. */
export function commandPath(ports: { readonly store: EventStore; readonly keyring: Keyring }): CommandPath {
  const { store, keyring } = ports;
  const inTurn = turns();

  async function execute<C, S>(decider: Decider<C, S>, envelope: CommandEnvelope<C>): Promise<CommandResult> {
    if (!IDEMPOTENCY_KEY.test(envelope.idempotencyKey)) return refused(noKey);
    const fingerprint = keyring.fingerprint(envelope.body);

    for (let attempt = 1; ; attempt++) {
      const stream = await store.readStream(envelope.stream);
      if (stream.kind === 'closed') return refused(refusal('STREAM_CLOSED', null, `${envelope.stream} is closed for ever`));
      const past = stream.kind === 'open' ? stream.facts : [];
      const version = stream.kind === 'open' ? stream.lastVersion : 0;

      const decided = decideOn(decider, envelope, fingerprint, past, version);
      if (decided.kind !== 'facts') return decided;
      const sealed = sealedFacts(await keyring.seal(plainFacts(decided.facts, envelope, fingerprint)));
      if ('code' in sealed) return refused(sealed);
      const unprepared = await envelope.prepare?.();
      if (unprepared) return refused(unprepared);
      const outcome = await store.append({ stream: envelope.stream, expected: expectedOf(version), facts: sealed });
      const result = resultOf(envelope, outcome);
      if (result !== 'again') return result;
      if (attempt === ATTEMPTS)
        return refused(refusal('OVERLOADED', null, `${envelope.stream} changed ${ATTEMPTS} times meanwhile`, 'try again'));
    }
  }

  async function executeMany<C, S>(decider: Decider<C, S>, commands: readonly CommandOnPast<C>[]): Promise<readonly CommandResult[]> {
    const results: (CommandResult | undefined)[] = commands.map(() => undefined);
    const plain: PlainFact[] = [];
    const writing: { readonly at: number; readonly from: number; readonly version: number; readonly envelope: CommandEnvelope<C> }[] = [];
    for (const [at, { envelope, past }] of commands.entries()) {
      if (!IDEMPOTENCY_KEY.test(envelope.idempotencyKey)) {
        results[at] = refused(noKey);
        continue;
      }
      const fingerprint = keyring.fingerprint(envelope.body);
      const version = past.at(-1)?.version ?? 0;
      const decided = decideOn(decider, envelope, fingerprint, past, version);
      if (decided.kind !== 'facts') {
        results[at] = decided;
        continue;
      }
      writing.push({ at, from: plain.length, version, envelope });
      plain.push(...plainFacts(decided.facts, envelope, fingerprint));
    }
    const outcomes = plain.length === 0 ? [] : await keyring.seal(plain);
    const appends: (Append & { readonly at: number })[] = [];
    for (const [n, { at, from, version, envelope }] of writing.entries()) {
      const sealed = sealedFacts(outcomes.slice(from, writing[n + 1]?.from));
      const refusal = 'code' in sealed ? sealed : await envelope.prepare?.();
      if (refusal) results[at] = refused(refusal);
      else if (!('code' in sealed)) appends.push({ at, stream: envelope.stream, expected: expectedOf(version), facts: sealed });
    }
    const appended = appends.length === 0 ? [] : await store.appendMany(appends.map(({ at: _, ...append }) => append));
    for (const [n, { at }] of appends.entries()) {
      const [command, outcome] = [commands[at], appended[n]];
      if (command === undefined || outcome === undefined) continue;
      const result = resultOf(command.envelope, outcome);
      results[at] = result === 'again' ? await execute(decider, command.envelope) : result;
    }
    return results.map((result) => result ?? refused(refusal('OVERLOADED', null, 'the event store gave no answer', 'try again')));
  }

  return {
    execute: (decider, envelope) => inTurn(envelope.stream, () => execute(decider, envelope)),
    executeMany,
  };
}

/**
 * Whoever writes to a stream waits for those before him in this process: of many at once on one stream all but one would lose their
 * race, again and again. Between processes the expected version decides.
 */
function turns(): <T>(stream: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return async (stream, work) => {
    const mine = (last.get(stream) ?? Promise.resolve()).then(work);
    const over = mine.catch(() => undefined);
    last.set(stream, over);
    try {
      return await mine;
    } finally {
      if (last.get(stream) === over) last.delete(stream);
    }
  };
}

/** What a command makes of a past: facts to be appended, or its result when there are none. */
function decideOn<C, S>(
  decider: Decider<C, S>,
  envelope: CommandEnvelope<C>,
  fingerprint: string,
  past: readonly Fact[],
  version: number,
): CommandResult | { readonly kind: 'facts'; readonly facts: readonly DecidedFact[] } {
  const first = repeatOf(envelope, fingerprint, past);
  if (first) return first;
  if (envelope.expectedVersion !== undefined && envelope.expectedVersion !== version)
    return versionConflict(envelope.expectedVersion, version);
  const state = past.reduce((folded, fact) => decider.evolve(folded, upcast(fact)), decider.initial);
  const decision = decider.decide(envelope.command, state);
  if (decision.kind === 'refused') return refused(decision.refusal);
  if (decision.facts.length === 0) return { kind: 'accepted', position: past.at(-1)?.position ?? null, version, repeated: false };
  return { kind: 'facts', facts: decision.facts };
}

/** `again`: somebody else was faster, and the caller did not say which version he saw: decide on what now stands. */
function resultOf<C>(envelope: CommandEnvelope<C>, outcome: AppendOutcome): CommandResult | 'again' {
  switch (outcome.kind) {
    case 'appended':
      return { kind: 'accepted', position: outcome.position, version: outcome.version, repeated: outcome.duplicate };
    case 'conflict':
      return envelope.expectedVersion === undefined ? 'again' : versionConflict(envelope.expectedVersion, outcome.actual);
    case 'closed':
      return refused(refusal('STREAM_CLOSED', null, `${envelope.stream} is closed for ever`));
    case 'mismatch':
      return refused(mismatch());
    case 'refused':
      return refused(refusal('OVERSIZE', outcome.field, outcome.rule));
    case 'overloaded':
      return refused(
        refusal('OVERLOADED', null, 'the event store has more work than it can queue', `try again in ${outcome.retryAfterMs} ms`),
      );
  }
}

function expectedOf(version: number): ExpectedVersion {
  return version === 0 ? 'none' : { exact: version };
}

function plainFacts<C>(decided: readonly DecidedFact[], envelope: CommandEnvelope<C>, fingerprint: string): readonly PlainFact[] {
  const meta: FactMeta = {
    actor: envelope.actor,
    source: envelope.source,
    correlationId: envelope.correlationId,
    ...(envelope.causationId === undefined ? {} : { causationId: envelope.causationId }),
    command: fingerprint,
  };
  return decided.map(({ definition, subject, data, occurred }, n) => ({
    id: commandFactId(envelope.idempotencyKey, n),
    definition,
    subject,
    data,
    meta,
    occurred: occurred ?? envelope.at,
  }));
}

function sealedFacts(outcomes: readonly SealOutcome[]): readonly NewFact[] | Refusal {
  const sealed: NewFact[] = [];
  for (const outcome of outcomes) {
    if (outcome.kind === 'refused') return outcome.refusal;
    sealed.push(outcome.fact);
  }
  return sealed;
}

const noKey = refusal(
  'INVALID_FIELD',
  'idempotencyKey',
  'idempotencyKey is 1 to 200 visible ASCII characters',
  'send a random UUID per intention',
);

/** The first result of a command that came before: its facts stand in the stream under the ids of its key. */
function repeatOf<C>(envelope: CommandEnvelope<C>, fingerprint: string, past: readonly Fact[]): CommandResult | undefined {
  const firstId = commandFactId(envelope.idempotencyKey, 0);
  const at = past.findIndex((fact) => fact.id === firstId);
  if (at < 0) return undefined;
  if (past[at]?.meta.command !== fingerprint) return refused(mismatch());
  let last = past[at] as Fact;
  for (let n = 1; past[at + n]?.id === commandFactId(envelope.idempotencyKey, n); n++) last = past[at + n] as Fact;
  return { kind: 'accepted', position: last.position, version: last.version, repeated: true };
}

function refused(value: Refusal): CommandResult {
  return { kind: 'refused', refusal: value };
}

function mismatch(): Refusal {
  return refusal(
    'IDEMPOTENCY_MISMATCH',
    'idempotencyKey',
    'an idempotency key stands for one body',
    'send the first body again, or a new key',
  );
}

function versionConflict(expected: number, actual: number): CommandResult {
  const rule = `expectedVersion is the version that stands: expected ${expected}, actual ${actual}`;
  return {
    kind: 'refused',
    refusal: refusal('VERSION_CONFLICT', 'expectedVersion', rule, 'read again, then decide again'),
    actualVersion: actual,
  };
}
