// `npm run bench`: the benchmarks of docs/design, side by side with their peers, correctness asserted inside. Prints the table and
// writes docs/benchmarks.md. `-- --quick` runs shorter and writes nothing; `-- B2 B8` runs only these; `-- clv` one group.
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';
import { cpus, release, totalmem, type } from 'node:os';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { buildApps, options } from './build.mjs';
import { installWhatIsMissing, nodeFlags, root, step } from './steps.mjs';

// Measured with the flags that every process is shipped with.
if (!nodeFlags.every((flag) => process.execArgv.includes(flag))) {
  const { status } = spawnSync(process.execPath, [...nodeFlags, ...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const only = args.filter((arg) => !arg.startsWith('--'));

await step('install', installWhatIsMissing);
// The distributed mode is measured as it is shipped.
if (only.length === 0 || only.some((name) => /^(chaos|b13)$/i.test(name))) await step('build', () => buildApps());
const out = path.join(root, 'dist', 'bench');
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  ...options,
  entryPoints: { all: 'tools/bench/all.ts', relay: 'libs/event-log/contract-tests/programs/relay-process.ts' },
  outdir: out,
});
const { allBenchmarks } = createRequire(import.meta.url)(path.join(out, 'all.js'));
const rows = await allBenchmarks({ quick, only, say: (line) => process.stderr.write(`${line}\n`) }).catch((error) => {
  if (!(error instanceof RangeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
});

const text = document(rows);
process.stdout.write(`\n${text}\n`);
if (!quick && only.length === 0) {
  writeFileSync(path.join(root, 'docs', 'benchmarks.md'), `${text}\n`);
  process.stdout.write('written to docs/benchmarks.md\n');
}
process.exit(0);

function document(measured) {
  const { versions } = process;
  return [
    '# Benchmarks',
    '',
    'Made by `npm run bench`: one machine, one run, peers beside us on the same server with the same settings; each figure is the median of',
    'its runs with the spread (min–max). Completeness and order are asserted inside. Ratios decide, absolute figures orient.',
    '',
    `Machine: ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}. Node ${versions.node}.`,
    '',
    '| Id | Workload | Unit | Ours | Peer | Ratio | Target | Note |',
    '|---|---|---|---|---|---|---|---|',
    ...measured.map(({ id, workload, unit, runs, peer, target, note }) => {
      const lowerIsBetter = /^(ms|s)\b/.test(unit);
      const ratio = peer ? (lowerIsBetter ? median(peer.runs) / median(runs) : median(runs) / median(peer.runs)) : undefined;
      const cells = [
        id,
        workload,
        unit,
        spread(runs),
        peer ? `${peer.name} ${spread(peer.runs)}` : '–',
        ratio ? `${ratio.toFixed(1)}×` : '–',
        target,
        note ?? '',
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ].join('\n');
}

function spread(runs) {
  const [low, high] = [Math.min(...runs), Math.max(...runs)];
  return low === high ? figure(low) : `${figure(median(runs))} (${figure(low)}–${figure(high)})`;
}

function median(runs) {
  const sorted = [...runs].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function figure(value) {
  return value >= 100 ? Math.round(value).toLocaleString('en-GB') : String(Number(value.toPrecision(3)));
}
