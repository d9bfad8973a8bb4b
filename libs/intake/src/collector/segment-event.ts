import { createHash, randomUUID } from 'node:crypto';
import { behaviourRecorded, refusal, type Refusal, traitsUpdated } from '@tsunagari/contracts';
import type { FactDraft, Observation, QuarantinedBody, SeenIdentifier, SourceKind } from '../recording/observation';
import { consentFacts } from './consent';
import { eventTime } from './event-time';
import { externalIds, identifierAt } from './identifiers';
import type { IntakeLimits } from './limits';
import { orderFact } from './orders';
import { isDeeperThan, isRecord } from './request-body';
import { normaliseTraits } from './traits';

export const CALLS = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const;
export type Call = (typeof CALLS)[number];

/** Where an event came from, and with what. */
export type EventOrigin = {
  readonly sourceId: string;
  readonly sourceKind: SourceKind;
  /** The call that the path names; null in a batch, where each event says its own. */
  readonly call: Call | null;
  /** Of the batch. */
  readonly sentAt: unknown;
  readonly receivedAt: string;
  /** The clock at which it is judged: of the request, or of the release. */
  readonly now: string;
  readonly limits: IntakeLimits;
};

export type EventOutcome =
  | { readonly kind: 'observation'; readonly observation: Observation }
  | { readonly kind: 'rejected'; readonly messageId: string | null; readonly refusal: Refusal; readonly body: QuarantinedBody };

/** What an event of Segment's six calls says, or the first rule that it breaks. */
export function readSegmentEvent(event: unknown, origin: EventOrigin): EventOutcome {
  const { sourceId, sourceKind, sentAt, receivedAt, call } = origin;
  const body: QuarantinedBody = { kind: 'segment', event, call, sourceId, sourceKind, sentAt, receivedAt };
  const messageId = isRecord(event) ? messageIdOf(event) : null;
  const read = isRecord(event) ? observe(event, messageId, origin) : refusal('MALFORMED', null, 'an event is a JSON object');
  if ('code' in read) return { kind: 'rejected', messageId: typeof messageId === 'string' ? messageId : null, refusal: read, body };
  return { kind: 'observation', observation: { ...read, body } };
}

function observe(
  event: Record<string, unknown>,
  messageId: string | Refusal | null,
  origin: EventOrigin,
): Omit<Observation, 'body'> | Refusal {
  const { limits, sourceId, sourceKind } = origin;
  if (isDeeperThan(event, limits.depth)) return refusal('INVALID_FIELD', null, `an event is nested at most ${limits.depth} levels deep`);
  if (Buffer.byteLength(JSON.stringify(event)) > limits.eventBytes)
    return refusal('OVERSIZE', null, `an event is at most ${limits.eventBytes} bytes of JSON`, 'Send less with it.');
  if (messageId === null) return refusal('MALFORMED', 'messageId', 'an event has a message id');
  if (typeof messageId === 'object') return messageId;
  const call = origin.call ?? event['type'];
  if (!isCall(call)) return refusal('UNKNOWN_TYPE', 'type', `type is one of ${CALLS.join(', ')}`, 'Correct the type.');
  const wrongShape = objectsOnly(event, ['context', 'properties', 'traits', 'integrations']);
  if (wrongShape) return wrongShape;
  const context = isRecord(event['context']) ? event['context'] : undefined;
  const time = eventTime(event, origin.sentAt, { ...origin, skewMs: limits.futureSkewMs });
  if ('code' in time) return time;

  const verified = sourceKind !== 'browser';
  const who = identifiersOf(call, event, context, verified);
  if ('code' in who) return who;
  const source = `source:${sourceId}`;
  const happened = whatHappened(call, event, context, messageId);
  if ('code' in happened) return happened;
  const consent = consentFacts(context, who.identifiers, source, sourceKind);
  if ('code' in consent) return consent;
  return { source, messageId, ...time, ...who, facts: [happened, ...consent] };
}

/** Whom an event names: the owner first. A blocked value owns only what nobody else could, and is linked with nothing. */
function identifiersOf(
  call: Call,
  event: Record<string, unknown>,
  context: Record<string, unknown> | undefined,
  verified: boolean,
): Pick<Observation, 'identifiers' | 'links'> | Refusal {
  const named: SeenIdentifier[] = [];
  const evidence = new Set<SeenIdentifier>();
  const traits = (event['traits'] ?? {}) as Record<string, unknown>;
  const asked = [
    identifierAt(event['userId'], 'userId', 'user_id', verified),
    identifierAt(event['anonymousId'], 'anonymousId', 'anonymous_id', verified),
    call === 'alias' ? identifierAt(event['previousId'], 'previousId', 'anonymous_id', verified) : undefined,
    call === 'identify' ? identifierAt(traits['email'], 'traits.email', 'email', verified) : undefined,
  ];
  for (const one of asked) {
    if (one === undefined) continue;
    if ('code' in one) return one;
    named.push(one);
    if (call === 'identify' || call === 'alias') evidence.add(one);
  }
  const hasIdentity = named.some(({ type }) => type === 'user_id' || type === 'anonymous_id');
  if (call === 'alias' && (event['previousId'] === undefined || event['userId'] === undefined)) {
    const field = event['previousId'] === undefined ? 'previousId' : 'userId';
    return refusal('MISSING_FIELD', field, 'alias has a previousId and a userId', `Send ${field}.`);
  }
  if (!hasIdentity) return refusal('NO_IDENTITY', 'userId', 'an event has a userId or an anonymousId', 'Send one of them.');
  const external = externalIds(context, verified);
  if ('code' in external) return external;
  for (const one of external) {
    // Not an account: its members would become one customer.
    if (one.type !== 'account_id') evidence.add(one);
    named.push(one);
  }
  if (call === 'group') {
    const account = identifierAt(event['groupId'], 'groupId', 'account_id', verified);
    if (account === undefined) return refusal('MISSING_FIELD', 'groupId', 'group has a groupId', 'Send groupId.');
    if ('code' in account) return account;
    named.push(account);
  }

  const rank = ({ type, blockedBy }: SeenIdentifier) =>
    (blockedBy === undefined ? 0 : 10) + (type === 'user_id' ? 0 : type === 'anonymous_id' ? 1 : 2);
  const identifiers = named.map((one, index) => ({ one, index })).sort((a, b) => rank(a.one) - rank(b.one) || a.index - b.index);
  const owner = identifiers[0]?.one;
  const links = identifiers.flatMap(({ one }, index) =>
    index > 0 && evidence.has(one) && one.blockedBy === undefined && owner?.blockedBy === undefined
      ? [{ between: [0, index] as const, verified: one.verified }]
      : [],
  );
  return { identifiers: identifiers.map(({ one }) => one), links };
}

function whatHappened(
  call: Call,
  event: Record<string, unknown>,
  context: Record<string, unknown> | undefined,
  messageId: string,
): FactDraft | Refusal {
  const properties = (event['properties'] ?? {}) as Record<string, unknown>;
  const traits = (event['traits'] ?? {}) as Record<string, unknown>;
  if (call === 'track') {
    const name = event['event'];
    if (name === undefined || name === null || name === '')
      return refusal('MISSING_FIELD', 'event', 'track has an event', 'Send the event’s name.');
    if (typeof name !== 'string' || name.length > 200) return refusal('INVALID_FIELD', 'event', 'event is text of 1 to 200 characters');
    return orderFact(name, properties, messageId) ?? behaviour(call, name, properties, context);
  }
  if (call === 'identify' && Object.keys(traits).length > 0)
    return { definition: traitsUpdated, data: { traits: normaliseTraits(traits) }, of: 0, stream: 'intake', expected: 'any' };
  const name = call === 'group' ? String(event['groupId']) : (event['name'] ?? properties['name'] ?? '');
  if (typeof name !== 'string' || name.length > 200) return refusal('INVALID_FIELD', 'name', 'name is text of at most 200 characters');
  // Raw identifiers stand only where they are sealed: the group id among the properties, the two of an alias in their registrations.
  if (call === 'group') return behaviour(call, '', { groupId: name, traits: normaliseTraits(traits) }, context);
  return behaviour(call, call === 'page' || call === 'screen' ? name : '', call === 'alias' ? {} : properties, context);
}

function behaviour(call: Call, name: string, properties: Record<string, unknown>, context: Record<string, unknown> | undefined): FactDraft {
  const device = isRecord(context?.['device']) ? context['device']['type'] : undefined;
  const place = context?.['place'];
  const data = {
    call,
    name,
    ...(typeof place === 'string' && place.length <= 100 ? { place } : {}),
    ...(typeof device === 'string' && device.length <= 100 ? { device } : {}),
    properties,
    ...(context === undefined ? {} : { context }),
  };
  return { definition: behaviourRecorded, data, of: 0, stream: 'intake', expected: 'any' };
}

/** Without a message id: with a timestamp the content tells a retry apart, without one nothing can. */
function messageIdOf(event: Record<string, unknown>): string | Refusal {
  const given = event['messageId'];
  if (given === undefined || given === null || given === '')
    return event['timestamp'] === undefined
      ? `none-${randomUUID()}`
      : `content-${createHash('sha256')
          .update(JSON.stringify({ ...event, sentAt: undefined }))
          .digest('hex')
          .slice(0, 40)}`;
  if (typeof given !== 'string' || given.length > 100)
    return refusal('INVALID_FIELD', 'messageId', 'messageId is text of 1 to 100 characters', 'Shorten the message id.');
  return given;
}

function objectsOnly(event: Record<string, unknown>, fields: readonly string[]): Refusal | null {
  for (const field of fields) {
    const value = event[field];
    if (value !== undefined && value !== null && !isRecord(value)) return refusal('INVALID_FIELD', field, `${field} is an object`);
  }
  return null;
}

function isCall(value: unknown): value is Call {
  return CALLS.some((call) => call === value);
}
