// `npm start`: the platform on this machine. Installs and builds what is missing first.
import { installWhatIsMissing, nodeFlags, requireNode, run, step } from './steps.mjs';

requireNode();
await step('install', installWhatIsMissing);
await step('build', () => run(process.execPath, ['tools/build.mjs', 'platform', 'cli']));
await step('platform', () => run(process.execPath, [...nodeFlags, 'dist/apps/platform/main.js', ...process.argv.slice(2)]));
