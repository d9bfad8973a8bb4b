import { createHash } from 'node:crypto';
import { eventQuarantined, eventReleased, type FactMeta, isRedacted, refusal, type Refusal, streamName } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import { type ExpiringKeyring, intakeFactId, type Keyring, type PlainFact } from '@tsunagari/privacy';
import type { QuarantinedBody, Rejected } from '../recording/observation';
import type { QuarantineEntry, QuarantineTable } from './quarantine-table';

export type KeepOutcome =
  { readonly kind: 'kept'; readonly ids: readonly string[] } | { readonly kind: 'overloaded'; readonly retryAfterMs: number };

export type ReleaseOutcome =
  | { readonly kind: 'released'; readonly quarantineId: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'overloaded'; readonly retryAfterMs: number };

/** Reads a quarantined body again by today's rules and records it. Refused = it still breaks one. */
export type Reprocess = (
  entry: QuarantineEntry,
  body: QuarantinedBody,
) => Promise<{ kind: 'recorded' } | { kind: 'refused'; refusal: Refusal } | { kind: 'overloaded'; retryAfterMs: number }>;

/**
 * Inputs that broke a rule, kept with the rule, so that a person can release them after a fix or discard them. The body stands
 * sealed in a table; the log has the facts `EventQuarantined` and `EventReleased`.
 */
export class Quarantine {
  constructor(
    private readonly store: EventStore,
    private readonly keyring: Keyring & ExpiringKeyring,
    private readonly table: QuarantineTable,
    private readonly clock: () => string,
    private readonly keepDays = 90,
  ) {}

  /** Keeps all of them: table first, then the facts, so that a crash between leaves nothing that a second try does not mend. */
  async keep(rejected: readonly Rejected[]): Promise<KeepOutcome> {
    if (rejected.length === 0) return { kind: 'kept', ids: [] };
    const received = this.clock();
    const bodies = rejected.flatMap(({ body }) => (body === null ? [] : [JSON.stringify(body)]));
    const sealed = await this.keyring.sealExpiring(bodies, this.keepDays);
    let next = 0;
    const entries = rejected.map((input): QuarantineEntry => {
      const { source, messageId, refusal: broken, body, line } = input;
      return {
        id: intakeFactId('quarantine', [source, messageId ?? '', broken.code, line ?? 0, this.fingerprint(body)].join(' ')),
        source,
        messageId: messageId === null ? null : printable(messageId, 200),
        code: broken.code,
        field: broken.field === null ? null : printable(broken.field, 300),
        rule: printable(broken.rule, 1000),
        line: line ?? null,
        body: body === null ? null : (sealed[next++] ?? null),
        status: 'held',
        received,
        decided: null,
        decidedBy: null,
      };
    });
    await this.table.insert(entries);
    const facts = entries.map(({ id, source, messageId, code, field, rule, line }) => {
      const data = { quarantineId: id, source, messageId, code, field, rule, ...(line === null ? {} : { line }) };
      return {
        id: intakeFactId('quarantined', id),
        definition: eventQuarantined,
        subject: null,
        data,
        meta: metaOf(source, id),
        occurred: received,
      };
    });
    const outcome = await this.append(facts);
    return outcome ?? { kind: 'kept', ids: entries.map(({ id }) => id) };
  }

  /** A page of what is held, oldest first. `after` is the `cursor` of the page before. */
  async list(
    options: {
      readonly limit?: number;
      readonly after?: string;
      readonly status?: QuarantineEntry['status'];
      readonly source?: string;
    } = {},
  ) {
    return this.table.list(options);
  }

  async release(id: string, by: string, reprocess: Reprocess): Promise<ReleaseOutcome> {
    const entry = await this.held(id);
    if ('code' in entry && !('id' in entry)) return { kind: 'refused', refusal: entry };
    const [opened] = entry.body === null ? [] : await this.keyring.openExpiring([entry.body]);
    if (!opened || isRedacted(opened))
      return {
        kind: 'refused',
        refusal: refusal('INVALID_FIELD', 'id', 'the body of this input is gone: its key has expired', 'Discard it.'),
      };
    const outcome = await reprocess(entry, JSON.parse(Buffer.from(opened).toString('utf8')) as QuarantinedBody);
    if (outcome.kind !== 'recorded') return outcome;
    return this.decide(entry, by, 'recorded');
  }

  async discard(id: string, by: string): Promise<ReleaseOutcome> {
    const entry = await this.held(id);
    if ('code' in entry && !('id' in entry)) return { kind: 'refused', refusal: entry };
    return this.decide(entry, by, 'discarded');
  }

  /** Hashed before: a body may hold what has no canonical form, and that may be why it is here. */
  private fingerprint(body: QuarantinedBody | null): string {
    return this.keyring.fingerprint(
      createHash('sha256')
        .update(JSON.stringify(contentOf(body)))
        .digest('hex'),
    );
  }

  private async held(id: string): Promise<QuarantineEntry | Refusal> {
    const entry = await this.table.find(id);
    if (!entry) return refusal('INVALID_FIELD', 'id', 'the id of a quarantined input', 'List the quarantine to see them.');
    if (entry.status !== 'held')
      return refusal('INVALID_FIELD', 'id', `a held input; this one was ${entry.status} by ${entry.decidedBy ?? 'somebody'}`);
    return entry;
  }

  /** The fact first, then the row: after a crash between the two the same decision can be taken again without effect. */
  private async decide(entry: QuarantineEntry, by: string, outcome: 'recorded' | 'discarded'): Promise<ReleaseOutcome> {
    const occurred = this.clock();
    const data = { quarantineId: entry.id, by, outcome };
    const meta: FactMeta = { ...metaOf(entry.source, entry.id), actor: by };
    const fact = { id: intakeFactId('released', entry.id), definition: eventReleased, subject: null, data, meta, occurred };
    const overloaded = await this.append([fact]);
    if (overloaded) return overloaded;
    await this.table.decide(entry.id, outcome === 'recorded' ? 'released' : 'discarded', by, occurred);
    return { kind: 'released', quarantineId: entry.id };
  }

  private async append(
    facts: readonly (PlainFact & { data: { quarantineId: string } })[],
  ): Promise<{ kind: 'overloaded'; retryAfterMs: number } | null> {
    const sealed = await this.keyring.seal(facts);
    const appends = sealed.map((outcome, index) => {
      if (outcome.kind !== 'sealed') throw new Error(`a fact of the quarantine breaks its contract: ${outcome.refusal.rule}`);
      return { stream: streamName('quarantine', facts[index]?.data.quarantineId ?? ''), expected: 'any' as const, facts: [outcome.fact] };
    });
    const outcomes = await this.store.appendMany(appends);
    // Known already, from a try before: the same decision, at another time.
    return outcomes.find((outcome) => outcome.kind === 'overloaded') ?? null;
  }
}

/** What makes a quarantined input the same again: not the moment at which it came. */
function contentOf(body: QuarantinedBody | null): unknown {
  if (body?.kind !== 'segment') return body;
  return { event: body.event, call: body.call };
}

function metaOf(source: string, quarantineId: string): FactMeta {
  return { actor: source, source, correlationId: quarantineId };
}

/** Text that PostgreSQL can hold: without NUL and other control characters, well-formed, at most `length` characters. */
function printable(text: string, length: number): string {
  return text
    .slice(0, length)
    .replace(/[\u0000-\u001f\u007f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}
