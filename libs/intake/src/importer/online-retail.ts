import { adjustmentRecorded, type OrderLine, orderPlaced, orderRefunded, refusal, type Refusal } from '@tsunagari/contracts';
import { type Decimal, negated, parseDecimal, plus, times, toMoney, ZERO } from '../decimal';
import type { FactDraft, Observation, QuarantinedBody, SeenIdentifier } from '../recording/observation';
import type { Assembled, FileSpan, HeaderRefusal, OrderAssembler, RawRow, Row } from './order-format';

export const ONLINE_RETAIL_FIELDS = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country',
] as const;

export const ONLINE_RETAIL_SOURCE = 'import:online-retail';

type OpenInvoice = {
  readonly invoice: string;
  /** Line numbers and texts of its rows: two lists, because an object for each row would cost the collector more than all else. */
  readonly lineNumbers: number[];
  readonly texts: string[];
  readonly lines: OrderLine[];
  readonly broken: { readonly line: number; readonly refusal: Refusal }[];
  /** Undefined until a good row came; empty = unknown. */
  customer: string | undefined;
  country: string;
  occurred: string;
  readonly total: Sum;
  readonly sales: Sum;
};

type GoodRow = {
  readonly line: OrderLine;
  readonly price: Price;
  readonly quantity: number;
  readonly sale: boolean;
  readonly occurred: string;
  readonly day: string;
  readonly customer: string;
  readonly country: string;
};

/**
 * Invoices of the Online Retail format. Rules:
 * - An invoice is complete when the file has moved on to a later calendar day (UTC): invoices are not always contiguous (542806), and
 *   none spans two days. It occurred at its earliest line. A line for an invoice that is complete already goes to quarantine.
 * - An invoice is recorded whole or not at all: when one of its lines breaks a rule, that line goes to quarantine together with the
 *   rows of its invoice, so that a release or an import of the mended file records it complete.
 * - `C…` is money that went back (`OrderRefunded`), `A…` a correction in the books (`AdjustmentRecorded`), anything else an order.
 * - Without CustomerID the buyer is known by the invoice alone: a subject per invoice, kind `unidentified`.
 */
export class OnlineRetailOrders implements OrderAssembler {
  private readonly open = new Map<string, OpenInvoice>();
  private readonly closed = new Set<string>();
  private readonly customers = new Set<string>();
  private readonly prices = new Map<string, Price | null>();
  /** Neighbours mostly have invoice, time and customer in common: what was just found good is not checked again. */
  private lastInvoice = '';
  private lastCustomer: { readonly text: string; readonly customer: string } = { text: '', customer: '' };
  private lastMoment: { readonly text: string; readonly moment: string | null } = { text: '', moment: null };
  private anonymous = 0;
  private day = '';
  private firstDay: string | null = null;
  private lastDay: string | null = null;

  /** @param latest lines after this moment (ISO 8601) are refused as `FUTURE_EVENT`. */
  constructor(
    private readonly currency: string,
    private readonly latest: string,
  ) {}

  header({ line, fields }: Row): 'header' | HeaderRefusal {
    const names = fields.map((field) => field.trim());
    const wrong = ONLINE_RETAIL_FIELDS.findIndex((name, index) => names[index] !== name);
    if (wrong < 0 && names.length === ONLINE_RETAIL_FIELDS.length) return 'header';
    const rule = `the first line is ${ONLINE_RETAIL_FIELDS.join(',')}`;
    return { line, field: ONLINE_RETAIL_FIELDS[wrong] ?? names[ONLINE_RETAIL_FIELDS.length] ?? null, rule };
  }

  row(row: Row, into: Assembled): void {
    const invoice = row.fields[0] ?? '';
    if (invoice !== this.lastInvoice && !/^[\w./-]{1,100}$/.test(invoice)) {
      const rule =
        row.fields.length === ONLINE_RETAIL_FIELDS.length
          ? invalid('InvoiceNo', 'InvoiceNo is 1 to 100 letters, digits and . _ / -')
          : wrongCount(row);
      return void into.rejected.push(this.rejectedRow(row, rule, [{ line: row.line, text: row.text }], null));
    }
    this.lastInvoice = invoice;
    const read = this.read(row);
    if ('day' in read && read.day !== this.day) {
      if (read.day > this.day) this.closeAll(into);
      this.day = read.day;
    }
    if (this.closed.has(invoice)) {
      const rule = invalid('InvoiceNo', `the lines of an invoice stand within one day of the file; ${invoice} is complete already`);
      return void into.rejected.push(this.rejectedRow(row, rule, [{ line: row.line, text: row.text }], invoice));
    }
    let open = this.open.get(invoice);
    if (!open) {
      open = {
        invoice,
        lineNumbers: [],
        texts: [],
        lines: [],
        broken: [],
        customer: undefined,
        country: '',
        occurred: '',
        total: new Sum(),
        sales: new Sum(),
      };
      this.open.set(invoice, open);
    }
    keep(open, row.line, row.text);
    if ('code' in read) open.broken.push({ line: row.line, refusal: read });
    else if (open.customer !== undefined && open.customer !== read.customer)
      open.broken.push({ line: row.line, refusal: invalid('CustomerID', 'all lines of an invoice have one CustomerID') });
    else add(open, read);
  }

  broken(line: number, text: string, rule: string, into: Assembled): void {
    const row = { line, text };
    const broken = refusal('MALFORMED', null, rule, 'Mend the line and import the file again.');
    const invoice = /^"?([\w./-]{1,100})"?,/.exec(text)?.[1];
    const open = invoice === undefined ? undefined : this.open.get(invoice);
    if (open === undefined || this.closed.has(open.invoice)) return void into.rejected.push(this.rejectedRow(row, broken, [row], null));
    keep(open, line, text);
    open.broken.push({ line, refusal: broken });
  }

  end(into: Assembled): void {
    this.closeAll(into);
  }

  span(): FileSpan {
    return { firstDay: this.firstDay, lastDay: this.lastDay };
  }

  identifiers(): number {
    return this.customers.size + this.anonymous;
  }

  private closeAll(into: Assembled): void {
    for (const open of this.open.values()) {
      this.closed.add(open.invoice);
      const broken = open.broken.length > 0 ? open.broken : this.brokenAsWhole(open);
      if (broken.length === 0) into.observations.push(this.observation(open));
      for (const { line, refusal: rule } of broken) into.rejected.push(this.rejectedRow({ line }, rule, rowsOf(open), open.invoice));
    }
    this.open.clear();
  }

  private brokenAsWhole({ lines, total, sales, lineNumbers }: OpenInvoice): OpenInvoice['broken'] {
    const line = lineNumbers[0] ?? 1;
    if (lines.length > 5000) return [{ line, refusal: refusal('OVERSIZE', 'InvoiceNo', 'an invoice has at most 5000 lines') }];
    if (toMoney(total.value(), this.currency) && toMoney(sales.value(), this.currency)) return [];
    return [{ line, refusal: invalid('UnitPrice', 'an invoice amounts to less than 2^53 minor units') }];
  }

  private observation(open: OpenInvoice): Observation {
    const { invoice, customer = '', occurred, lineNumbers } = open;
    const bodyOf = (): QuarantinedBody => this.body(rowsOf(open));
    if (customer === '') this.anonymous += 1;
    else this.customers.add(customer);
    const day = occurred.slice(0, 10);
    if (this.firstDay === null || day < this.firstDay) this.firstDay = day;
    if (this.lastDay === null || day > this.lastDay) this.lastDay = day;
    const identifier: SeenIdentifier =
      customer === ''
        ? { type: 'invoice', value: `online-retail/${invoice}`, verified: true, kind: 'unidentified' }
        : { type: 'user_id', value: customer, verified: true, kind: 'person' };
    return {
      source: ONLINE_RETAIL_SOURCE,
      messageId: `online-retail/${invoice}`,
      occurred,
      clocks: { imported: true },
      identifiers: [identifier],
      links: [],
      facts: [this.fact(open)],
      // Made when somebody asks: of a good invoice nobody does.
      get body() {
        return bodyOf();
      },
      line: lineNumbers[0] ?? 1,
    };
  }

  private fact({ invoice, lines, total, sales, country }: OpenInvoice): FactDraft {
    const money = (amount: Sum, sign: 1 | -1 = 1) =>
      toMoney(sign === 1 ? amount.value() : negated(amount.value()), this.currency) ?? { amountMinor: 0, currency: this.currency };
    const shared = { of: 0, stream: { order: invoice }, expected: 'none' as const };
    const place = country === '' ? {} : { country };
    if (invoice.startsWith('C'))
      return {
        ...shared,
        definition: orderRefunded,
        data: { refundId: invoice, orderId: null, lines, refunded: money(total, -1), ...place },
      };
    if (invoice.startsWith('A')) {
      const reason = lines.find(({ description }) => description !== undefined)?.description ?? 'adjustment';
      return { ...shared, definition: adjustmentRecorded, data: { adjustmentId: invoice, reason, adjustment: money(total), ...place } };
    }
    return { ...shared, definition: orderPlaced, data: { orderId: invoice, lines, total: money(total), sales: money(sales), ...place } };
  }

  private body(rows: readonly RawRow[]): QuarantinedBody {
    return { kind: 'order-rows', format: 'online-retail', currency: this.currency, rows };
  }

  private rejectedRow({ line }: { readonly line: number }, rule: Refusal, rows: readonly RawRow[], invoice: string | null) {
    const messageId = invoice === null ? null : `online-retail/${invoice}`;
    return { source: ONLINE_RETAIL_SOURCE, messageId, refusal: rule, body: this.body(rows), line };
  }

  /** A shop has few prices and many lines. Forgets everything when full. */
  private price(text: string): Price | null {
    const known = this.prices.get(text);
    if (known !== undefined) return known;
    if (this.prices.size >= REMEMBERED_PRICES) this.prices.clear();
    const exact = parseDecimal(text);
    const price = exact && { text, exact, fast: inTenThousandths(exact) };
    this.prices.set(text, price);
    return price;
  }

  private read(row: Row): GoodRow | Refusal {
    if (row.fields.length !== ONLINE_RETAIL_FIELDS.length) return wrongCount(row);
    // By index: taking a list apart by pattern walks an iterator, 541,909 times.
    const { fields } = row;
    const [sku, description, quantityText] = [fields[1] ?? '', fields[2] ?? '', fields[3] ?? ''];
    const [dateText, priceText, customerText, country] = [fields[4] ?? '', fields[5] ?? '', fields[6] ?? '', fields[7] ?? ''];
    if (sku.length === 0 || sku.length > 100) return invalid('StockCode', 'StockCode is 1 to 100 characters');
    if (description.length > 500) return invalid('Description', 'Description is at most 500 characters');
    if (!/^-?[0-9]{1,9}$/.test(quantityText)) return invalid('Quantity', 'Quantity is a whole number');
    if (this.lastMoment.text !== dateText) this.lastMoment = { text: dateText, moment: momentOf(dateText) };
    const occurred = this.lastMoment.moment;
    if (occurred === null) return invalid('InvoiceDate', 'InvoiceDate is a date and time, yyyy-mm-dd hh:mm:ss, in UTC');
    if (occurred > this.latest) return refusal('FUTURE_EVENT', 'InvoiceDate', 'InvoiceDate is not in the future', 'Correct the date.');
    const price = this.price(priceText);
    if (price === null) return invalid('UnitPrice', 'UnitPrice is a decimal number');
    if (customerText !== this.lastCustomer.text) {
      if (!/^([0-9]{1,18}(\.0)?)?$/.test(customerText)) return invalid('CustomerID', 'CustomerID is a whole number or empty');
      this.lastCustomer = { text: customerText, customer: customerText.endsWith('.0') ? customerText.slice(0, -2) : customerText };
    }
    if (country.length > 100) return invalid('Country', 'Country is at most 100 characters');
    const quantity = Number(quantityText) + 0;
    const { text: unitPrice } = price;
    return {
      line: description === '' ? { sku, quantity, unitPrice } : { sku, description, quantity, unitPrice },
      price,
      quantity,
      sale: quantity > 0 && price.exact.units > 0n,
      occurred,
      day: occurred.slice(0, 10),
      customer: this.lastCustomer.customer,
      country,
    };
  }
}

const REMEMBERED_PRICES = 20_000;

/** A unit price, and the same in ten-thousandths where it has no more digits and is small: whole numbers add up faster than big ones. */
type Price = { readonly text: string; readonly exact: Decimal; readonly fast: number | null };

const FAST_SCALE = 4;
const FAST_LIMIT = 2 ** 40;

function inTenThousandths({ units, scale }: Decimal): number | null {
  if (scale > FAST_SCALE) return null;
  const fast = Number(units) * 10 ** (FAST_SCALE - scale);
  return Math.abs(fast) <= FAST_LIMIT ? fast : null;
}

/** A sum of quantities × prices, exact: in ten-thousandths as a number as long as that is safe, beyond it as a big decimal. */
class Sum {
  private fast = 0;
  private exact: Decimal = ZERO;

  add({ exact, fast }: Price, quantity: number): void {
    const sum = fast === null ? NaN : this.fast + fast * quantity;
    if (Number.isSafeInteger(sum)) this.fast = sum;
    else this.exact = plus(this.exact, times(exact, quantity));
  }

  value(): Decimal {
    return plus(this.exact, { units: BigInt(this.fast), scale: FAST_SCALE });
  }
}

function keep(open: OpenInvoice, line: number, text: string): void {
  open.lineNumbers.push(line);
  open.texts.push(text);
}

function rowsOf({ lineNumbers, texts }: OpenInvoice): readonly RawRow[] {
  return lineNumbers.map((line, index) => ({ line, text: texts[index] ?? '' }));
}

function add(open: OpenInvoice, { line, price, quantity, sale, occurred, customer, country }: GoodRow): void {
  open.lines.push(line);
  open.total.add(price, quantity);
  if (sale) open.sales.add(price, quantity);
  open.customer = customer;
  if (open.country === '') open.country = country;
  if (open.occurred === '' || occurred < open.occurred) open.occurred = occurred;
}

/** `2010-12-01 08:26:00` as `2010-12-01T08:26:00.000Z`; null when it is no moment of the calendar. */
function momentOf(text: string): string | null {
  if (!/^[12][0-9]{3}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$/.test(text)) return null;
  const moment = `${text.slice(0, 10)}T${text.slice(11)}.000Z`;
  const parsed = new Date(moment);
  return Number.isNaN(parsed.getTime()) || parsed.toISOString() !== moment ? null : moment;
}

function invalid(field: string, rule: string): Refusal {
  return refusal('INVALID_FIELD', field, rule, 'Mend the line and import the file again.');
}

function wrongCount({ fields }: Row): Refusal {
  const rule = `a line has ${ONLINE_RETAIL_FIELDS.length} fields; this one has ${fields.length}`;
  return refusal('MALFORMED', null, rule, 'Mend the line and import the file again.');
}
