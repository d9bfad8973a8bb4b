import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Edge, openEdge, openShop } from './testing/shop';

const TOOL = join(__dirname, '../../../tools/build-graphiql.mjs');

describe('GraphiQL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'graphiql-'));
  let edge: Edge;
  beforeAll(async () => {
    execFileSync(process.execPath, [TOOL, folder]);
    edge = await openEdge({ executors: openShop().executors, graphiqlFolder: folder });
  }, 180_000);
  afterAll(async () => {
    await edge.close();
    rmSync(folder, { recursive: true });
  });

  const get = async (path: string, accept = '*/*') => {
    const response = await fetch(new URL(path, edge.url), { headers: { accept } });
    return { response, text: await response.text() };
  };

  it('is the page that a browser gets at /graphql, with all that it loads from this server', async () => {
    const { response, text } = await get('/graphql', 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const loaded = [...text.matchAll(/(?:src|href)="(?!data:)([^"]+)"/g)].map((match) => match[1]!);
    expect(loaded).toEqual(['graphql/graphiql/page.css', 'graphql/graphiql/page.js']);
    for (const file of [...loaded, ...['editor', 'json', 'graphql'].map((name) => `graphql/graphiql/${name}.worker.js`)])
      expect([file, (await get(`/${file}`)).response.status]).toEqual([file, 200]);
  });

  it('loads nothing from another host: no address in the page, no import in style or script, and the browser is told to forbid it', async () => {
    const page = await get('/graphql', 'text/html');
    expect(page.text).not.toMatch(/https?:|\/\/[a-z]/);
    const policy = page.response.headers.get('content-security-policy') ?? '';
    expect(policy.split(';').flatMap((directive) => directive.split(' ').slice(1))).toEqual(
      expect.arrayContaining(["'none'", "'self'", 'data:', "'unsafe-inline'"]),
    );
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
    const style = await get('/graphql/graphiql/page.css');
    expect(style.text).not.toMatch(/url\(["']?(https?:)?\/\/|@import/);
    for (const script of ['page.js', 'editor.worker.js', 'json.worker.js', 'graphql.worker.js']) {
      const { text } = await get(`/graphql/graphiql/${script}`);
      expect([script, /(import|importScripts|fetch|Worker|src=)\(?["'`](https?:)?\/\//.exec(text)?.[0]]).toEqual([script, undefined]);
      expect([script, /unpkg\.com|jsdelivr\.net|esm\.sh|cdnjs|googleapis|gstatic/.exec(text)?.[0]]).toEqual([script, undefined]);
    }
  });

  it('does not stand in the way of who asks for JSON, and serves no file outside of its folder', async () => {
    expect((await get('/graphql', 'application/json')).response.status).toBe(405);
    expect((await get('/graphql/graphiql/..%2f..%2fetc%2fpasswd')).response.status).toBeGreaterThanOrEqual(400);
    expect((await get('/graphql/graphiql/none.js')).response.status).toBe(404);
  });
});
