import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '..');
const env = { ...process.env, NX_DAEMON: 'false' };
const boundary = '@nx/enforce-module-boundaries';

/** Probes that stand in a project's sources only while this test lints them, all in one run. */
const probes = {
  'a context imports another context': ['libs/customers', 'probe.ts', "import '@tsunagari/subscriptions';"],
  'contracts imports a kit': ['libs/contracts', 'probe.ts', "import '@tsunagari/privacy';"],
  'pure mathematics imports contracts': ['libs/clv', 'probe.ts', "import '@tsunagari/contracts';"],
  'a context imports an adapter': ['libs/intake', 'probe.ts', "import '@tsunagari/event-store-postgres';"],
  'the gateway imports a context': ['libs/gateway', 'probe.ts', "import '@tsunagari/customers';"],
  'a port imports its adapter': ['libs/event-store/port', 'probe.ts', "import '@tsunagari/event-store-postgres';"],
  'production code imports testing': ['libs/privacy', 'probe.ts', "import '@tsunagari/testing';"],
  'what the table allows': ['libs/command', 'probe.ts', "import '@tsunagari/privacy';\nimport '@tsunagari/contracts';\n"],
  'a decider looks at the clock and rolls dice': [
    'libs/customers',
    'probe.decider.ts',
    'export const now = Date.now();\nexport const chance = Math.random();\n',
  ],
} as const;

type Probe = keyof typeof probes;

let rulesBroken: Map<Probe, readonly string[]>;

beforeAll(() => {
  // The rule reads the project graph from Nx's workspace data; without it, it would say nothing and pass.
  execFileSync(process.execPath, [path.join(root, 'node_modules/nx/dist/bin/nx.js'), 'show', 'projects'], { cwd: root, env });
  const folders = new Map<string, Probe>();
  try {
    for (const [name, [project, file, source]] of Object.entries(probes) as [Probe, (typeof probes)[Probe]][]) {
      const folder = mkdtempSync(path.join(root, project, 'src', 'boundary-'));
      folders.set(folder, name);
      writeFileSync(path.join(folder, file), source);
    }
    const results = JSON.parse(eslint(['--format=json', ...folders.keys()])) as { filePath: string; messages: { ruleId: string }[] }[];
    rulesBroken = new Map(
      results.map(({ filePath, messages }) => [folders.get(path.dirname(filePath)) as Probe, messages.map(({ ruleId }) => ruleId)]),
    );
  } finally {
    for (const folder of folders.keys()) rmSync(folder, { recursive: true, force: true });
  }
});

function eslint(args: readonly string[]): string {
  try {
    return execFileSync(process.execPath, [path.join(root, 'node_modules/eslint/bin/eslint.js'), ...args], {
      cwd: root,
      env,
      encoding: 'utf8',
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

describe('the rules of import fail lint when they are broken', () => {
  const forbidden = (Object.keys(probes) as Probe[]).filter((name) => name.includes('import'));
  it.each(forbidden)('%s', (name) => {
    expect(rulesBroken.get(name)).toContain(boundary);
  });

  it('and what the table allows passes', () => {
    expect(rulesBroken.get('what the table allows')).toEqual([]);
  });

  it('a decider may not look at the clock, nor roll dice', () => {
    expect(rulesBroken.get('a decider looks at the clock and rolls dice')).toEqual(
      expect.arrayContaining(['no-restricted-globals', 'no-restricted-properties']),
    );
  });
});
