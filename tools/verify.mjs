// `npm run verify`: sets everything up and passes every test. Reads no cache; closes with `N passed, N failed, N skipped`.
import { bin, installWhatIsMissing, requireNode, run, step } from './steps.mjs';

requireNode();
const env = { ...process.env, NX_DAEMON: 'false' };
await step('install', installWhatIsMissing);
await step('formatting', () => run(bin('prettier'), ['--check', '--log-level=warn', '.']));
// The boundary rule reads the project graph; without it, it would say nothing and pass.
await step('project graph', () => run(bin('nx'), ['show', 'projects'], { env, stdio: ['ignore', 'ignore', 'inherit'] }));
await step('lint and module boundaries', () => run(bin('eslint'), ['.', '--max-warnings=0'], { env }));
await step('types', () => run(bin('tsc'), ['-p', 'tsconfig.json', '--noEmit']));
await step('build', () => run(process.execPath, ['tools/build.mjs']));
await step('tests', () => run(bin('jest'), ['--ci', ...process.argv.slice(2)]));
