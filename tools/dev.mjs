// `npm run dev`: rebuilds on every change and starts the platform anew; it stops gracefully first, so nothing is lost.
import { spawn } from 'node:child_process';
import { installWhatIsMissing, nodeFlags, requireNode, root, step } from './steps.mjs';

requireNode();
await step('install', installWhatIsMissing);

let platform;
let restart = Promise.resolve();

function startAnew() {
  restart = restart.then(async () => {
    if (platform && platform.exitCode === null) {
      const ended = new Promise((resolve) => platform.once('close', resolve));
      platform.kill('SIGTERM');
      await ended;
    }
    platform = spawn(process.execPath, ['--enable-source-maps', ...nodeFlags, 'dist/apps/platform/main.js', ...process.argv.slice(2)], {
      cwd: root,
      stdio: 'inherit',
    });
  });
}

const { buildApps } = await import('./build.mjs');
const watcher = await buildApps({
  watch: true,
  onRebuilt(ok) {
    if (ok) startAnew();
    else process.stdout.write('the build failed; the platform that runs stays as it is\n');
  },
});
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, async () => {
    await watcher.dispose();
    await restart;
    if (platform && platform.exitCode === null) {
      platform.once('close', () => process.exit(0));
      platform.kill('SIGTERM');
    } else process.exit(0);
  });
