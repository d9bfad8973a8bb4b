import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';

const root = path.resolve(__dirname, '..');

// A copy of the workspace, the real command, and Jest in it: slow on a busy machine.
jest.setTimeout(300_000);

describe('nx g ./tools/generators:aggregate', () => {
  let copy: string;
  const read = (file: string): string => readFileSync(path.join(copy, file), 'utf8');
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, args, {
      cwd: copy,
      encoding: 'utf8',
      env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', CI: 'true' },
    });
  const generate = (name: string, context: string) =>
    run('node_modules/nx/dist/bin/nx.js', 'g', './tools/generators:aggregate', name, `--context=${context}`);

  beforeAll(() => {
    copy = mkdtempSync(path.join(tmpdir(), 'tsunagari-generator-'));
    for (const part of [
      'libs',
      'tools',
      'tsconfig.base.json',
      'jest.config.cjs',
      'nx.json',
      'package.json',
      'package-lock.json',
      '.prettierrc.json',
    ])
      cpSync(path.join(root, part), path.join(copy, part), { recursive: true });
    symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
    const made = generate('ShelfLife', 'value');
    if (made.status !== 0) throw new Error(made.stdout + made.stderr);
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('writes the folder of the aggregate, registers its facts, stream and refusals, and all of it is TypeScript', () => {
    for (const file of [
      'shelf-life.decider.ts',
      'shelf-life.resolver.ts',
      'shelf-life.decider.unit.spec.ts',
      '../../../contracts/src/value/shelf-life-facts.ts',
    ])
      expect(ts.transpileModule(read(path.join('libs/value/src/shelf-life', file)), { reportDiagnostics: true }).diagnostics).toEqual([]);
    expect(read('libs/contracts/src/index.ts')).toContain("export * from './value/shelf-life-facts';");
    expect(read('libs/contracts/src/index.ts')).toContain('...shelfLifeFacts,');
    expect(read('libs/contracts/src/streams.ts')).toContain("shelfLife: { id: 'shelf life id of the brand'");
    expect(read('libs/contracts/src/refusal.ts')).toMatch(/'UNKNOWN_SHELF_LIFE',\s+'SHELF_LIFE_EXISTS',/);
  });

  it('the new aggregate decides at once; its specs fail where there is something to say, and nowhere else', () => {
    // Without the server that the whole suite shares: the specs of a decider are pure.
    const config =
      "const { globalSetup, globalTeardown, reporters, ...rest } = require('./jest.config.cjs');\nmodule.exports = { ...rest, roots: ['<rootDir>/libs/value'] };\n";
    writeFileSync(path.join(copy, 'jest.pure.cjs'), config);
    const { stdout } = run('node_modules/jest/bin/jest.js', '--ci', '--json', '-c', 'jest.pure.cjs', 'libs/value/src/shelf-life');
    const report = JSON.parse(stdout) as { testResults: { assertionResults: { title: string; status: string }[] }[] };
    expect(report.testResults.flatMap(({ assertionResults }) => assertionResults.map(({ title, status }) => [title, status]))).toEqual([
      ['records it', 'passed'],
      ['is refused the second time', 'passed'],
      ['refuses what the domain model says must be refused', 'failed'],
    ]);
  });

  it('says what is wrong instead of writing over something', () => {
    const again = generate('ShelfLife', 'value');
    expect(again.status).not.toBe(0);
    expect(again.stdout + again.stderr).toContain('exists already');
    const nowhere = generate('Thing', 'nowhere');
    expect(nowhere.stdout + nowhere.stderr).toContain('there is no context nowhere');
  });
});
