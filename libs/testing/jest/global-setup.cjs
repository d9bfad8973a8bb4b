const { existsSync, readdirSync } = require('node:fs');
const { join } = require('node:path');
// Jest transforms TypeScript while it loads this file, so the supervisor that the platform uses is the one that tests use.
const { isAlive, removeEmbeddedServer, startEmbeddedServer } = require('../../postgres/src/supervisor/index.ts');

const home = join(__dirname, '../../../.tsunagari');

/** Removes the servers of runs that were killed before their teardown. */
async function removeLeftovers() {
  for (const name of existsSync(home) ? readdirSync(home) : []) {
    const pid = /^test-(\d+)$/.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) await removeEmbeddedServer(join(home, name));
  }
}

/** Starts one PostgreSQL for the whole run; `testDatabase()` makes a database of its own in it for each caller. */
module.exports = async function startTestServer() {
  if (process.env.TSUNAGARI_TEST_DATABASE_URL) return;
  await removeLeftovers().catch((error) => process.stderr.write(`Test servers of killed runs are left: ${error.message}\n`));
  const folder = join(home, `test-${process.pid}`);
  const server = await startEmbeddedServer({ folder, durability: 'test' });
  globalThis.tsunagariTestServer = { server, folder };
  process.env.TSUNAGARI_TEST_DATABASE_URL = server.url;
};
