import { contextSigner } from '@tsunagari/access';
import { type Deployment, PORTS_PATH, portsHandler, type Services } from '@tsunagari/deployment';
import { type FetchContext, subgraphHandler } from '@tsunagari/graphql';
import { Router } from 'express';

/**
 * What a process answers to the other processes of its deployment: its subgraphs and its ports, to signed requests only. `ending`
 * breaks off the streams of subscriptions.
 */
export function internalRoutes(
  { secrets: { contextKey } }: Deployment,
  services: Services,
  onError: (error: unknown) => void,
  ending: AbortSignal,
): Router {
  const router = Router();
  const signer = contextSigner<FetchContext>({ key: contextKey });
  for (const subgraph of services.subgraphs) {
    const handle = subgraphHandler(subgraph, signer, ending);
    router.use(`/subgraphs/${subgraph.name}`, (request, response) => handle(request, response));
  }
  const call = portsHandler(services.ports, { contextKey, onError });
  router.use(PORTS_PATH, (request, response) => call(request, response, request.path));
  return router;
}
