// `npm run story`: six months of a shampoo brand and its customers, told on a test clock. `-- --help` says more.
import { build } from 'esbuild';
import { createRequire } from 'node:module';
import path from 'node:path';
import { options } from './build.mjs';
import { installWhatIsMissing, requireNode, root } from './steps.mjs';

requireNode();
await installWhatIsMissing();
const out = path.join(root, 'dist', 'story');
await build({ ...options, entryPoints: { main: 'tools/story/main.ts' }, outdir: out });
const { main } = createRequire(import.meta.url)(path.join(out, 'main.js'));
process.exit((await main(process.argv.slice(2))) ?? 0);
