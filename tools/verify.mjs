// `npm run verify`: sets everything up and passes every test. Reads no cache; closes with `N passed, N failed, N skipped`.
import { bin, installWhatIsMissing, requireNode, run, step } from './steps.mjs';

requireNode();
await step('install', installWhatIsMissing);
await step('formatting', () => run(bin('prettier'), ['--check', '--log-level=warn', '.']));
await step('lint and module boundaries', () =>
  run(bin('eslint'), ['.', '--max-warnings=0'], { env: { ...process.env, NX_DAEMON: 'false' } }),
);
await step('types', () => run(bin('tsc'), ['-p', 'tsconfig.json', '--noEmit']));
await step('build', () => run(process.execPath, ['tools/build.mjs']));
await step('tests', () => run(bin('jest'), ['--ci', ...process.argv.slice(2)]));
