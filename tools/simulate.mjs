// `npm run simulate`: the events of a business whose truth is known, and the proof of the models' intervals. `-- --help` says more.
import { build } from 'esbuild';
import { createRequire } from 'node:module';
import path from 'node:path';
import { options } from './build.mjs';
import { installWhatIsMissing, root } from './steps.mjs';

await installWhatIsMissing();
const out = path.join(root, 'dist', 'simulate');
await build({ ...options, entryPoints: { main: 'tools/simulate/main.ts' }, outdir: out });
const { main } = createRequire(import.meta.url)(path.join(out, 'main.js'));
process.exit(await main(process.argv.slice(2)));
