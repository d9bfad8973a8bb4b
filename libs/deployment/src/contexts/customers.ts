import { customersSubgraph, identityCommands } from '@tsunagari/customers';
import type { Deployment } from '../deployment';
import type { OpenContext, Shared } from './context';

/** Who a customer is, and people's word about who is who. */
export function openCustomers({ journal, keyring, path }: Deployment, shared: Shared): OpenContext {
  const { identity, identified, now, onResolverError } = shared;
  const ports = { identity, journal, keyring, now, waitFor: identified };
  return {
    name: 'customers',
    subgraph: customersSubgraph({
      ...ports,
      commands: identityCommands({ ...ports, path }),
      onError: onResolverError,
    }),
    runs: [],
  };
}
