// `npm run mutation [-- <part> …]`: StrykerJS changes what decides (deciders, reactors, the decision) mutant by mutant and asks whether a
// pure spec notices. Prints the survivors and the share killed of every part; fails below 85 % of all of them together.
import { Stryker } from '@stryker-mutator/core';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
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

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(parts, name));
if (unknown !== undefined) {
  process.stderr.write(`There is no part ${unknown}: ${Object.keys(parts).join(', ')}.\n`);
  process.exit(2);
}
process.chdir(root);
const reports = path.join(root, 'dist', 'mutation');
mkdirSync(reports, { recursive: true });
const all = { killed: 0, survived: 0 };
for (const name of asked.length > 0 ? asked : Object.keys(parts)) {
  const { mutate, specs } = parts[name];
  process.env.MUTATED_ROOTS = JSON.stringify(specs.map((lib) => `<rootDir>/libs/${lib}`));
  const fileName = path.join(reports, `${name}.json`);
  await new Stryker({
    mutate: [...mutate, '!libs/**/*.spec.ts', '!libs/**/index.ts'],
    testRunner: 'jest',
    jest: { projectType: 'custom', configFile: 'tools/mutation/jest.config.cjs', enableFindRelatedTests: false },
    plugins: ['@stryker-mutator/jest-runner'],
    coverageAnalysis: 'perTest',
    concurrency: 1,
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
    `${name}: ${share(killed, survived)} of ${killed + survived} mutants killed, ${count('NoCoverage')} reached by no spec\n`,
  );
  all.killed += killed;
  all.survived += survived;
}
process.stdout.write(`all: ${share(all.killed, all.survived)} of ${all.killed + all.survived} mutants killed\n`);
process.exit((100 * all.killed) / (all.killed + all.survived) >= KILLED ? 0 : 1);

function share(killed, survived) {
  return `${((100 * killed) / (killed + survived)).toFixed(1)} %`;
}
