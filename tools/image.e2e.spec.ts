import { configurationVariables, PROCESS_NAMES, type ProcessName, readConfiguration } from '@tsunagari/runtime';
import { testDatabase } from '@tsunagari/testing';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run, startPlatformProcess } from '../apps/platform/src/testing/bundles';

jest.setTimeout(300_000);

const root = path.join(__dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** Of the packages that testcontainers brings: Docker's own schema of compose files, and a YAML reader. */
const dockerCompose = createRequire(createRequire(path.join(root, 'package.json')).resolve('testcontainers'));
const schema = JSON.parse(
  readFileSync(path.join(path.dirname(dockerCompose.resolve('docker-compose/package.json')), 'schema', 'compose-spec.json'), 'utf8'),
) as object;
const yaml = createRequire(dockerCompose.resolve('docker-compose/package.json'))('yaml') as {
  parse: (text: string, options: { merge: boolean }) => unknown;
};

type Service = {
  image?: string;
  build?: { context: string; dockerfile: string; args?: { APP?: string } };
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  volumes?: string[];
  ports?: string[];
  healthcheck?: object;
};
type Compose = { services: Record<string, Service>; volumes: Record<string, unknown> };

const files = ['docker-compose.yml', 'infra/docker/platform.yml'];
const composeOf = (file: string): Compose => yaml.parse(read(file), { merge: true }) as Compose;
/** As compose fills them in. */
const filled = (text: string): string =>
  text.replace(/\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}/g, (_, _name, otherwise?: string) => otherwise ?? 'secret');

describe.each(files)('%s (no engine here: what can be checked without one)', (file) => {
  const compose = composeOf(file);

  it("fits Docker's own schema, and the schema notices what does not", () => {
    const ajv = new Ajv({ strict: false });
    addFormats(ajv);
    ajv.addFormat('duration', true).addFormat('ports', true).addFormat('expose', true).addFormat('subnet_ip_address', true);
    // It names its dialect, draft 7, by another address than ajv knows it by.
    const fits = ajv.compile({ ...schema, $schema: 'http://json-schema.org/draft-07/schema' });
    expect([fits(compose), fits.errors]).toEqual([true, null]);
    expect(fits({ ...compose, services: { ...compose.services, broken: { imagee: 'x' } } })).toBe(false);
  });

  it('names services, volumes and files that are there, exact versions of images, and no public port', () => {
    for (const [name, { image, build, depends_on = {}, volumes = [], ports = [] }] of Object.entries(compose.services)) {
      for (const needed of Object.keys(depends_on))
        expect([name, Object.keys(compose.services)]).toEqual([name, expect.arrayContaining([needed])]);
      for (const [volume] of volumes.map((each) => each.split(':'))) expect(compose.volumes).toHaveProperty(volume ?? '');
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
      if (image) expect(image).toMatch(/:\d+\.\d+/);
      if (!build) continue;
      expect(existsSync(path.join(root, path.dirname(file), build.context, build.dockerfile))).toBe(true);
      expect(existsSync(path.join(root, 'apps', build.args?.APP ?? '', 'src', 'main.ts'))).toBe(true);
    }
  });

  it('gives every process what it needs to start, and nothing that no process reads', () => {
    for (const { build, environment } of Object.values(compose.services)) {
      const app = build?.args?.APP;
      if (!app || !environment) continue;
      const variables = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filled(value)]));
      for (const name of Object.keys(variables)) expect(configurationVariables).toHaveProperty(name);
      if ((PROCESS_NAMES as readonly string[]).includes(app)) readConfiguration(variables, app as ProcessName);
    }
  });
});

it('a process in a container runs under the flags under which all are measured', () => {
  const flags = /nodeFlags = \[(.*)\]/.exec(read('tools/steps.mjs'))?.[1]?.match(/--[^']+/g) ?? [];
  const started = /^CMD .*exec node (.*) apps/m.exec(read('infra/docker/Dockerfile'))?.[1]?.split(' ');
  expect(started).toEqual(flags);
});

it('the distributed mode starts every process, and what each waits for has a health check', () => {
  const { services } = composeOf('docker-compose.yml');
  const started = Object.values(services).flatMap(({ build }) => build?.args?.APP ?? []);
  expect(started.sort()).toEqual([...PROCESS_NAMES.filter((name) => name !== 'platform'), 'cli'].sort());
  for (const { depends_on = {} } of Object.values(services))
    for (const [name, { condition }] of Object.entries(depends_on))
      if (condition === 'service_healthy') expect([name, services[name]?.healthcheck]).toEqual([name, expect.any(Object)]);
});

describe("the image's steps, run by hand in a folder of its own", () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsunagari-image-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('hold no more than the bundle, the planner and GraphiQL, some 20 MB, and answer from there', async () => {
    const source = path.join(folder, 'src');
    // As COPY brings it: without node_modules, which npm ci makes; here they are those of this repository.
    for (const name of readdirSync(root))
      if (!['node_modules', 'dist', '.git', '.nx', '.tsunagari', 'coverage', 'data'].includes(name))
        cpSync(path.join(root, name), path.join(source, name), { recursive: true });
    spawnSync('ln', ['-s', path.join(root, 'node_modules'), path.join(source, 'node_modules')]);
    const steps = /^RUN (npm run build .*)$/m.exec(read('infra/docker/Dockerfile'))?.[1] ?? '';
    expect(steps).toContain('assemble.sh');
    const image = path.join(folder, 'image');
    const script = steps.replaceAll('${APP}', 'platform').replace('/image', image);
    const built = spawnSync('sh', ['-c', script], { cwd: source, encoding: 'utf8' });
    expect([built.status, built.status === 0 ? '' : built.stderr]).toEqual([0, '']);
    rmSync(source, { recursive: true });
    expect(sizeOf(image)).toBeLessThan(24 * 1024 * 1024);

    const database = await testDatabase();
    const platform = await startPlatformProcess(path.join(image, 'apps', 'platform', 'main.js'), {
      DATABASE_URL: database.url,
      TSUNAGARI_HOME: path.join(folder, 'data'),
    });
    try {
      const asked = await fetch(`${platform.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{ __typename }"}',
      });
      expect(await asked.json()).toEqual({ data: { __typename: 'Query' } });
      const healthy = (port: string) => run(process.execPath, [path.join(image, 'healthy.js')], { PORT: port });
      expect((await healthy(new URL(platform.url).port)).code).toBe(0);
      expect((await healthy('1')).code).toBe(1);
      expect(await platform.end('SIGTERM')).toBe(0);
    } finally {
      platform.child.kill('SIGKILL');
      await database.drop();
    }
  });
});

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
}
