// `npm run requirements`: which of the 137 statements of docs/requirements.md have proof, and in which test. A test names the
// statements that it proves in its title, as `[2.09]`. `--json` for machines.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './steps.mjs';

const statements = new Map();
for (const [, id, text] of readFileSync(path.join(root, 'docs', 'requirements.md'), 'utf8').matchAll(/^\| (\d\.\d\d) \| ([^|]+) \|/gm))
  statements.set(id, text.trim());

const proofs = new Map([...statements.keys()].map((id) => [id, []]));
const unknown = [];
for (const file of specs(root)) {
  const titles = readFileSync(path.join(root, file), 'utf8').matchAll(
    /\b(?:it|test|describe)(?:\.each\([^\n]*\))?\(\s*(['"`])((?:\\.|(?!\1).)*)\1/g,
  );
  for (const [, , title] of titles)
    for (const [, ids] of title.matchAll(/\[(\d\.\d\d(?:, \d\.\d\d)*)\]/g))
      for (const id of ids.split(', ')) (proofs.get(id) ?? unknown).push(proofs.has(id) ? `${file}: ${title}` : `${id} in ${file}`);
}

const proven = [...proofs].filter(([, tests]) => tests.length > 0);
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(Object.fromEntries(proofs), null, 2)}\n`);
else {
  for (const [id, tests] of proven) {
    process.stdout.write(`${id}  ${statements.get(id)}\n`);
    for (const test of tests) process.stdout.write(`        ${test}\n`);
  }
  process.stdout.write(`\n${proven.length} of ${statements.size} statements have proof\n`);
}
for (const stray of unknown) process.stderr.write(`no such statement: ${stray}\n`);
process.exitCode = unknown.length > 0 ? 1 : 0;

function specs(from, prefix = '') {
  return readdirSync(from, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', '.git', '.nx', '.tsunagari', 'data'].includes(entry.name)) return [];
    const name = path.join(prefix, entry.name);
    if (entry.isDirectory()) return specs(path.join(from, entry.name), name);
    return entry.name.endsWith('.spec.ts') ? [name] : [];
  });
}
