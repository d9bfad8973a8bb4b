const { join } = require('node:path');
// Jest transforms TypeScript while it loads this file, so the supervisor that the platform uses is the one that tests use.
const { startEmbeddedServer } = require('../../postgres/src/supervisor/index.ts');

/** Starts one PostgreSQL for the whole run; `testDatabase()` makes a database of its own in it for each caller. */
module.exports = async function startTestServer() {
  if (process.env.TSUNAGARI_TEST_DATABASE_URL) return;
  const folder = join(__dirname, '../../../.tsunagari', `test-${process.pid}`);
  const server = await startEmbeddedServer({ folder, durability: 'test' });
  globalThis.tsunagariTestServer = { server, folder };
  process.env.TSUNAGARI_TEST_DATABASE_URL = server.url;
};
