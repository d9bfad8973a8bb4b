import { type Asked, type CommandPath, type CommandResult, envelopeOf } from '@tsunagari/command';
import { identifierRegistered, refusal, streamName, type IdentifierType, type OrderLine, type Refusal } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import { registrationFactId, type Keyring } from '@tsunagari/privacy';
import { orderDecider } from './order.decider';

export type RecordOrderInput = {
  readonly orderId: string;
  readonly buyer: { readonly type: IdentifierType; readonly value: string };
  readonly lines: readonly OrderLine[];
  readonly currency: string;
  readonly placedAt?: string;
  readonly country?: string;
  readonly coupon?: string;
};

/** How far ahead of the platform's clock a caller's time may be. */
const SKEW_MS = 5 * 60_000;

/** Orders that another system sells and this platform mirrors. */
export function orderCommands(ports: { readonly path: CommandPath; readonly store: EventStore; readonly keyring: Keyring }) {
  const { path, store, keyring } = ports;

  /** The first fact of a buyer who is seen for the first time; however often it is tried, it stands once. */
  async function register(subject: string, input: RecordOrderInput, asked: Asked): Promise<Refusal | undefined> {
    const [sealed] = await keyring.seal([
      {
        id: registrationFactId(subject),
        definition: identifierRegistered,
        subject,
        data: {
          identifierType: input.buyer.type,
          value: input.buyer.value,
          verified: true,
          kind: input.buyer.type === 'invoice' ? 'unidentified' : 'person',
        },
        meta: { actor: asked.by, source: 'subscriptions', correlationId: asked.requestId },
        occurred: input.placedAt ?? asked.at,
      },
    ]);
    if (!sealed || sealed.kind === 'refused') return sealed?.refusal ?? unnamed;
    // A conflict means that somebody registered it meanwhile: the same fact stands.
    const outcome = await store.append({ stream: streamName('identifier', subject), expected: 'none', facts: [sealed.fact] });
    if (outcome.kind === 'overloaded')
      return refusal('OVERLOADED', null, 'the event store has more work than it can queue', `try again in ${outcome.retryAfterMs} ms`);
    await keyring.registered([subject]);
    return undefined;
  }

  return {
    async recordOrder(input: RecordOrderInput, asked: Asked): Promise<CommandResult> {
      const broken = brokenRule(input, asked.at);
      if (broken) return { kind: 'refused', refusal: broken };
      const [known] = await keyring.subjectsOf([input.buyer], { create: true });
      if (!known || known.kind === 'unknown') return { kind: 'refused', refusal: unnamed };
      const { subject } = known;
      if (known.kind === 'erased')
        return { kind: 'refused', refusal: refusal('SUBJECT_ERASED', 'buyer', 'nothing more is recorded of an erased customer') };
      const { buyer: _, placedAt, ...order } = input;
      return path.execute(orderDecider, {
        stream: streamName('order', input.orderId),
        command: { kind: 'RecordOrder', subject, occurred: placedAt ?? asked.at, ...order },
        body: { kind: 'RecordOrder', ...input },
        ...envelopeOf(asked, 'subscriptions'),
        ...(known.isNew ? { prepare: () => register(subject, input, asked) } : {}),
      });
    },

    cancelOrder(input: { readonly orderId: string; readonly reason?: string }, asked: Asked): Promise<CommandResult> {
      return path.execute(orderDecider, {
        stream: streamName('order', input.orderId),
        command: { kind: 'CancelOrder', ...input },
        body: { kind: 'CancelOrder', ...input },
        ...envelopeOf(asked, 'subscriptions'),
      });
    },
  };
}

export type OrderCommands = ReturnType<typeof orderCommands>;

const unnamed = refusal('UNKNOWN_IDENTIFIER', 'buyer', 'the buyer is named by an identifier');

/** What the contract of the fact cannot know: an id that names a stream, and a time that has not come yet. */
function brokenRule(input: RecordOrderInput, now: string): Refusal | undefined {
  if (input.orderId.length === 0 || input.orderId.length > 190 || /[\u0000-\u001f]/.test(input.orderId))
    return refusal('INVALID_FIELD', 'orderId', 'orderId has 1 to 190 characters and no control character');
  if (input.lines.length === 0) return refusal('MISSING_FIELD', 'lines', 'an order has at least one line');
  if (!/^[A-Z]{3}$/.test(input.currency)) return refusal('INVALID_FIELD', 'currency', 'currency is an ISO 4217 code');
  const odd = input.lines.findIndex(({ unitPrice }) => !/^-?\d{1,12}(\.\d{1,6})?$/.test(unitPrice));
  if (odd >= 0)
    return refusal(
      'INVALID_FIELD',
      `lines.${odd}.unitPrice`,
      'unitPrice is a decimal number, at most 12 digits before and 6 after the point',
    );
  if (worth(input) > LARGEST)
    return refusal(
      'INVALID_FIELD',
      'lines',
      'an order is worth at most 900,000,000,000,000 minor units',
      'correct its quantities and prices',
    );
  if (input.placedAt !== undefined && Date.parse(input.placedAt) > Date.parse(now) + SKEW_MS)
    return refusal(
      'FUTURE_EVENT',
      'placedAt',
      'placedAt is at most 5 minutes ahead of the platform',
      'check the clock of the selling system',
    );
  return undefined;
}

/** Beyond it money is no longer exact, whatever the currency's digits. */
const LARGEST = 9e14;

/** Roughly, in minor units of a currency with three digits: enough to tell what is absurd. */
function worth({ lines }: RecordOrderInput): number {
  return lines.reduce((sum, { quantity, unitPrice }) => sum + Math.abs(quantity * Number(unitPrice)), 0) * 1000;
}
