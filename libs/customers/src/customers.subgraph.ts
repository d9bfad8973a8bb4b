import type { Position } from '@tsunagari/contracts';
import type { Principal } from '@tsunagari/access';
import { defineSubgraph, type FetchContext, fromMomentId, ofThePresent, type Subgraph } from '@tsunagari/graphql';
import DataLoader from 'dataloader';
import type { EventStore } from '@tsunagari/event-store';
import type { ConsentCommands } from './consent/consent.commands';
import { consentResolvers } from './consent/consent.resolver';
import { type Standing, standingsOfCustomers } from './consent/standing';
import { customerResolvers } from './customer/customer.resolver';
import { readCustomers, type CustomerReads, type CustomerView } from './customer/customer.read-model';
import { type Resolvers, typeDefs } from './generated/graphql';
import type { IdentityCommands } from './identity/identity.commands';
import type { IdentityRulesCommands } from './identity-rules/identity-rules.commands';
import { identityRulesResolvers } from './identity-rules/identity-rules.resolver';

export type CustomersPorts = CustomerReads & {
  readonly store: EventStore;
  readonly commands: IdentityCommands;
  readonly consent: ConsentCommands;
  readonly identityRules: IdentityRulesCommands;
  /** Waits until identity has seen the position, at most 2 s. */
  readonly waitFor: (position: Position) => Promise<unknown>;
  /** The time of a command, ISO 8601. */
  readonly now: () => string;
  readonly onError?: (error: unknown, context: FetchContext) => void;
};

export type CustomersLoaders = {
  /** Customers as the caller may see them: of whom she reaches a part, that part; of whom she reaches nothing, null. */
  readonly customers: DataLoader<string, CustomerView | null>;
  /** What she consents and objects to and prefers: of a page of customers together. */
  readonly standing: DataLoader<string, Standing>;
};

/** The subgraph that owns Customer: who she is, people's word about who is who, and what she consents to. */
export function customersSubgraph(ports: CustomersPorts): Subgraph {
  return defineSubgraph<CustomersLoaders>({
    name: 'customers',
    typeDefs,
    resolvers: resolversOf(ports),
    createLoaders: ({ principal }) => ({
      customers: new DataLoader((ids) => readMoments(ports, ids, principal)),
      standing: new DataLoader((customers) => standingsOfCustomers(ports, customers, principal)),
    }),
    caughtUp: ports.waitFor,
    ...(ports.onError ? { onError: ports.onError } : {}),
  });
}

/** Ids of the present are read together; each one as of a moment by itself, for staff alone: what somebody reaches is known for now only. */
async function readMoments(ports: CustomersPorts, ids: readonly string[], principal: Principal): Promise<(CustomerView | null)[]> {
  const present = ids.filter((id) => !id.includes('@'));
  const read = new Map((await readCustomers(ports, present, principal)).map((view, n) => [present[n] ?? '', view]));
  return Promise.all(
    ids.map(async (id) => {
      const { key, moment } = fromMomentId('Customer', `Customer:${id}`);
      if (moment === null) return read.get(id) ?? null;
      return principal.kind === 'staff' ? ((await readCustomers(ports, [key], principal, moment))[0] ?? null) : null;
    }),
  );
}

/** Each aggregate resolves its own fields; those of the root and of Customer come together here. */
function resolversOf(ports: CustomersPorts): Resolvers {
  const [customers, consent, rules] = [customerResolvers(ports), consentResolvers(ports), identityRulesResolvers(ports)];
  return {
    ...customers,
    ...consent,
    ...rules,
    Query: { ...customers.Query, ...consent.Query, ...rules.Query },
    Mutation: { ...customers.Mutation, ...consent.Mutation, ...rules.Mutation },
    Customer: { ...customers.Customer, ...ofThePresent(consent.Customer ?? {}) },
  };
}
