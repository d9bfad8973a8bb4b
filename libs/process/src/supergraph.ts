import { contextSigner } from '@tsunagari/access';
import { trustedDocuments } from '@tsunagari/client';
import { addressOf, contextNames, type Deployment, type Services } from '@tsunagari/deployment';
import type { GatewayOptions } from '@tsunagari/gateway';
import { type FetchContext, httpExecutor, nodeSubgraph, type SubgraphExecutor } from '@tsunagari/graphql';
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
): Pick<GatewayOptions, 'supergraphSdl' | 'executors' | 'trustedDocuments' | 'graphiqlFolder'> {
  const signer = contextSigner<FetchContext>({ key: secrets.contextKey });
  const elsewhere = contextNames.flatMap((name): [string, SubgraphExecutor][] => {
    const address = addressOf(configuration, name);
    return address === undefined ? [] : [[name, httpExecutor(name, `${address}/subgraphs/${name}`, signer)]];
  });
  const here = [...services.subgraphs, nodeSubgraph(nodeTypes)].map(({ name, execute }): [string, SubgraphExecutor] => [name, execute]);
  return {
    supergraphSdl,
    executors: Object.fromEntries([...elsewhere, ...here]),
    trustedDocuments: { mode: configuration.trustedDocuments, manifest: trustedDocuments, onUntrusted },
    graphiqlFolder: existsSync(GRAPHIQL) ? GRAPHIQL : null,
  };
}
