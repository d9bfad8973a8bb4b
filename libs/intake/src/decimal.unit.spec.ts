import * as fc from 'fast-check';
import { decimalOfNumber, decimalText, parseDecimal, plus, times, toMoney, ZERO } from './decimal';

describe('decimals', () => {
  it('are exact where floating point is not', () => {
    const tenth = parseDecimal('0.1');
    const fifth = parseDecimal('0.2');
    expect(tenth && fifth && decimalText(plus(tenth, fifth))).toBe('0.3');
    expect(decimalText(times(decimalOfNumber(1.005) ?? ZERO, 3))).toBe('3.015');
  });

  it('are rounded once, half away from zero, to the minor unit of the currency', () => {
    expect(toMoney(parseDecimal('1.005') ?? ZERO, 'GBP')).toEqual({ amountMinor: 101, currency: 'GBP' });
    expect(toMoney(parseDecimal('-1.005') ?? ZERO, 'GBP')).toEqual({ amountMinor: -101, currency: 'GBP' });
    expect(toMoney(parseDecimal('1.4') ?? ZERO, 'JPY')).toEqual({ amountMinor: 1, currency: 'JPY' });
    expect(toMoney(parseDecimal('-0.001') ?? ZERO, 'GBP')).toEqual({ amountMinor: 0, currency: 'GBP' });
  });

  it.each(['', 'x', '1e3', '.5', '1.', '--1', '1,5', ' 1', '0x10', 'NaN', '9'.repeat(33)])('refuse %j', (text) => {
    expect(parseDecimal(text)).toBeNull();
  });

  it('are written as they were read', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.nat(6), (units, scale) => {
        expect(parseDecimal(decimalText({ units, scale }))).toEqual(units === 0n && scale > 0 ? { units: 0n, scale } : { units, scale });
      }),
    );
  });
});
