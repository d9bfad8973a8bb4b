import { orderPlaced, refusal, type Refusal } from '@tsunagari/contracts';
import { parseDecimal, toMoney } from '../decimal';
import type { QuarantinedBody } from '../recording/observation';
import type { Assembled, FileSpan, HeaderRefusal, OrderAssembler, Row } from './order-format';

export const CDNOW_SOURCE = 'import:cdnow';

const MASTER_FIELDS = ['customer_id', 'date', 'number_of_cds', 'dollar_value'] as const;

/**
 * Orders of the CDNOW files: one order per row. Columns are separated by blanks: `customer_id date number_of_cds dollar_value` below a
 * header (master), or `master_id sample_id date cds dollars` without (sample). The customer is the master id in both, with its leading
 * zeros, so importing the sample after the master adds nothing. An order's id is customer, day and number within the day.
 */
export class CdnowOrders implements OrderAssembler {
  private readonly numbers = new Map<string, number>();
  private readonly customers = new Set<string>();
  private firstDay: string | null = null;
  private lastDay: string | null = null;
  private columns: 4 | 5 = 4;

  /** @param latest days after this moment (ISO 8601) are refused as `FUTURE_EVENT`. */
  constructor(
    private readonly currency: string,
    private readonly latest: string,
  ) {}

  header({ line, fields }: Row): 'header' | 'data' | HeaderRefusal {
    if (fields.length === MASTER_FIELDS.length && fields.every((field, index) => field === MASTER_FIELDS[index])) return 'header';
    this.columns = 5;
    if (fields.length === 5 && /^[0-9]{8}$/.test(fields[2] ?? '')) return 'data';
    return {
      line,
      field: null,
      rule: `the first line is "${MASTER_FIELDS.join(' ')}", or a row of five columns with the date in the third`,
    };
  }

  row(row: Row, into: Assembled): void {
    const { fields, line, text } = row;
    const body: QuarantinedBody = {
      kind: 'order-rows',
      format: this.columns === 4 ? 'cdnow' : 'cdnow-sample',
      currency: this.currency,
      rows: [{ line, text }],
    };
    const reject = (rule: Refusal) => void into.rejected.push({ source: CDNOW_SOURCE, messageId: null, refusal: rule, body, line });
    if (fields.length !== this.columns) return reject(malformed(`a line has ${this.columns} columns; this one has ${fields.length}`));
    const [customer = '', day = '', cds = '', dollars = ''] = this.columns === 4 ? fields : [fields[0], fields[2], fields[3], fields[4]];
    const [, dayName, cdsName, dollarsName] = this.columns === 4 ? MASTER_FIELDS : ['', 'date', 'cds', 'dollars'];
    if (!/^[0-9]{1,18}$/.test(customer)) return reject(invalid(this.columns === 4 ? 'customer_id' : 'master_id', 'the customer is digits'));
    const occurred = momentOf(day);
    if (occurred === null) return reject(invalid(dayName, 'the date is a day of the calendar, yyyymmdd'));
    if (occurred > this.latest) return reject(refusal('FUTURE_EVENT', dayName, 'the date is not in the future', 'Correct the date.'));
    if (!/^[0-9]{1,9}$/.test(cds)) return reject(invalid(cdsName, 'the number of CDs is a whole number'));
    const price = parseDecimal(dollars);
    const total = price && toMoney(price, this.currency);
    if (!price || !total || price.units < 0n) return reject(invalid(dollarsName, 'the value is a decimal number, not negative'));

    const number = (this.numbers.get(`${customer}-${day}`) ?? 0) + 1;
    this.numbers.set(`${customer}-${day}`, number);
    this.customers.add(customer);
    const date = occurred.slice(0, 10);
    if (this.firstDay === null || date < this.firstDay) this.firstDay = date;
    if (this.lastDay === null || date > this.lastDay) this.lastDay = date;
    const orderId = `${customer}-${day}-${number}`;
    // The file gives a value per order and no price per CD: one line, so that quantity × price stays exact.
    const lines = [{ sku: 'CD', description: `${Number(cds)} CDs`, quantity: 1, unitPrice: dollars }];
    into.observations.push({
      source: CDNOW_SOURCE,
      messageId: `cdnow/${orderId}`,
      occurred,
      clocks: { imported: true },
      identifiers: [{ type: 'user_id', value: customer, verified: true, kind: 'person' }],
      links: [],
      facts: [
        { definition: orderPlaced, data: { orderId, lines, total, sales: total }, of: 0, stream: { order: orderId }, expected: 'none' },
      ],
      body,
      line,
    });
  }

  broken(line: number, text: string, rule: string, into: Assembled): void {
    into.rejected.push({ source: CDNOW_SOURCE, messageId: null, refusal: malformed(rule), body: { kind: 'text', text }, line });
  }

  end(): void {
    // A row is an order: nothing stays open.
  }

  span(): FileSpan {
    return { firstDay: this.firstDay, lastDay: this.lastDay };
  }

  identifiers(): number {
    return this.customers.size;
  }
}

function momentOf(day: string): string | null {
  if (!/^[12][0-9]{7}$/.test(day)) return null;
  const moment = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00.000Z`;
  const parsed = new Date(moment);
  return Number.isNaN(parsed.getTime()) || parsed.toISOString() !== moment ? null : moment;
}

function invalid(field: string, rule: string): Refusal {
  return refusal('INVALID_FIELD', field, rule, 'Mend the line and import the file again.');
}

function malformed(rule: string): Refusal {
  return refusal('MALFORMED', null, rule, 'Mend the line and import the file again.');
}
