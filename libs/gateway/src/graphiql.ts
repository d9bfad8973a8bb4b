import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Router } from 'express';

/** GraphiQL from our own files: the page for a browser that GETs /graphql, what it loads below /graphql/graphiql. */
export function graphiqlPage(folder: string): Router {
  const page = join(folder, 'index.html');
  const router = express.Router();
  if (!existsSync(page)) return router;
  router.get('/', (request, response, next) => {
    if (!request.accepts(['application/json', 'text/html'])?.toString().includes('html')) return next();
    response.type('html');
    createReadStream(page).pipe(response);
  });
  router.use('/graphiql', express.static(folder, { index: false, fallthrough: false }));
  return router;
}
