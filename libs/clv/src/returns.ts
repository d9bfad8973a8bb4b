import type { FittedReturns } from './fitted';
import { refused, type Refused } from './histories';
import { variancesOf } from './moments';

/** What one customer bought and sent back, in money, over the days on which they bought. */
export interface ReturnHistory {
  readonly saleDays: number;
  /** Gross spend of those days, ≥ 0. */
  readonly gross: number;
  /** Money returned, ≥ 0. More than `gross` counts as all of it. */
  readonly returned: number;
}

export interface ReturnsFit {
  readonly outcome: 'fitted';
  readonly model: FittedReturns;
  readonly customers: number;
}

/** Own evidence, in mean sale-days, that weighs as much as the population when customers do not differ measurably. */
const MOST_STRENGTH = 1000;

function shareOf({ gross, returned }: ReturnHistory): number {
  return gross > 0 ? Math.min(1, returned / gross) : 0;
}

/**
 * Fits the share of gross spend that comes back. The population rate is by money, so that totals agree; how far a customer's own rate is believed
 * follows from how much customers differ beyond what little money explains: the credibility of Bühlmann and Straub (1970, "Glaubwürdigkeit für
 * Schadensätze"), with money as the exposure, in units of the population's mean sale-day. Counting days instead would believe the same of one who
 * sent back a £168,000 order as of one who sent back a mug. Gamma-gamma cannot take net values (a return may exceed the order,
 * and does not name it), so returns are a factor of their own. Refuses amounts below 0 (`RETURNS_NOT_VALID`) and a list without a sale (`NO_SALES`).
 */
export function fitReturns(customers: readonly ReturnHistory[]): ReturnsFit | Refused {
  const broken = customers.findIndex(
    (c) => !(c.saleDays >= 0) || !(c.gross >= 0 && c.gross < Infinity) || !(c.returned >= 0 && c.returned < Infinity),
  );
  if (broken >= 0) {
    const field = `customers[${broken}]`;
    return refused('RETURNS_NOT_VALID', field, 'amounts ≥ 0', `${field} must hold amounts ≥ 0.`, 'Give returns as positive money.');
  }
  const buyers = customers.filter((c) => c.saleDays > 0 && c.gross > 0);
  if (buyers.length === 0) {
    return refused('NO_SALES', 'customers', 'at least one sale', 'There is no sale to take returns from.', 'Import orders first.');
  }
  let [gross, returned, days] = [0, 0, 0];
  for (const c of buyers) {
    gross += c.gross;
    returned += Math.min(c.gross, c.returned);
    days += c.saleDays;
  }
  const [rate, meanSaleDay] = [returned / gross, gross / days];
  const table = { n: buyers.map((c) => c.gross / meanSaleDay), mean: buyers.map(shareOf), weight: buyers.map(() => 1) };
  const { between, within } = variancesOf(table, rate);
  const strength = Math.min(MOST_STRENGTH, Math.max(1, within / between));
  return {
    outcome: 'fitted',
    model: { kind: 'returns', parameters: { rate, strength, meanSaleDay }, covarianceLog: null },
    customers: buyers.length,
  };
}

/** The customer's return rate in [0, 1]: own rate and population rate, weighted by own gross money, in mean sale-days, against `strength`. */
export function returnRate({ parameters: { rate, strength, meanSaleDay } }: FittedReturns, customer: ReturnHistory): number {
  const exposure = customer.gross / meanSaleDay;
  const ownWeight = exposure > 0 ? exposure / (exposure + strength) : 0;
  return ownWeight * shareOf(customer) + (1 - ownWeight) * rate;
}
