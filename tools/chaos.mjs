// `npm run chaos [-- --kills 200 --minutes 30]`: the distributed mode under load while its parts are killed, frozen, cut off and set back;
// at the end nothing may be lost, doubled or out of order. Exit code 1 when something was, or when a recovery took longer than 2 s.
import { build } from 'esbuild';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildApps, options } from './build.mjs';
import { installWhatIsMissing, nodeFlags, root, step } from './steps.mjs';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, minutes: { type: 'string', default: '30' }, keep: { type: 'boolean' } },
});
await step('install', installWhatIsMissing);
await step('build', () => buildApps());
const out = path.join(root, 'dist', 'chaos');
mkdirSync(out, { recursive: true });
await build({ ...options, entryPoints: { chaos: 'tools/chaos/chaos.ts' }, outdir: out });
const { runChaos, chaosReport } = createRequire(import.meta.url)(path.join(out, 'chaos.js'));

// Ctrl-C ends the run, not the judging; the second one ends everything.
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ending.abort());

const home = mkdtempSync(path.join(out, 'run-'));
const result = await runChaos({
  home,
  bundles: path.join('dist', 'apps'),
  kills: Number(values.kills),
  seconds: Number(values.minutes) * 60,
  nodeFlags,
  signal: ending.signal,
  say: (line) => process.stderr.write(`${line}\n`),
});
writeFileSync(path.join(out, 'result.json'), `${JSON.stringify(result, undefined, 2)}\n`);
process.stdout.write(`\n${chaosReport(result)}\n`);
const slow = result.recoveries.filter(({ kill, fromReady }) => kill && fromReady > 2_000);
if (slow.length > 0) process.stdout.write(`✗ ${slow.length} of ${result.kills} recoveries took longer than 2 s\n`);
if (values.keep || !result.well) process.stdout.write(`everything of this run is in ${home}\n`);
else rmSync(home, { recursive: true, force: true });
process.exit(result.well && slow.length === 0 ? 0 : 1);
