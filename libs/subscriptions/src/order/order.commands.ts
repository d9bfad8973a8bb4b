import { type Asked, type CommandPath, type CommandResult, envelopeOf, type NamedIdentifier, subjectOf } from '@tsunagari/command';
import { refusal, streamName, type OrderLine, type Refusal } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import type { Keyring } from '@tsunagari/privacy';
import { orderDecider } from './order.decider';

export type RecordOrderInput = {
  readonly orderId: string;
  readonly buyer: NamedIdentifier;
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

  return {
    async recordOrder(input: RecordOrderInput, asked: Asked): Promise<CommandResult> {
      const broken = brokenRule(input, asked.at);
      if (broken) return { kind: 'refused', refusal: broken };
      const buyer = await subjectOf({ store, keyring }, input.buyer, 'buyer', asked, 'subscriptions', input.placedAt);
      if (buyer.kind === 'refused') return buyer;
      const { subject, prepare } = buyer;
      const { buyer: _, placedAt, ...order } = input;
      return path.execute(orderDecider, {
        stream: streamName('order', input.orderId),
        command: { kind: 'RecordOrder', subject, occurred: placedAt ?? asked.at, ...order },
        body: { kind: 'RecordOrder', ...input },
        ...envelopeOf(asked, 'subscriptions'),
        ...(prepare ? { prepare } : {}),
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
