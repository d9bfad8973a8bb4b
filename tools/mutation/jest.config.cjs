const { join } = require('node:path');
const { globalSetup: _, globalTeardown: __, reporters: ___, ...config } = require('../../jest.config.cjs');

/** Only pure specs: what decides needs no PostgreSQL, and a mutant is tried in the time of a few tests. */
module.exports = {
  ...config,
  rootDir: join(__dirname, '../..'),
  roots: JSON.parse(process.env.MUTATED_ROOTS ?? '["<rootDir>/libs"]'),
  testMatch: ['**/*.unit.spec.ts'],
  maxWorkers: 1,
};
