import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** Who may import whom, by the one tag of each project. docs/architecture.md explains the table. */
const allowed = {
  app: ['app', 'edge', 'context', 'kit', 'adapter', 'journal', 'postgres', 'port', 'contracts', 'pure'],
  edge: ['kit', 'port', 'contracts', 'pure'],
  context: ['kit', 'port', 'contracts', 'pure'],
  kit: ['kit', 'port', 'contracts', 'pure', 'postgres'],
  adapter: ['port', 'contracts', 'pure', 'postgres'],
  journal: ['adapter', 'port', 'contracts', 'pure', 'postgres'],
  postgres: ['port', 'contracts', 'pure'],
  port: ['contracts', 'pure'],
  contracts: ['pure'],
  pure: [],
  testing: ['*'],
};

const depConstraints = Object.entries(allowed).map(([tag, targets]) => ({
  sourceTag: `type:${tag}`,
  onlyDependOnLibsWithTags: targets.map((target) => (target === '*' ? '*' : `type:${target}`)),
}));

/** Deciders, reactors and projections are pure: time, ids and chance come in with the command or the fact. */
const pureCode = {
  'no-restricted-globals': ['error', 'Date', 'process', 'setTimeout', 'setInterval', 'fetch', 'crypto'],
  'no-restricted-properties': ['error', { object: 'Math', property: 'random' }, { object: 'globalThis', property: 'Date' }],
};

export default tseslint.config(
  { ignores: ['**/node_modules/**', 'dist/**', '.nx/**', '.tsunagari/**', 'coverage/**', '**/generated/**', 'tools/generators/files/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.strict],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { emitDecoratorMetadata: true, experimentalDecorators: true } },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { enforceBuildableLibDependency: false, allow: [], depConstraints }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.spec.ts', 'libs/**/contract-tests/**/*.ts', 'libs/**/test-programs/**/*.ts', 'libs/testing/**/*.ts'],
    rules: { '@nx/enforce-module-boundaries': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['apps/cli/**/*.ts', 'tools/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: [
      '**/*.decider.ts',
      '**/*.reactor.ts',
      '**/*.projection.ts',
      'libs/clv/src/**/*.ts',
      'libs/identity/src/**/*.ts',
      'libs/decisioning/src/**/*.ts',
    ],
    ignores: ['**/*.spec.ts'],
    rules: pureCode,
  },
  {
    // Moments come in as text and are read with Date; what time it is now, nobody here knows.
    files: ['libs/rules/src/**/*.ts', 'libs/metrics/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'fetch', 'crypto'],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random' }, { object: 'Date', property: 'now' }],
    },
  },
);
