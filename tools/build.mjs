// `npm run build`: one esbuild bundle an app, in dist/apps/<app>/main.js. npm packages stay outside the bundle.
import { build, context } from 'esbuild';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from './steps.mjs';

const apps = readdirSync(path.join(root, 'apps')).filter((app) => existsSync(path.join(root, 'apps', app, 'src', 'main.ts')));

/** Options of one bundle: our own libraries by the paths of tsconfig.base.json, everything of npm from node_modules. */
export const options = {
  absWorkingDir: root,
  entryPoints: Object.fromEntries(apps.map((app) => [`${app}/main`, `apps/${app}/src/main.ts`])),
  outdir: 'dist/apps',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: 'linked',
  sourcesContent: false,
  tsconfig: 'tsconfig.base.json',
  plugins: [
    {
      name: 'npm-packages-stay-outside',
      setup({ onResolve }) {
        onResolve({ filter: /^[^./]/ }, ({ path: name, kind }) => {
          if (kind === 'entry-point' || name.startsWith('@tsunagari/')) return undefined;
          return { path: name, external: true };
        });
      },
    },
  ],
  logLevel: 'warning',
};

export async function buildApps({ watch = false, onRebuilt } = {}) {
  mkdirSync(path.join(root, 'dist'), { recursive: true });
  if (!watch) return build(options);
  const watcher = await context({
    ...options,
    plugins: [...options.plugins, { name: 'tell', setup: ({ onEnd }) => onEnd((result) => onRebuilt?.(result.errors.length === 0)) }],
  });
  await watcher.watch();
  return watcher;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  await buildApps();
  const graphiql = path.join(root, 'tools', 'build-graphiql.mjs');
  if (existsSync(graphiql)) await (await import(graphiql)).buildGraphiql(path.join(root, 'dist', 'graphiql'));
}
