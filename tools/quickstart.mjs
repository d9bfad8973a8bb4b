// `npm run quickstart`: from a fresh clone to a running platform with a real shop's history. `-- --once` ends after the report.
import { installWhatIsMissing, nodeFlags, requireNode, run, step } from './steps.mjs';

requireNode();
await step('install', installWhatIsMissing);
await step('build', () => run(process.execPath, ['tools/build.mjs', 'platform', 'cli']));
await step('platform', () => run(process.execPath, [...nodeFlags, 'dist/apps/platform/main.js', 'quickstart', ...process.argv.slice(2)]));
