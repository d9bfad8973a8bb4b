import type { Position } from '@tsunagari/contracts';
import { defineSubgraph, type FetchContext, type Subgraph } from '@tsunagari/graphql';
import DataLoader from 'dataloader';
import { customerResolvers } from './customer/customer.resolver';
import { readCustomers, type CustomerReads, type CustomerView } from './customer/customer.read-model';
import { typeDefs } from './generated/graphql';
import type { IdentityCommands } from './identity/identity.commands';

export type CustomersPorts = CustomerReads & {
  readonly commands: IdentityCommands;
  /** Waits until identity has seen the position, at most 2 s. */
  readonly waitFor: (position: Position) => Promise<unknown>;
  /** The time of a command, ISO 8601. */
  readonly now: () => string;
  readonly onError?: (error: unknown, context: FetchContext) => void;
};

export type CustomersLoaders = { readonly customers: DataLoader<string, CustomerView | null> };

/** The subgraph that owns Customer: who she is, and people's word about who is who. */
export function customersSubgraph(ports: CustomersPorts): Subgraph {
  return defineSubgraph<CustomersLoaders>({
    name: 'customers',
    typeDefs,
    resolvers: customerResolvers(ports),
    createLoaders: () => ({ customers: new DataLoader((ids) => readCustomers(ports, ids)) }),
    caughtUp: ports.waitFor,
    ...(ports.onError ? { onError: ports.onError } : {}),
  });
}
