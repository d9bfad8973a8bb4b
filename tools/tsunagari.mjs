// `npm run tsunagari -- <command>`: the command line. Builds it first where that has not happened yet; says nothing of its own.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { nodeFlags, requireNode, root } from './steps.mjs';

requireNode();
const bundle = path.join(root, 'dist', 'apps', 'cli', 'main.js');
if (!existsSync(path.join(root, 'node_modules'))) {
  process.stderr.write('Nothing is installed yet: run npm run quickstart, npm start or npm ci first.\n');
  process.exit(1);
}
if (!existsSync(bundle)) await (await import('./build.mjs')).buildApps({ names: ['cli'] });
// A cluster is every process, as it is now.
if (process.argv[2] === 'cluster' && process.argv[3] === 'up') await (await import('./build.mjs')).buildApps();

const child = spawn(process.execPath, [...nodeFlags, bundle, ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
