import { accept, refuse, type DecidedFact, type Decider } from '@tsunagari/command';
import { orderCancelled, orderPlaced, orderTotals, refusal, type Fact, type OrderLine } from '@tsunagari/contracts';

/** Mirrors an order of another system: it is recorded even where it breaks a rule of ours, and flagged. */
export type RecordOrder = {
  readonly kind: 'RecordOrder';
  readonly orderId: string;
  readonly subject: string;
  readonly lines: readonly OrderLine[];
  readonly currency: string;
  readonly occurred: string;
  readonly country?: string;
  readonly coupon?: string;
};

export type CancelOrder = { readonly kind: 'CancelOrder'; readonly orderId: string; readonly reason?: string };

export type OrderCommand = RecordOrder | CancelOrder;

export type OrderState = { readonly subject: string | null; readonly cancelled: boolean };

export const orderDecider: Decider<OrderCommand, OrderState> = {
  initial: { subject: null, cancelled: false },

  evolve(state, fact: Fact) {
    switch (fact.type) {
      case orderPlaced.type:
        return { subject: fact.subject, cancelled: false };
      case orderCancelled.type:
        return { ...state, cancelled: true };
      default:
        return state;
    }
  },

  decide(command, state) {
    switch (command.kind) {
      case 'RecordOrder':
        if (state.subject !== null)
          return refuse(
            refusal(
              'DUPLICATE_CONTENT',
              'orderId',
              'an order is recorded once',
              'send the same idempotencyKey for a retry; report a change as an update',
            ),
          );
        return accept(placed(command));
      case 'CancelOrder':
        if (state.subject === null) return refuse(refusal('UNKNOWN_ORDER', 'orderId', 'only a recorded order can be cancelled'));
        if (state.cancelled) return accept();
        return accept({
          definition: orderCancelled,
          subject: state.subject,
          data: { orderId: command.orderId, ...(command.reason === undefined ? {} : { reason: command.reason }) },
        });
    }
  },
};

function placed(command: RecordOrder): DecidedFact {
  const anomalies = command.lines.some(({ quantity }) => quantity <= 0) ? ['ANOMALY_QUANTITY_NOT_POSITIVE'] : [];
  return {
    definition: orderPlaced,
    subject: command.subject,
    occurred: command.occurred,
    data: {
      orderId: command.orderId,
      lines: command.lines,
      ...orderTotals(command.lines, command.currency),
      ...(command.country === undefined ? {} : { country: command.country }),
      ...(command.coupon === undefined ? {} : { coupon: command.coupon }),
      ...(anomalies.length === 0 ? {} : { anomalies }),
    },
  };
}
