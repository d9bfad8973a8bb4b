/** The December-2010 cohort of SOURCE.md: customers by months since their first purchase. */
const COHORT = ['885', '324', '286', '340', '321', '352', '321', '309', '313', '350', '331', '445', '235'];

/**
 * What a report on the shop must say, by SOURCE.md, whatever the mode. Answers its figures, without what a model draws anew at each
 * fit, so that two reports can be compared.
 */
export function expectShopReport(out: string): string {
  for (const figure of ['£9,747,747.93', '25,900', '4,372', '4,338', '18,532', '£8,911,407.90']) expect(out).toContain(figure);
  const row = out.split('\n').find((line) => line.includes('2010-12') && line.includes('885'));
  expect(
    row
      ?.match(/\b\d+\b(?!-)\*?/g)
      ?.slice(-13)
      .map((cell) => cell.replace('*', '')),
  ).toEqual(COHORT);
  expect(out).toMatch(/dropout is not identified/i);
  const reported = out.slice(out.indexOf('What the shop adds up to'), out.indexOf("The model's verdict"));
  const valued = [...reported.matchAll(/£([\d,]+) +£([\d,]+) – £([\d,]+)/g)].map((found) =>
    found.slice(1).map((text) => Number(text.replaceAll(',', ''))),
  );
  expect(valued).toHaveLength(10);
  for (const [value = 0, low = 0, high = 0] of valued) expect(low < value && value < high).toBe(true);
  // Each fit is a model of its own and draws its own futures, so only their bounds move.
  return reported.replace(/£[\d,]+ – £[\d,]+/g, 'interval').replace(/ +/g, ' ');
}
