const { compilerOptions } = require('./tsconfig.base.json');

/** `@tsunagari/x` → its source, from the one table in tsconfig.base.json. */
const aliases = Object.fromEntries(
  Object.entries(compilerOptions.paths).map(([name, [file]]) => [`^${name}$`, `<rootDir>/${file.replace('./', '')}`]),
);

/** Packages that ship ES modules only: swc transforms them for Jest. */
const esmOnly = ['@graphql-hive/router-runtime', '@marcbachmann/cel-js', 'jose', 'pure-rand'];

module.exports = {
  rootDir: __dirname,
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/tools'],
  testMatch: ['**/*.spec.ts'],
  testEnvironment: 'node',
  transform: {
    '^.+\\.[mc]?[tj]sx?$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true, tsx: false },
          transform: { legacyDecorator: true, useDefineForClassFields: false },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  moduleNameMapper: { ...aliases, '^(\\.{1,2}/.*)\\.js$': '$1' },
  globalSetup: '<rootDir>/libs/testing/jest/global-setup.cjs',
  globalTeardown: '<rootDir>/libs/testing/jest/global-teardown.cjs',
  reporters: ['default', '<rootDir>/libs/testing/jest/reporter.cjs'],
  testTimeout: 60_000,
  maxWorkers: 2,
  workerIdleMemoryLimit: '1GB',
};
