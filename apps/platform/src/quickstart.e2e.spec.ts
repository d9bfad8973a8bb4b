import { createPool, startEmbeddedServer } from '@tsunagari/postgres';
import path from 'node:path';
import { buildBundles, type Bundles, run, temporaryHome } from './testing/bundles';
import { expectShopReport } from './testing/shop-report';

jest.setTimeout(300_000);

let bundles: Bundles;
const { home, remove } = temporaryHome();
beforeAll(async () => {
  bundles = await buildBundles();
});
afterAll(() => {
  bundles.remove();
  remove();
});

it('quickstart --once reports what SOURCE.md says of the shop, and exits; a second run changes nothing [0.03]', async () => {
  const figures: string[] = [];
  for (const repeated of [false, true]) {
    const { code, out, err } = await run(process.execPath, [bundles.platform, 'quickstart', '--once'], { TSUNAGARI_HOME: home, PORT: '0' });
    expect({ code, problems: /error|warn/i.test(err) ? err : '' }).toEqual({ code: 0, problems: '' });
    if (repeated) expect(out + err).toContain('known before');
    figures.push(expectShopReport(out));
  }
  expect(figures[1]).toBe(figures[0]);
});

it('quickstart --once leaves no read model behind what it says is understood, those whose definition is data included', async () => {
  const fresh = temporaryHome();
  try {
    const { out, err } = await run(process.execPath, [bundles.platform, 'quickstart', '--once'], { TSUNAGARI_HOME: fresh.home, PORT: '0' });
    const understood = Number(/ ([\d,]+) facts in /.exec(out + err)?.[1]?.replaceAll(',', ''));
    const server = await startEmbeddedServer({ folder: path.join(fresh.home, 'postgres') });
    const pool = createPool(server.url);
    const { rows } = await pool.query<{ name: string; pos: string }>(
      `select p.name, min(c.pos) as pos from understanding.projections p
         join understanding.checkpoints c on (c.reader, c.generation) = (p.name, p.generation) where p.live group by p.name`,
    );
    await pool.end();
    await server.stop();
    expect(understood).toBeGreaterThan(34_000);
    expect(rows.map(({ name }) => name)).toContain('standing');
    expect(rows.filter(({ pos }) => Number(pos) < understood)).toEqual([]);
  } finally {
    fresh.remove();
  }
});
