// `npm run contracts`: writes the JSON Schema of every fact type and version to libs/contracts/schemas/. A test compares them.
import { build } from 'esbuild';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { options } from './build.mjs';
import { root } from './steps.mjs';

const out = mkdtempSync(path.join(root, 'node_modules', '.contracts-'));
try {
  await build({ ...options, entryPoints: { schemas: 'libs/contracts/src/json-schema.ts' }, outdir: out });
  const { contractSchemas } = createRequire(import.meta.url)(path.join(out, 'schemas.js'));
  const folder = path.join(root, 'libs', 'contracts', 'schemas');
  mkdirSync(folder, { recursive: true });
  const files = contractSchemas();
  // The schema of an older version stays for ever, for whoever knows no newer one.
  const named = (file) => /^(?<type>.+)\.v(?<version>\d+)\.json$/.exec(file)?.groups ?? { type: file, version: '0' };
  const newest = new Map(Object.keys(files).map((file) => [named(file).type, Number(named(file).version)]));
  const isOlder = (file) => Number(named(file).version) < (newest.get(named(file).type) ?? 0);
  for (const stale of readdirSync(folder).filter((file) => !(file in files) && !isOlder(file))) rmSync(path.join(folder, stale));
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text);
  process.stdout.write(`${Object.keys(files).length} schemas in libs/contracts/schemas\n`);
} finally {
  rmSync(out, { recursive: true, force: true });
}
