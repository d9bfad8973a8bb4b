// GraphiQL as files of our own: the page at GET /graphql loads nothing from another host.
import { build } from 'esbuild';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const workers = {
  editor: 'monaco-editor/esm/vs/editor/editor.worker.js',
  json: 'monaco-editor/esm/vs/language/json/json.worker.js',
  graphql: 'monaco-graphql/esm/graphql.worker.js',
};

/** The page. A token and a query may stand behind the `#` of its address (`/graphql#token=…&query=…`), which no server ever sees. */
const page = `
import 'graphiql/style.css';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';

const endpoint = location.pathname;
globalThis.MonacoEnvironment = {
  getWorker: (_, label) => new Worker(endpoint + '/graphiql/' + (label === 'json' || label === 'graphql' ? label : 'editor') + '.worker.js'),
};
const given = new URLSearchParams(location.hash.slice(1));
const token = given.get('token');
const query = given.get('query');
history.replaceState(null, '', location.pathname);
const fetcher = async (body, { headers } = {}) =>
  (await fetch(endpoint, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })).json();
createRoot(document.getElementById('graphiql')).render(
  createElement(GraphiQL, {
    fetcher,
    ...(token ? { initialHeaders: JSON.stringify({ authorization: 'Bearer ' + token }) } : {}),
    ...(query ? { initialQuery: query } : {}),
    defaultHeaders: '{ "authorization": "Bearer " }',
    defaultQuery: '{\\n  customers(first: 10) {\\n    edges { node { id ltv { value } } }\\n  }\\n}\\n',
    defaultEditorToolsVisibility: 'headers',
    shouldPersistHeaders: false,
  }),
);
`;

const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Tsunagari: GraphiQL</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="graphql/graphiql/page.css" />
    <style>html, body, #graphiql { height: 100%; margin: 0; }</style>
  </head>
  <body>
    <div id="graphiql">Loading…</div>
    <script src="graphql/graphiql/page.js"></script>
  </body>
</html>
`;

/** Writes index.html, page.js, page.css and the editor's workers into the folder. */
export async function buildGraphiql(outDir) {
  mkdirSync(outDir, { recursive: true });
  const shared = {
    absWorkingDir: root,
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    legalComments: 'none',
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.ttf': 'dataurl', '.woff': 'dataurl', '.woff2': 'dataurl', '.svg': 'dataurl' },
    logLevel: 'error',
  };
  await Promise.all([
    build({ ...shared, stdin: { contents: page, resolveDir: root, loader: 'js' }, outfile: path.join(outDir, 'page.js') }),
    ...Object.entries(workers).map(([name, entry]) =>
      build({ ...shared, entryPoints: [entry], outfile: path.join(outDir, `${name}.worker.js`) }),
    ),
  ]);
  writeFileSync(path.join(outDir, 'index.html'), html);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildGraphiql(process.argv[2] ?? path.join(root, 'dist', 'graphiql'));
