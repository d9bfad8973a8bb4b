import { facts, isSealed, refusal, type Refusal, type StreamCategory } from '@tsunagari/contracts';
import { z } from 'zod';
import type { FactDraft, Observation, SeenIdentifier } from '../recording/observation';
import type { CsvRecord } from './csv';
import type { Assembled, FileSpan, OrderAssembler, Row } from './order-format';

/**
 * Facts of other systems, one JSON object a line: subscriptions of a billing system, answers of a survey tool, behaviour of an archive.
 * `{"id", "type", "occurred", "identifier": {"type", "value"}, "also": [...], "data": {...}}`; `data` is what the contract of `type` says, in
 * its newest version.
 */
const identifierSchema = z.strictObject({
  type: z.enum(['user_id', 'email', 'phone', 'anonymous_id', 'device_id', 'card', 'account_id', 'external_id']),
  value: z.string().min(1).max(512),
  kind: z.enum(['person', 'account']).default('person'),
  verified: z.boolean().default(true),
});
const lineSchema = z.strictObject({
  id: z.string().min(1).max(200),
  type: z.string(),
  occurred: z.iso.datetime({ precision: 3 }),
  /** Of a fact of no customer (a cost) there is none. */
  identifier: identifierSchema.optional(),
  also: z.array(identifierSchema).max(10).default([]),
  data: z.record(z.string(), z.json()),
});

/** What may be reported from outside: what happened to a customer. Decisions of this platform (merges, erasure, models) are not. */
const STREAMS: Readonly<Record<string, (type: string, data: Readonly<Record<string, unknown>>) => FactDraft['stream'] | null>> = {
  subscriptions: (_, data) => {
    const { orderId, refundId, adjustmentId, subscriptionId } = data;
    if (typeof subscriptionId === 'string') return { category: 'subscription', id: subscriptionId };
    const order = typeof orderId === 'string' ? orderId : (refundId ?? adjustmentId);
    return typeof order === 'string' ? { order } : null;
  },
  intake: (type) => (type === 'retention.intake.behaviour-recorded' ? 'intake' : null),
  customers: (type) => (type === 'retention.customers.traits-updated' ? 'intake' : null),
  touchpoints: (type, data) => {
    if (/\.(survey|voice|self-assessment|interaction)-/.test(type)) return 'interaction';
    if (/\.customer-(dis)?connected$/.test(type)) return 'connection';
    const { flowId } = data;
    return /\.flow-/.test(type) && typeof flowId === 'string' ? { category: 'flow' satisfies StreamCategory, id: flowId } : null;
  },
  understanding: (type, { costId }) =>
    /\.(acquisition|retention)-cost-recorded$/.test(type) && typeof costId === 'string' ? { category: 'cost', id: costId } : null,
};

/** Reads lines of facts: each is an observation of its own. Pure. */
export class FactLines implements OrderAssembler {
  private firstDay: string | null = null;
  private lastDay: string | null = null;
  private readonly seen = new Set<string>();

  constructor(private readonly now: string) {}

  header(): 'data' {
    return 'data';
  }

  row({ line, text }: Row, into: Assembled): void {
    const read = readLine(text, this.now);
    if ('code' in read) {
      this.reject(line, text, read, into);
      return;
    }
    const day = read.occurred.slice(0, 10);
    this.firstDay = this.firstDay === null || day < this.firstDay ? day : this.firstDay;
    this.lastDay = this.lastDay === null || day > this.lastDay ? day : this.lastDay;
    for (const { type, value } of read.identifiers) if (this.seen.size < 1_000_000) this.seen.add(`${type} ${value}`);
    into.observations.push({ ...read, line });
  }

  broken(line: number, text: string, rule: string, into: Assembled): void {
    this.reject(line, text, refusal('MALFORMED', null, rule), into);
  }

  private reject(line: number, text: string, why: Refusal, into: Assembled): void {
    const body = { kind: 'order-rows', format: 'facts', currency: '', rows: [{ line, text }] } as const;
    into.rejected.push({ source: SOURCE, messageId: null, refusal: why, body, line });
  }

  end(): void {
    // A line is complete by itself.
  }

  span(): FileSpan {
    return { firstDay: this.firstDay, lastDay: this.lastDay };
  }

  identifiers(): number {
    return this.seen.size;
  }
}

const SOURCE = 'import:facts';

function readLine(text: string, now: string): Observation | Refusal {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refusal('MALFORMED', null, 'a line is one JSON object');
  }
  const parsed = lineSchema.safeParse(json);
  if (!parsed.success) return invalid(parsed.error, '');
  const { id, type, occurred, identifier, also, data } = parsed.data;
  const definition = facts.get(type);
  if (!definition)
    return refusal(
      'UNKNOWN_TYPE',
      'type',
      `a type of fact that the contracts know, as retention.subscriptions.order-placed; ${type} is none`,
      'See libs/contracts/schemas.',
    );
  const checked = definition.data.safeParse(data);
  if (!checked.success) return invalid(checked.error, 'data.');
  if (Object.values(data).some(isSealed)) return refusal('INVALID_FIELD', 'data', 'values as they are: sealing is done here');
  const stream = STREAMS[definition.context]?.(type, data);
  if (stream == null) return refusal('UNKNOWN_TYPE', 'type', `a fact that another system may report; ${type} is decided here`);
  if (occurred > now) return refusal('FUTURE_EVENT', 'occurred', 'a fact has happened already');
  if (definition.ofSubject !== (identifier !== undefined) || (identifier === undefined && also.length > 0))
    return refusal('INVALID_FIELD', 'identifier', definition.ofSubject ? `${type} is of somebody` : `${type} is of nobody`);
  const identifiers: SeenIdentifier[] = identifier === undefined ? [] : [identifier, ...also];
  return {
    source: SOURCE,
    messageId: id,
    occurred,
    clocks: { imported: true },
    identifiers,
    links: also.map(({ verified }, n) => ({ between: [0, n + 1], verified: verified && identifier?.verified === true })),
    facts: [{ definition, data: checked.data, of: definition.ofSubject ? 0 : null, stream, expected: 'any' }],
    body: { kind: 'order-rows', format: 'facts', currency: '', rows: [{ line: 1, text }] },
  };
}

function invalid(error: z.ZodError, prefix: string): Refusal {
  const [issue] = error.issues;
  const path = `${prefix}${(issue?.path ?? []).join('.')}`;
  return refusal(
    issue?.code === 'unrecognized_keys' ? 'UNKNOWN_FIELD' : 'INVALID_FIELD',
    path === '' ? null : path,
    issue?.message ?? 'the contract of the line',
  );
}

/** A line longer than this is no fact. */
const LONGEST_LINE = 256 * 1024;

/** Cuts text into lines; every line is one field. */
export class LineParser {
  private rest = '';
  private line = 1;

  push(text: string): CsvRecord[] {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    // A file without line breaks would be held whole: what is too long already is given up, and again whatever follows of it.
    if (this.rest.length > LONGEST_LINE) {
      const long = this.rest.slice(0, 1000);
      this.rest = '';
      return [...lines.flatMap((each) => this.record(each)), { kind: 'broken', line: this.line, text: long, refusal: TOO_LONG }];
    }
    return lines.flatMap((each) => this.record(each));
  }

  end(): CsvRecord[] {
    const last = this.rest;
    this.rest = '';
    return this.record(last);
  }

  private record(text: string): CsvRecord[] {
    const line = this.line++;
    const trimmed = text.trim();
    if (trimmed.length > LONGEST_LINE) return [{ kind: 'broken', line, text: trimmed.slice(0, 1000), refusal: TOO_LONG }];
    return trimmed === '' ? [] : [{ kind: 'fields', line, text: trimmed, fields: [trimmed] }];
  }
}

const TOO_LONG = refusal('OVERSIZE', null, 'a line has at most 262,144 characters');
