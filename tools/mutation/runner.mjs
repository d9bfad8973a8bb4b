// Runs pure specs inside the process that StrykerJS keeps for a run. They are loaded once and called again for every mutant: a mutant
// takes milliseconds. (A test framework that builds its world anew for each takes seconds: loading all schemas of facts is what is slow.)
import { INSTRUMENTER_CONSTANTS } from '@stryker-mutator/api/core';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { determineHitLimitReached, DryRunStatus, TestStatus, toMutantRunResult } from '@stryker-mutator/api/test-runner';
import { transformSync } from '@swc/core';
import { expect } from 'expect';
import { bind } from 'jest-each';
import { readdirSync, readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import path from 'node:path';

/**
 * Lets CommonJS load the sources of a folder, and its specs: types are taken away, our libraries are found by the paths of tsconfig.base.json.
 * Pure specs need the sentences of the testing library only, not its brokers and databases.
 */
function loadsSources(folder) {
  const require = createRequire(path.join(folder, 'package.json'));
  const { paths } = require('./tsconfig.base.json').compilerOptions;
  const sources = { ...paths, '@tsunagari/testing': ['libs/testing/src/given.ts'] };
  const [, swc] = Object.values(require('./jest.config.cjs').transform)[0];
  const resolve = Module._resolveFilename;
  Module._resolveFilename = (name, ...rest) =>
    resolve.call(Module, Object.hasOwn(sources, name) ? path.join(folder, sources[name][0]) : name, ...rest);
  const compiled = new Map();
  Module._extensions['.ts'] = (module, filename) => {
    if (!compiled.has(filename)) compiled.set(filename, transformSync(readFileSync(filename, 'utf8'), { ...swc, filename }).code);
    module._compile(compiled.get(filename), filename);
  };
  // What fails has noticed the mutant: nobody needs the smallest example. One seed: a mutant is killed in every run or in none.
  require('fast-check').configureGlobal({ endOnFailure: true, seed: 1 });
  return require;
}

class PureSpecs {
  context = (globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {});
  tests = [];
  /** Milliseconds, by test, as the first run without a mutant took them: the fastest is asked first. */
  took = new Map();

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    // The copy of this repository in which StrykerJS has put its switches between mutants.
    this.sandbox = process.cwd();
    this.require = loadsSources(this.sandbox);
  }

  async dryRun() {
    try {
      this.load();
    } catch (error) {
      return { status: DryRunStatus.Error, errorMessage: error.stack };
    }
    const tests = await this.run(this.tests, false);
    this.took = new Map(tests.map(({ id, timeSpentMs }) => [id, timeSpentMs]));
    return { status: DryRunStatus.Complete, tests, mutantCoverage: this.context.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, mutantActivation, reloadEnvironment, hitLimit, disableBail }) {
    const { context } = this;
    Object.assign(context, { hitLimit, hitCount: hitLimit === undefined ? undefined : 0 });
    try {
      if (mutantActivation === 'static') context.activeMutant = activeMutant.id;
      if (reloadEnvironment || this.tests.length === 0) this.load();
      context.activeMutant = activeMutant.id;
      const asked = testFilter === undefined ? [...this.tests] : this.tests.filter(({ id }) => testFilter.includes(id));
      const tests = await this.run(
        asked.sort((one, other) => (this.took.get(one.id) ?? 0) - (this.took.get(other.id) ?? 0)),
        !disableBail,
      );
      return toMutantRunResult(
        determineHitLimitReached(context.hitCount, hitLimit) ?? { status: DryRunStatus.Complete, tests },
        disableBail,
      );
    } catch (error) {
      return toMutantRunResult({ status: DryRunStatus.Error, errorMessage: error.stack });
    } finally {
      context.activeMutant = undefined;
    }
  }

  /** Loads the specs and what they test, anew where they were loaded before. */
  load() {
    const { sandbox, require } = this;
    // Contracts are mutated by no part, built on nothing that is, and the slowest to load.
    const stays = path.join(sandbox, 'libs', 'contracts');
    for (const file of Object.keys(require.cache))
      if (file.startsWith(sandbox) && !file.includes('node_modules') && !file.startsWith(stays)) delete require.cache[file];
    this.context.currentTestId = undefined;
    this.tests = [];
    const titles = [];
    const describe = (title, body) => {
      titles.push(title);
      body();
      titles.pop();
    };
    const it = (title, body) => {
      const name = [...titles, title].join(' ');
      const same = this.tests.filter((test) => test.name === name).length;
      this.tests.push({ id: same === 0 ? name : `${name} (${same + 1})`, name, fileName: titles[0], body });
    };
    describe.each = bind(describe, false);
    it.each = bind(it);
    Object.assign(globalThis, { describe, it, expect });
    for (const spec of specsIn(sandbox)) describe(path.relative(sandbox, spec), () => require(spec));
  }

  async run(tests, bail) {
    const results = [];
    for (const { body, ...test } of tests) {
      this.context.currentTestId = test.id;
      const started = performance.now();
      const failure = await outcome(body);
      const timeSpentMs = performance.now() - started;
      if (failure === null) results.push({ ...test, timeSpentMs, status: TestStatus.Success });
      else results.push({ ...test, timeSpentMs, status: TestStatus.Failed, failureMessage: failure });
      if (failure !== null && bail) break;
    }
    this.context.currentTestId = undefined;
    return results;
  }
}

/** What a test fails with, or null. */
async function outcome(body) {
  try {
    await body();
    return null;
  } catch (error) {
    return String(error?.message ?? error);
  }
}

function specsIn(sandbox) {
  return JSON.parse(process.env.MUTATED_LIBS).flatMap((lib) =>
    readdirSync(path.join(sandbox, 'libs', lib), { recursive: true })
      .filter((file) => file.endsWith('.unit.spec.ts'))
      .map((file) => path.join(sandbox, 'libs', lib, file)),
  );
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'pure-specs', PureSpecs)];
