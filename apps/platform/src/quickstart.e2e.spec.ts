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
