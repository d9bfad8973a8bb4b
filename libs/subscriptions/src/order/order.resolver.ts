import { askedBy, type CommandResult } from '@tsunagari/command';
import type { IdentifierType, Money } from '@tsunagari/contracts';
import { commandRefused, type CommandRefusedResult, connectionOf, failure, fromGlobalId, pageOf, toGlobalId } from '@tsunagari/graphql';
import type { Resolvers } from '../generated/graphql';
import type { SubgraphContext } from '../subgraph.models';
import type { SubscriptionsPorts } from '../subscriptions.subgraph';
import type { OrderView } from './order.read-model';

type OrderResult = CommandRefusedResult | { __typename: 'OrderRecorded'; order: OrderView; position: string; repeated: boolean };

export function orderResolvers({ commands, now }: SubscriptionsPorts): Resolvers {
  const answer = async (orderId: string, result: CommandResult, context: SubgraphContext): Promise<OrderResult> => {
    if (result.kind === 'refused') return commandRefused(result.refusal);
    if (result.position !== null) context.appended(result.position);
    const order = await context.loaders.order.load(orderId);
    if (!order) throw new Error(`order ${orderId} was accepted and cannot be read`);
    return { __typename: 'OrderRecorded', order, position: result.position ?? '0', repeated: result.repeated };
  };

  return {
    Query: {
      order: (_, { orderId }, context) => context.loaders.order.load(checked(orderId)),
    },

    Customer: {
      __resolveReference: ({ id }) => ({ customer: fromGlobalId('Customer', id) }),
      id: ({ customer }) => toGlobalId('Customer', customer),
      async orders({ customer }, args, context) {
        const page = pageOf(args);
        const orders = await context.loaders.ordersOf.load(customer);
        const after = page.after;
        const from = after === null ? 0 : orders.findIndex(({ orderId }) => orderId === after.id) + 1;
        if (after !== null && from === 0) throw failure('CURSOR_EXPIRED', 'This order is another customer’s by now.', { field: 'after' });
        const connection = connectionOf(orders.slice(from, from + page.limit + 1), page, ({ placedAt, orderId }) => ({
          key: [placedAt],
          id: orderId,
        }));
        return { ...connection, totalCount: orders.length };
      },
    },

    Order: {
      __resolveReference: ({ id }, context) => context.loaders.order.load(fromGlobalId('Order', id)),
      id: ({ orderId }) => toGlobalId('Order', orderId),
      total: ({ total }) => money(total),
      sales: ({ sales }) => money(sales),
      lines: ({ lines }) => [...lines],
      anomalies: ({ anomalies }) => [...anomalies],
      async customer({ subject }, _, context) {
        const customer = await context.loaders.owner.load(subject);
        return customer === null ? null : { customer };
      },
    },

    OrderLine: { description: ({ description }) => description ?? null },

    Mutation: {
      async recordOrder(_, { input }, context) {
        const result = await commands.recordOrder(
          {
            orderId: input.orderId,
            buyer: { type: input.buyer.type.toLowerCase() as IdentifierType, value: input.buyer.value },
            lines: input.lines.map(({ sku, description, quantity, unitPrice }) => ({
              sku,
              quantity,
              unitPrice,
              ...(description == null ? {} : { description }),
            })),
            currency: input.currency,
            ...(input.placedAt == null ? {} : { placedAt: new Date(input.placedAt).toISOString() }),
            ...(input.country == null ? {} : { country: input.country }),
            ...(input.coupon == null ? {} : { coupon: input.coupon }),
          },
          askedBy(input, context, now()),
        );
        return answer(input.orderId, result, context);
      },
      async cancelOrder(_, { input }, context) {
        const command = { orderId: checked(input.orderId), ...(input.reason == null ? {} : { reason: input.reason }) };
        return answer(input.orderId, await commands.cancelOrder(command, askedBy(input, context, now())), context);
      },
    },
  };
}

function money({ amountMinor, currency }: Money): { amountMinor: string; currency: string } {
  return { amountMinor: String(amountMinor), currency };
}

/** An order id names a stream; what cannot be one was never recorded. */
function checked(orderId: string): string {
  if (orderId.length === 0 || orderId.length > 190)
    throw failure('BAD_USER_INPUT', 'This is not an order id.', { field: 'orderId', rule: '1 to 190 characters' });
  return orderId;
}
