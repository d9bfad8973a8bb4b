// `npm run mutation [-- <part> …] [--file <path>]`: StrykerJS changes what decides (deciders, reactors, the decision) mutant by mutant and
// asks whether a pure spec notices. Prints the survivors and the share killed of every part; fails below 85 % of all of them together.
// With `--file` only that file is changed, its part's specs must notice.
import { Stryker } from '@stryker-mutator/core';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './steps.mjs';

/** What is mutated, and where the specs are that must notice. */
const parts = {
  decisioning: { mutate: ['libs/decisioning/src/*.ts'], specs: ['decisioning'] },
  proposals: { mutate: ['libs/proposals/src/**/*.decider.ts', 'libs/proposals/src/**/*.reactor.ts'], specs: ['proposals'] },
  subscriptions: { mutate: ['libs/subscriptions/src/**/*.decider.ts', 'libs/subscriptions/src/**/*.reactor.ts'], specs: ['subscriptions'] },
  command: { mutate: ['libs/command/src/**/*.decider.ts', 'libs/reactor/src/*.reactor.ts'], specs: ['command', 'reactor'] },
  value: { mutate: ['libs/value/src/**/*.decider.ts', 'libs/value/src/**/*.reactor.ts'], specs: ['value'] },
  touchpoints: { mutate: ['libs/touchpoints/src/**/*.decider.ts', 'libs/touchpoints/src/**/*.reactor.ts'], specs: ['touchpoints'] },
};
/** In per cent. */
const KILLED = 85;

const { positionals: asked, values } = parseArgs({ allowPositionals: true, options: { file: { type: 'string' } } });
const unknown = asked.find((name) => !Object.hasOwn(parts, name));
if (unknown !== undefined) {
  process.stderr.write(`There is no part ${unknown}: ${Object.keys(parts).join(', ')}.\n`);
  process.exit(2);
}
if (values.file !== undefined && asked.length !== 1) {
  process.stderr.write('With --file, name the one part whose specs must notice.\n');
  process.exit(2);
}
process.chdir(root);
const reports = path.join(root, 'dist', 'mutation');
mkdirSync(reports, { recursive: true });
const all = { killed: 0, survived: 0 };
const began = performance.now();
for (const name of asked.length > 0 ? asked : Object.keys(parts)) {
  const { mutate, specs } = parts[name];
  process.env.MUTATED_LIBS = JSON.stringify(specs);
  const started = performance.now();
  const fileName = path.join(reports, `${name}.json`);
  await new Stryker({
    mutate: [...(values.file === undefined ? mutate : [values.file]), '!libs/**/*.spec.ts', '!libs/**/index.ts'],
    testRunner: 'pure-specs',
    plugins: [path.join(root, 'tools', 'mutation', 'runner.mjs')],
    coverageAnalysis: 'perTest',
    concurrency: 1,
    // The specs that reach a mutant take milliseconds: what loops for ever need not be waited for long.
    timeoutMS: 2_000,
    // Types were checked before; a mutant that would not compile is a mutant all the same.
    disableTypeChecks: false,
    tempDirName: 'dist/mutation/work',
    ignorePatterns: ['.*', 'data', 'dist', 'docs', 'apps', 'infra'],
    reporters: ['json', 'clear-text'],
    jsonReporter: { fileName },
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false },
    logLevel: 'warn',
  }).runMutationTest();
  const count = (...states) =>
    Object.values(JSON.parse(readFileSync(fileName, 'utf8')).files)
      .flatMap(({ mutants }) => mutants)
      .filter(({ status }) => states.includes(status)).length;
  const [killed, survived] = [count('Killed', 'Timeout'), count('Survived', 'NoCoverage')];
  process.stdout.write(
    `${name}: ${share(killed, survived)} of ${killed + survived} mutants killed, ${count('NoCoverage')} reached by no spec, ${count('Timeout')} by time-out, ${secondsSince(started)} s\n`,
  );
  all.killed += killed;
  all.survived += survived;
}
process.stdout.write(`all: ${share(all.killed, all.survived)} of ${all.killed + all.survived} mutants killed, ${secondsSince(began)} s\n`);
process.exit((100 * all.killed) / (all.killed + all.survived) >= KILLED ? 0 : 1);

function share(killed, survived) {
  return `${((100 * killed) / (killed + survived)).toFixed(1)} %`;
}

function secondsSince(started) {
  return Math.round((performance.now() - started) / 1000);
}
