import { buildBundles, type Bundles, run, temporaryHome } from './testing/bundles';

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

/** The December-2010 cohort of SOURCE.md: customers by months since their first purchase. */
const COHORT = ['885', '324', '286', '340', '321', '352', '321', '309', '313', '350', '331', '445', '235'];

it('quickstart --once reports what SOURCE.md says of the shop, and exits; a second run changes nothing [0.03]', async () => {
  const figures: string[] = [];
  for (const repeated of [false, true]) {
    const { code, out, err } = await run(process.execPath, [bundles.platform, 'quickstart', '--once'], { TSUNAGARI_HOME: home, PORT: '0' });
    expect({ code, problems: /error|warn/i.test(err) ? err : '' }).toEqual({ code: 0, problems: '' });
    for (const figure of ['£9,747,747.93', '25,900', '4,372', '4,338', '18,532', '£8,911,407.90']) expect(out).toContain(figure);
    const row = out.split('\n').find((line) => line.includes('2010-12') && line.includes('885'));
    expect(
      row
        ?.match(/\b\d+\b(?!-)\*?/g)
        ?.slice(-13)
        .map((cell) => cell.replace('*', '')),
    ).toEqual(COHORT);
    expect(out).toMatch(/dropout is not identified/i);
    if (repeated) expect(out + err).toContain('known before');
    const reported = out.slice(out.indexOf('What the shop adds up to'), out.indexOf("The model's verdict"));
    const valued = [...reported.matchAll(/£([\d,]+) +£([\d,]+) – £([\d,]+)/g)].map((found) =>
      found.slice(1).map((text) => Number(text.replaceAll(',', ''))),
    );
    expect(valued).toHaveLength(10);
    for (const [value = 0, low = 0, high = 0] of valued) expect(low < value && value < high).toBe(true);
    // Each fit is a model of its own and draws its own futures, so only their bounds move.
    figures.push(reported.replace(/£[\d,]+ – £[\d,]+/g, 'interval').replace(/ +/g, ' '));
  }
  expect(figures[1]).toBe(figures[0]);
});
