import { contextSigner } from '@tsunagari/access';
import { trustedDocuments } from '@tsunagari/client';
import { addressOf, contextNames, type Deployment, type Services } from '@tsunagari/deployment';
import type { GatewayOptions } from '@tsunagari/gateway';
import { type FetchContext, httpExecutor, httpSubscriber, nodeSubgraph } from '@tsunagari/graphql';
import { nodeTypes, supergraphSdl } from '@tsunagari/graphql/supergraph';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Where `npm run build` puts GraphiQL, beside the bundles. */
const GRAPHIQL = path.join(__dirname, '..', '..', 'graphiql');

/**
 * The one graph: a subgraph of this process is executed where it is, one of another process by HTTP with a signed context. One that
 * has no address answers as one that is down: its own fields are missing, nothing else.
 */
export function supergraphOf(
  { configuration, secrets }: Deployment,
  services: Services,
  onUntrusted: (sha256: string) => void,
): Pick<GatewayOptions, 'supergraphSdl' | 'executors' | 'subscribers' | 'trustedDocuments' | 'graphiqlFolder'> {
  const signer = contextSigner<FetchContext>({ key: secrets.contextKey });
  const elsewhere = contextNames.flatMap((name) => {
    const address = addressOf(configuration, name);
    if (address === undefined) return [];
    const url = `${address}/subgraphs/${name}`;
    return [{ name, execute: httpExecutor(name, url, signer), subscribe: httpSubscriber(name, url, signer) }];
  });
  const all = [...elsewhere, ...services.subgraphs, nodeSubgraph(nodeTypes)];
  return {
    supergraphSdl,
    executors: Object.fromEntries(all.map(({ name, execute }) => [name, execute])),
    subscribers: Object.fromEntries(all.map(({ name, subscribe }) => [name, subscribe])),
    trustedDocuments: { mode: configuration.trustedDocuments, manifest: trustedDocuments, onUntrusted },
    graphiqlFolder: existsSync(GRAPHIQL) ? GRAPHIQL : null,
  };
}
