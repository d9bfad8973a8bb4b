import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sufficientStatistics, type OpportunityHistory, type PurchaseHistory, type ReturnHistory, type SaleDay } from '../src/index';

const DATA = path.join(__dirname, '../../../data');

/** Days since 1970 of `yyyymmdd` or `yyyy-mm-dd…`. */
export function dayOf(text: string): number {
  const digits = text.replaceAll('-', '');
  return Date.UTC(Number(digits.slice(0, 4)), Number(digits.slice(4, 6)) - 1, Number(digits.slice(6, 8))) / 86_400_000;
}

function lines(...file: string[]): string[] {
  return readFileSync(path.join(DATA, ...file), 'utf8')
    .trim()
    .split('\n');
}

function numbers(...file: string[]): number[][] {
  return lines(...file)
    .slice(1)
    .map((line) => line.split(',').map(Number));
}

/** The CDNOW sample: sale rows of 2,357 customers, in file order. */
export function cdnowDays(): SaleDay[][] {
  const customers = new Map<string, SaleDay[]>();
  for (const line of lines('cdnow', 'CDNOW_sample.txt')) {
    const [, id = '', date = '', , spend = ''] = line.trim().split(/\s+/);
    const days = customers.get(id) ?? [];
    days.push({ day: dayOf(date), spend: Number(spend) });
    customers.set(id, days);
  }
  return [...customers.values()];
}

export const CDNOW_CALIBRATION_END = dayOf('19970930');
export const CDNOW_HOLDOUT_END = dayOf('19980630');

/** The CDNOW sample at the end of a day (default: of week 39). */
export function cdnow(end = CDNOW_CALIBRATION_END): PurchaseHistory[] {
  return cdnowDays().flatMap((days) => sufficientStatistics(days, end) ?? []);
}

/** The summary file: the same customers with times rounded to two decimals, as the Python and R packages ship it. */
export function cdnowSummary(): PurchaseHistory[] {
  return numbers('cdnow', 'cdnow_customers_summary_with_transactions.csv').map(([, x = 0, tx = 0, T = 0, meanSpend = 0]) => ({
    x,
    tx,
    T,
    spend: { repeatPositive: meanSpend > 0 ? x : 0, meanSpend },
  }));
}

export function donations(): OpportunityHistory[] {
  return numbers('donations', 'donations.csv').map(([x = 0, tx = 0, n = 0, weight = 0]) => ({ x, tx, n, weight }));
}

/** Survivors per 1,000 customers after 0–12 renewals. */
export function survivors(plan: 'high end' | 'regular'): number[] {
  return numbers('sbg', 'sbg_survival.csv').map((row) => 10 * (row[plan === 'high end' ? 1 : 2] ?? 0));
}

/** Invoice, quantity, date, price, customer. Only the description may be quoted, so a pattern held at both ends needs no CSV parser. */
const ORDER_LINE = /^([^,]*),.*,(-?\d+),([^,]*),([^,]*),([^,]*),[^,]*$/gm;

/** Online Retail's known customers: sale rows (no cancellation, quantity and price above 0), and what they sent back. */
export function onlineRetail(): { customers: Map<string, SaleDay[]>; returns: Map<string, ReturnHistory> } {
  const text = gunzipSync(readFileSync(path.join(DATA, 'online-retail', 'online_retail.csv.gz'))).toString('utf8');
  const customers = new Map<string, SaleDay[]>();
  const returned = new Map<string, number>();
  let read = 0;
  for (const [, invoice = '', quantity = '', date = '', price = '', id = ''] of text.matchAll(ORDER_LINE)) {
    read += 1;
    if (id === '') continue;
    const spend = Number(quantity) * Number(price);
    if (invoice.startsWith('C')) returned.set(id, (returned.get(id) ?? 0) - spend);
    else if (spend > 0) {
      const days = customers.get(id) ?? [];
      days.push({ day: dayOf(date), spend });
      customers.set(id, days);
    }
  }
  if (read !== 541_909) throw new Error(`read ${read} of 541,909 order lines`);
  const returns = new Map(
    [...customers].map(([id, days]): [string, ReturnHistory] => [
      id,
      { saleDays: new Set(days.map((d) => d.day)).size, gross: days.reduce((sum, d) => sum + d.spend, 0), returned: returned.get(id) ?? 0 },
    ]),
  );
  return { customers, returns };
}
