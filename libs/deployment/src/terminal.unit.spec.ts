import { duration, moneyText, progressBar, quantity, table } from './terminal';

it('a table puts numbers to the right', () => {
  expect(
    table(
      ['who', 'worth'],
      [
        ['Ann', '£1.00'],
        ['Bartholomew', '£1,200.00'],
      ],
    ),
  ).toBe(['  who              worth', '  ───────────  ─────────', '  Ann              £1.00', '  Bartholomew  £1,200.00'].join('\n'));
});

it('money is written in its own currency, whatever its minor unit', () => {
  expect(moneyText('974774793', 'GBP')).toBe('£9,747,747.93');
  expect(moneyText(1200, 'JPY')).toBe('JP¥1,200');
});

it('quantities and durations are for people', () => {
  expect(quantity(541909)).toBe('541,909');
  expect(duration(245.2)).toBe('4 min 05 s');
});

it('progress in a log file steps instead of redrawing', () => {
  const lines: string[] = [];
  const bar = progressBar('import', { isTTY: false, write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream);
  for (let done = 0; done <= 1000; done++) bar.update(done, 1000, `${done} lines`);
  bar.end();
  expect(lines).toHaveLength(7);
  expect(lines.at(-1)).toContain('100 %');
});
