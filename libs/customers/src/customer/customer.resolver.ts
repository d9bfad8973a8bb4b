import { askedBy } from '@tsunagari/command';
import type { IdentifierType } from '@tsunagari/contracts';
import { commandRefused, failure, fromGlobalId, fromMomentId, type IdMoment, toGlobalId, toMomentId } from '@tsunagari/graphql';
import { momentOf } from '@tsunagari/projection';
import type { CustomersPorts } from '../customers.subgraph';
import type { Resolvers } from '../generated/graphql';
import type { SubgraphContext } from '../subgraph.models';
import type { CustomerView } from './customer.read-model';

const ERASE = 'ERASE';

export function customerResolvers({ identity, journal, keyring, commands, waitFor, now }: CustomersPorts): Resolvers {
  const view = async (parent: { customer: string; moment?: IdMoment | null }, context: SubgraphContext): Promise<CustomerView> => {
    const loaded = await context.loaders.customers.load(keyOf(parent));
    if (!loaded)
      throw failure('NOT_FOUND', 'This customer is another one by now.', { field: 'id', remedy: 'Look her up by an identifier.' });
    return loaded;
  };

  return {
    Query: {
      async customer(_, { id, identifier, asOf, atLeast }, context) {
        if ((id == null) === (identifier == null))
          throw failure('BAD_USER_INPUT', 'Name the customer once.', { field: 'id', rule: 'either id or identifier' });
        if (atLeast != null) await waitFor(atLeast);
        const named = id != null ? fromMomentId('Customer', id) : { key: await subjectOf(identifier), moment: null };
        if (named.key === undefined) return null;
        if (asOf != null && named.moment !== null)
          throw failure('BAD_USER_INPUT', 'This id names a moment already.', { field: 'asOf', rule: 'one moment' });
        const moment = asOf == null ? named.moment : await momentOf({ identity, journal }, asOf);
        const { customer } = await identity.membersOf(named.key, moment?.position);
        const found = { customer, moment };
        return (await context.loaders.customers.load(keyOf(found))) ? found : null;
      },
      async me(_, { atLeast }, context) {
        if (atLeast != null) await waitFor(atLeast);
        const { subject } = context.principal;
        if (subject === null) return null;
        const { customer } = await identity.membersOf(subject);
        return (await context.loaders.customers.load(customer)) ? { customer } : null;
      },
    },

    Customer: {
      __resolveReference: async ({ id }, context) => {
        const { key: customer, moment } = fromMomentId('Customer', id);
        const found = { customer, moment };
        return (await context.loaders.customers.load(keyOf(found))) ? found : null;
      },
      id: ({ customer, moment }) => toMomentId('Customer', customer, moment),
      kind: async (parent, _, context) => (await view(parent, context)).kind.toUpperCase() as Uppercase<CustomerView['kind']>,
      identifiers: async (parent, _, context) => [...(await view(parent, context)).identifiers],
      erased: async (parent, _, context) => (await view(parent, context)).erased,
      mergedFrom: async (parent, _, context) => [...(await view(parent, context)).mergedFrom],
    },

    Identifier: {
      id: ({ subject }) => toGlobalId('Identifier', subject),
      type: ({ type }) => type.toUpperCase() as Uppercase<IdentifierType>,
      redacted: ({ value }) => value === null,
    },

    MergeRecord: {
      identifierIds: ({ subjects }) => subjects.map((subject) => toGlobalId('Identifier', subject)),
    },

    Mutation: {
      async mergeCustomers(_, { input }, context) {
        const customers = input.customerIds.map((id, n) => fromGlobalId('Customer', id, `input.customerIds.${n}`));
        const result = await commands.mergeCustomers({ customers, reason: input.reason }, askedBy(input, context, now()));
        if (result.kind === 'refused') return commandRefused(result.refusal);
        const { position, repeated } = seen(result, context);
        return { __typename: 'CustomerChanged', customer: { customer: result.customers[0] ?? '' }, position, repeated };
      },
      async splitCustomer(_, { input }, context) {
        const command = {
          customer: fromGlobalId('Customer', input.customerId, 'input.customerId'),
          subjects: input.identifierIds.map((id, n) => fromGlobalId('Identifier', id, `input.identifierIds.${n}`)),
          reason: input.reason,
        };
        const result = await commands.splitCustomer(command, askedBy(input, context, now()));
        if (result.kind === 'refused') return commandRefused(result.refusal);
        const { position, repeated } = seen(result, context);
        return { __typename: 'CustomerCameApart', customers: result.customers.map((customer) => ({ customer })), position, repeated };
      },
      async blockIdentifier(_, { input }, context) {
        const command = { subject: fromGlobalId('Identifier', input.identifierId, 'input.identifierId'), reason: input.reason };
        const result = await commands.blockIdentifier(command, askedBy(input, context, now()));
        if (result.kind === 'refused') return commandRefused(result.refusal);
        const { position, repeated } = seen(result, context);
        return { __typename: 'CustomerChanged', customer: { customer: result.customers[0] ?? '' }, position, repeated };
      },
      async eraseCustomer(_, { input }, context) {
        if (input.confirm !== ERASE)
          throw failure('BAD_USER_INPUT', 'Erasing cannot be undone.', { field: 'input.confirm', rule: `confirm is the word ${ERASE}` });
        const command = {
          customer: fromGlobalId('Customer', input.customerId, 'input.customerId'),
          scope: input.scope === 'FORGET_SUPPRESSION' ? ('forget-suppression' as const) : ('keep-suppression' as const),
        };
        const result = await commands.eraseCustomer(command, askedBy(input, context, now()));
        if (result.kind === 'refused') return commandRefused(result.refusal);
        if (result.position !== null) context.appended(result.position);
        return {
          __typename: 'CustomerErasedPayload',
          customer: { customer: result.customers[0] ?? '' },
          identifiersErased: result.subjects.length,
          position: result.position,
          repeated: result.repeated,
        };
      },
    },
  };

  async function subjectOf(identifier: { type: Uppercase<IdentifierType>; value: string } | null | undefined): Promise<string | undefined> {
    if (!identifier) return undefined;
    const [known] = await keyring.subjectsOf([{ type: identifier.type.toLowerCase() as IdentifierType, value: identifier.value }], {
      create: false,
    });
    return known?.kind === 'known' ? known.subject : undefined;
  }
}

/** The key of a loader: a customer of the present, or as of a moment. */
function keyOf({ customer, moment }: { readonly customer: string; readonly moment?: IdMoment | null }): string {
  return toMomentId('Customer', customer, moment).slice('Customer:'.length);
}

/** Tells the gateway how far this mutation has appended, and gives the position that the payload shows. */
function seen(result: { position: string | null; repeated: boolean }, context: SubgraphContext): { position: string; repeated: boolean } {
  if (result.position !== null) context.appended(result.position);
  return { position: result.position ?? '0', repeated: result.repeated };
}
