const { join } = require('node:path');
const { globalSetup: _, globalTeardown: __, reporters: ___, ...config } = require('../../jest.config.cjs');

/** Only pure specs: what decides needs no PostgreSQL, and a mutant is tried in the time of a few tests. */
module.exports = {
  ...config,
  rootDir: join(__dirname, '../..'),
  roots: JSON.parse(process.env.MUTATED_ROOTS ?? '["<rootDir>/libs"]'),
  testMatch: ['**/*.unit.spec.ts'],
  // Pure specs need the sentences only, not brokers and databases: a mutant is tried in a second instead of five.
  moduleNameMapper: { ...config.moduleNameMapper, '^@tsunagari/testing$': '<rootDir>/libs/testing/src/given.ts' },
  maxWorkers: 1,
};
