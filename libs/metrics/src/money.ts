/** An amount in the minor unit of its currency (JPY has none), ISO 4217. */
export type Amount = { readonly amountMinor: number; readonly currency: string };

/** What one unit of `from` is worth in `to` (major units), from that day on. */
export type DatedRate = { readonly from: string; readonly to: string; readonly day: string; readonly rate: number };

export type Sum =
  | {
      readonly kind: 'sum';
      readonly amountMinor: number;
      readonly currency: string | null;
      /** The oldest rate that was used; null without one. */ readonly fxAsOf: string | null;
    }
  | { readonly kind: 'refused'; readonly code: 'MIXED_CURRENCY'; readonly rule: string };

/**
 * The sum of amounts. In one currency exactly; over several only through a table of dated rates, each amount by the newest rate of its
 * own day or before; else refused. Nothing sums to 0 of no currency. Rounded once, half away from zero.
 */
export function sumOf(
  amounts: readonly (Amount & { readonly day?: string })[],
  into?: { readonly currency: string; readonly rates: readonly DatedRate[] },
): Sum {
  const currencies = new Set(amounts.map(({ currency }) => currency));
  const [only] = currencies;
  const currency = into?.currency ?? only ?? null;
  if (currencies.size <= 1 && (only === undefined || only === currency))
    return { kind: 'sum', amountMinor: amounts.reduce((sum, { amountMinor }) => sum + amountMinor, 0), currency, fxAsOf: null };
  if (into === undefined) return mixed(`amounts in ${[...currencies].sort().join(', ')} are summed through a table of dated rates only`);
  let [sum, oldest] = [0, ''];
  for (const { amountMinor, currency: from, day } of amounts) {
    if (from === into.currency) {
      sum += amountMinor;
      continue;
    }
    const rate = day === undefined ? undefined : rateOn(into.rates, from, into.currency, day);
    if (rate === undefined)
      return mixed(`there is a rate from ${from} to ${into.currency} on ${day ?? 'the day of every amount'} or before`);
    sum += amountMinor * rate.rate * 10 ** (minorDigitsOf(into.currency) - minorDigitsOf(from));
    if (oldest === '' || rate.day < oldest) oldest = rate.day;
  }
  return { kind: 'sum', amountMinor: roundHalfAway(sum), currency, fxAsOf: oldest === '' ? null : oldest };
}

function mixed(rule: string): Sum {
  return { kind: 'refused', code: 'MIXED_CURRENCY', rule };
}

function rateOn(rates: readonly DatedRate[], from: string, to: string, day: string): DatedRate | undefined {
  let newest: DatedRate | undefined;
  for (const rate of rates)
    if (rate.from === from && rate.to === to && rate.day <= day && (newest === undefined || rate.day > newest.day)) newest = rate;
  return newest;
}

/** Digits of a currency's minor unit, as Intl knows them. */
export function minorDigitsOf(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

export function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value)) + 0;
}
