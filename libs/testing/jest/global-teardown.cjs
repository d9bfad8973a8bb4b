const { rmSync } = require('node:fs');

module.exports = async function stopTestServer() {
  const started = globalThis.tsunagariTestServer;
  if (!started) return;
  await started.server.stop();
  rmSync(started.folder, { recursive: true, force: true });
  delete process.env.TSUNAGARI_TEST_DATABASE_URL;
};
