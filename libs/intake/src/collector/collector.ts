import type { Source } from '@tsunagari/access';
import { refusal, type Refusal } from '@tsunagari/contracts';
import type { Observation, Rejected } from '../recording/observation';
import type { Recorder } from '../recording/recorder';
import type { SourceDirectory } from '../sources';
import type { IntakeLimits } from './limits';
import { isDeeperThan, isRecord, readBody } from './request-body';
import { type Call, readSegmentEvent } from './segment-event';
import { settingsDocument } from './settings';

export type IntakeRequest = {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Lower-case names, as Node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer | AsyncIterable<Buffer>;
  readonly remoteAddress?: string;
};

export type IntakeResponse = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string };

/** What the collector counts, for the metrics of whoever runs it. */
export type IntakeCounter = 'requests' | 'events_recorded' | 'events_duplicate' | 'events_quarantined' | 'retries' | 'requests_refused';
export type Count = (counter: IntakeCounter, n: number, labels: Readonly<Record<string, string>>) => void;

export type CollectorParts = {
  readonly recorder: Recorder;
  readonly sources: SourceDirectory;
  readonly clock: () => string;
  readonly limits: IntakeLimits;
  readonly count: Count;
  /** Told of an outage (database away) and of bugs; the sender gets 503. */
  readonly onError: (error: unknown) => void;
};

const CORS: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type, content-encoding, x-retry-count, anonymousid',
  'access-control-expose-headers': 'retry-after',
  'access-control-max-age': '86400',
};

const PATHS: Readonly<Record<string, Call | 'batch'>> = {
  track: 'track',
  t: 'track',
  identify: 'identify',
  i: 'identify',
  page: 'page',
  p: 'page',
  screen: 'screen',
  s: 'screen',
  group: 'group',
  g: 'group',
  alias: 'alias',
  a: 'alias',
  batch: 'batch',
  b: 'batch',
};

/**
 * The Segment-compatible collector, free of any framework. 200 is answered only after the store has acknowledged; a bad event goes to
 * quarantine and never fails its batch; overload is 429 and an outage 503, both with Retry-After, and sending all of it again is safe.
 */
export class Collector {
  private inFlight = 0;

  constructor(private readonly parts: CollectorParts) {}

  async handle(request: IntakeRequest): Promise<IntakeResponse> {
    const path = request.path.replace(/\/+$/, '');
    if (request.method === 'OPTIONS') return { status: 204, headers: CORS, body: '' };
    if (this.inFlight >= this.parts.limits.inFlight) return this.overloaded(1000);
    this.inFlight += 1;
    try {
      const project = /^\/v1\/projects\/([^/]{1,200})\/settings$/.exec(path)?.[1];
      if (project !== undefined) return await this.settings(request, decoded(project));
      const call = PATHS[/^\/v1\/([a-z]+)$/.exec(path)?.[1] ?? ''];
      if (call === undefined)
        return this.refused(404, refusal('UNKNOWN_TYPE', 'path', `the path is /v1/ and one of ${Object.keys(PATHS).join(', ')}`));
      if (request.method !== 'POST')
        return this.refused(405, refusal('UNKNOWN_TYPE', 'method', 'events are sent by POST'), { allow: 'POST, OPTIONS' });
      return await this.collect(request, call);
    } catch (error) {
      this.parts.onError(error);
      return this.refused(503, refusal('OVERLOADED', null, 'the store can be reached', 'Send it again.'), { 'retry-after': '2' });
    } finally {
      this.inFlight -= 1;
    }
  }

  private async collect(request: IntakeRequest, call: Call | 'batch'): Promise<IntakeResponse> {
    const { limits, count, recorder, clock } = this.parts;
    const limit = call === 'batch' ? limits.batchBytes : limits.eventBytes;
    const body = await readBody(request.body, text(request, 'content-encoding'), limit);
    if (body.kind === 'refused') return this.refused(body.status, body.refusal);
    const { writeKey: bodyKey, ...message } = body.value;
    const source = await this.sourceOf(request, bodyKey);
    if ('status' in source) return source;

    count('requests', 1, { source: source.name, call });
    const retries = Number(text(request, 'x-retry-count') ?? 0);
    if (Number.isSafeInteger(retries) && retries > 0) count('retries', retries, { source: source.name });
    const events = call === 'batch' ? this.eventsOf(message) : [message];
    if ('status' in events) return events;

    const receivedAt = clock();
    const sentAt = message['sentAt'];
    const origin = {
      sourceId: source.name,
      sourceKind: source.kind,
      call: call === 'batch' ? null : call,
      sentAt,
      receivedAt,
      now: receivedAt,
      limits,
    };
    const observations: Observation[] = [];
    const rejected: Rejected[] = [];
    const places: { readonly kind: 'observation' | 'rejected'; readonly at: number }[] = [];
    const seen = new Map<string, string>();
    for (const event of events) {
      const outcome = readSegmentEvent(event, origin);
      if (outcome.kind === 'rejected') {
        places.push({ kind: 'rejected', at: rejected.length });
        rejected.push({ source: `source:${source.name}`, messageId: outcome.messageId, refusal: outcome.refusal, body: outcome.body });
        continue;
      }
      const { observation } = outcome;
      const content = JSON.stringify(event);
      const before = seen.get(observation.messageId);
      if (before === content) continue;
      if (before !== undefined) {
        places.push({ kind: 'rejected', at: rejected.length });
        const rule = refusal('DUPLICATE_CONTENT', 'messageId', 'a message id stands for one content', 'Give each message its own id.');
        rejected.push({ source: observation.source, messageId: observation.messageId, refusal: rule, body: observation.body });
        continue;
      }
      seen.set(observation.messageId, content);
      places.push({ kind: 'observation', at: observations.length });
      observations.push(observation);
    }

    const result = await recorder.record(observations, rejected);
    if (result.kind === 'overloaded') return this.overloaded(result.retryAfterMs);
    const labels = { source: source.name };
    const quarantined: unknown[] = [];
    let recorded = 0;
    let duplicates = 0;
    places.forEach(({ kind, at }, index) => {
      const outcome = kind === 'observation' ? result.outcomes[at] : undefined;
      if (outcome?.kind === 'recorded') return void (outcome.duplicate ? (duplicates += 1) : (recorded += 1));
      const why = outcome?.refusal ?? rejected[at]?.refusal;
      quarantined.push({
        index,
        quarantineId: outcome?.quarantineId ?? result.rejected[at],
        code: why?.code,
        field: why?.field,
        rule: why?.rule,
      });
    });
    count('events_recorded', recorded, labels);
    count('events_duplicate', duplicates, labels);
    count('events_quarantined', quarantined.length, labels);
    return json(200, { success: true, recorded, duplicates, ...(quarantined.length === 0 ? {} : { quarantined }) });
  }

  /** The items of a batch, each with the batch's context and integrations where it has none of its own. */
  private eventsOf(message: Record<string, unknown>): unknown[] | IntakeResponse {
    const { limits } = this.parts;
    const { batch, context, integrations } = message;
    if (!Array.isArray(batch))
      return this.refused(400, refusal('MISSING_FIELD', 'batch', 'a batch has a list of events', 'Send {"batch": [...]}.'));
    if (batch.length > limits.batchEvents)
      return this.refused(413, refusal('OVERSIZE', 'batch', `a batch has at most ${limits.batchEvents} events`, 'Send smaller batches.'));
    const shared = Object.entries({ context, integrations }).filter(
      (entry): entry is [string, Record<string, unknown>] => isRecord(entry[1]) && !isDeeperThan(entry[1], limits.depth),
    );
    if (shared.length === 0) return batch;
    return batch.map((item: unknown) => {
      if (!isRecord(item)) return item;
      const merged: Record<string, unknown> = { ...item };
      for (const [name, value] of shared) {
        const own = item[name];
        if (own === undefined || own === null) merged[name] = value;
        else if (isRecord(own)) merged[name] = { ...value, ...own };
      }
      return merged;
    });
  }

  private async sourceOf(request: IntakeRequest, bodyKey: unknown): Promise<Source | IntakeResponse> {
    const key = basicUser(text(request, 'authorization')) ?? (typeof bodyKey === 'string' ? bodyKey : null);
    const remedy = 'Send the write key as the user of Basic authentication, or as writeKey in the body.';
    const found = key === null || key === '' || key.length > 200 ? { kind: 'unknown' as const } : await this.parts.sources.sourceFor(key);
    if (found.kind === 'unknown') {
      const rule = refusal(key === null ? 'MISSING_FIELD' : 'INVALID_FIELD', 'writeKey', 'the write key of a source', remedy);
      return this.refused(401, rule, { 'www-authenticate': 'Basic realm="write key"' });
    }
    if (found.kind === 'disabled')
      return this.refused(
        404,
        refusal('INVALID_FIELD', 'writeKey', 'the write key of a source that is not disabled', 'Enable the source.'),
      );
    return found.source;
  }

  private async settings(request: IntakeRequest, writeKey: string): Promise<IntakeResponse> {
    const source = await this.parts.sources.sourceFor(writeKey);
    if (source.kind !== 'source') return this.refused(404, refusal('INVALID_FIELD', 'writeKey', 'the write key of a source'));
    const forwarded = text(request, 'x-forwarded-proto')?.split(',')[0]?.trim();
    const protocol = forwarded === 'https' ? 'https' : 'http';
    return json(200, settingsDocument(writeKey, text(request, 'host') ?? 'localhost', protocol), {
      'cache-control': 'public, max-age=300',
    });
  }

  private overloaded(retryAfterMs: number): IntakeResponse {
    const seconds = String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
    return this.refused(429, refusal('OVERLOADED', null, 'fewer requests at once', `Send it again after ${seconds} s.`), {
      'retry-after': seconds,
    });
  }

  private refused(status: number, why: Refusal, headers: Readonly<Record<string, string>> = {}): IntakeResponse {
    this.parts.count('requests_refused', 1, { status: String(status), code: why.code });
    return json(status, { success: false, error: why }, headers);
  }
}

function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): IntakeResponse {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...CORS, ...headers }, body: JSON.stringify(value) };
}

function text(request: IntakeRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

/** The user of `Basic <user:password>`: the write key. Null when there is no such header. */
function basicUser(header: string | undefined): string | null {
  const encoded = /^basic ([a-z0-9+/=_-]+)$/i.exec(header?.trim() ?? '')?.[1];
  if (encoded === undefined) return null;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? pair : pair.slice(0, colon);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
