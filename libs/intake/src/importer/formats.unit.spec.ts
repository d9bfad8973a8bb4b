import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { BlankSeparatedParser } from './blank-separated';
import { CdnowOrders } from './cdnow';
import { CsvParser } from './csv';
import { OnlineRetailOrders, ONLINE_RETAIL_FIELDS } from './online-retail';
import type { Assembled, OrderAssembler } from './order-format';

const HEADER = ONLINE_RETAIL_FIELDS.join(',');

function assemble(assembler: OrderAssembler, parser: CsvParser | BlankSeparatedParser, text: string): Assembled {
  const into: Assembled = { observations: [], rejected: [] };
  let first = true;
  for (const record of [...parser.push(text), ...parser.end()]) {
    if (first && record.kind === 'fields') {
      first = false;
      const header = assembler.header(record);
      if (typeof header === 'object') throw new Error(header.rule);
      if (header === 'header') continue;
    }
    if (record.kind === 'fields') assembler.row(record, into);
    else assembler.broken(record.line, record.text, record.refusal.rule, into);
  }
  assembler.end(into);
  return into;
}
const retail = (rows: readonly string[]) =>
  assemble(new OnlineRetailOrders('GBP', '2026-01-01T00:00:00.000Z'), new CsvParser(), [HEADER, ...rows].join('\n'));
const cdnow = (text: string) => assemble(new CdnowOrders('USD', '2026-01-01T00:00:00.000Z'), new BlankSeparatedParser(), text);

const row = (over: Partial<Record<(typeof ONLINE_RETAIL_FIELDS)[number], string>> = {}) =>
  ONLINE_RETAIL_FIELDS.map(
    (name) =>
      over[name] ??
      {
        InvoiceNo: '1',
        StockCode: '85123A',
        Description: 'LANTERN',
        Quantity: '6',
        InvoiceDate: '2010-12-01 08:26:00',
        UnitPrice: '2.55',
        CustomerID: '17850.0',
        Country: 'EIRE',
      }[name],
  ).join(',');

describe('Online Retail', () => {
  it('gathers an invoice whose lines are apart and carry two times, and dates it by the earliest', () => {
    const { observations, rejected } = retail([
      row({ InvoiceDate: '2010-12-01 08:27:00' }),
      row({ InvoiceNo: '2' }),
      row({ Quantity: '-1', UnitPrice: '1.005' }),
      row({ InvoiceNo: '3', InvoiceDate: '2010-12-02 09:00:00' }),
    ]);
    expect(rejected).toEqual([]);
    expect(observations.map(({ messageId }) => messageId)).toEqual(['online-retail/1', 'online-retail/2', 'online-retail/3']);
    expect(observations[0]).toMatchObject({
      occurred: '2010-12-01T08:26:00.000Z',
      identifiers: [{ type: 'user_id', value: '17850', verified: true, kind: 'person' }],
    });
    // 15.30 − 1.005 = 14.295, rounded once; what was bought is the first line alone.
    expect(observations[0]?.facts[0]?.data).toMatchObject({
      orderId: '1',
      total: { amountMinor: 1430 },
      sales: { amountMinor: 1530 },
      country: 'EIRE',
    });
  });

  it('C-invoices are refunds without an order, A-invoices adjustments, rows without customer unidentified buyers', () => {
    const { observations } = retail([
      row({ InvoiceNo: 'C2', Quantity: '-2' }),
      row({ InvoiceNo: 'A3', Quantity: '1', UnitPrice: '-11062.06', Description: 'Adjust bad debt', CustomerID: '' }),
      row({ InvoiceNo: '4', CustomerID: '' }),
    ]);
    expect(observations.map(({ facts }) => facts[0]?.definition.name)).toEqual(['OrderRefunded', 'AdjustmentRecorded', 'OrderPlaced']);
    expect(observations[0]?.facts[0]?.data).toMatchObject({
      refundId: 'C2',
      orderId: null,
      refunded: { amountMinor: 510, currency: 'GBP' },
    });
    expect(observations[1]?.facts[0]?.data).toMatchObject({ reason: 'Adjust bad debt', adjustment: { amountMinor: -1106206 } });
    expect(observations[2]?.identifiers).toEqual([{ type: 'invoice', value: 'online-retail/4', verified: true, kind: 'unidentified' }]);
  });

  it.each([
    ['Quantity', { Quantity: '1.5' }],
    ['Quantity', { Quantity: '' }],
    ['UnitPrice', { UnitPrice: '2,55'.replace(',', ';') }],
    ['UnitPrice', { UnitPrice: '1e3' }],
    ['InvoiceDate', { InvoiceDate: '2010-02-30 08:26:00' }],
    ['InvoiceDate', { InvoiceDate: '01/12/2010 08:26' }],
    ['InvoiceDate', { InvoiceDate: '2031-01-01 08:26:00' }],
    ['CustomerID', { CustomerID: 'DROP TABLE' }],
    ['StockCode', { StockCode: '' }],
    ['InvoiceNo', { InvoiceNo: '' }],
    ['Country', { Country: 'x'.repeat(101) }],
    ['Description', { Description: 'x'.repeat(501) }],
  ])('a line with a wrong %s is refused by line and field; its invoice is not recorded in part', (field, over) => {
    const { observations, rejected } = retail([row(), row({ InvoiceNo: '2' }), row({ ...over })]);
    expect(rejected.map(({ line, refusal }) => [line, refusal.field])).toEqual([[4, field]]);
    expect(observations.map(({ messageId }) => messageId)).toEqual(
      field === 'InvoiceNo' ? ['online-retail/1', 'online-retail/2'] : ['online-retail/2'],
    );
    if (field !== 'InvoiceNo') expect(rejected[0]?.body).toMatchObject({ rows: [{ line: 2 }, { line: 4 }] });
  });

  it('a line with too few fields, a stray quote, two customers or for a complete invoice is refused by line', () => {
    const { rejected } = retail([
      row(),
      '1,85123A,LANTERN',
      row({ InvoiceNo: '2' }),
      row({ InvoiceNo: '2', CustomerID: '1.0' }),
      row({ InvoiceNo: '3' }),
      '3,8"5,x,1,2010-12-01 08:26:00,1,,EIRE',
      row({ InvoiceNo: '4', InvoiceDate: '2010-12-02 08:26:00' }),
      row({ InvoiceNo: '1', InvoiceDate: '2010-12-02 08:26:00' }),
    ]);
    expect(rejected.map(({ line, refusal }) => [line, refusal.code, refusal.field]).sort()).toEqual([
      [3, 'MALFORMED', null],
      [5, 'INVALID_FIELD', 'CustomerID'],
      [7, 'MALFORMED', null],
      [9, 'INVALID_FIELD', 'InvoiceNo'],
    ]);
  });

  it.each(['', 'a,b', HEADER.replace('Quantity', 'Qty'), `${HEADER},More`])('another first line is refused: %j', (header) => {
    const answer = new OnlineRetailOrders('GBP', '2026-01-01').header({ line: 1, text: header, fields: header.split(',') });
    expect(answer).toMatchObject({ line: 1, rule: `the first line is ${HEADER}` });
  });
});

describe('CDNOW', () => {
  it('one order per row, numbered within customer and day, the same ids from master and sample', () => {
    const master = cdnow(' customer_id  date number_of_cds  dollar_value\r\n 00004 19970101  2   29.33\r\n 00004 19970101  1    0.00\r\n');
    const sample = cdnow(' 00004 0001 19970101  2   29.33\r\n 00004 0001 19970101  1    0.00\r\n');
    expect(master.observations.map(({ messageId, facts }) => [messageId, facts[0]?.data])).toEqual([
      ['cdnow/00004-19970101-1', expect.objectContaining({ total: { amountMinor: 2933, currency: 'USD' } })],
      ['cdnow/00004-19970101-2', expect.objectContaining({ total: { amountMinor: 0, currency: 'USD' } })],
    ]);
    expect(sample.observations.map(({ facts, ...rest }) => [rest.messageId, rest.identifiers, facts])).toEqual(
      master.observations.map(({ facts, ...rest }) => [rest.messageId, rest.identifiers, facts]),
    );
    expect(master.observations[0]?.identifiers[0]?.value).toBe('00004');
  });

  it('the master file agrees with SOURCE.md', () => {
    const path = join(__dirname, '../../../../data/cdnow/CDNOW_master.txt.gz');
    const { observations, rejected } = cdnow(gunzipSync(readFileSync(path)).toString('utf8'));
    const dollars = observations.map(({ facts }) => (facts[0]?.data['total'] as { amountMinor: number }).amountMinor);
    const customerDays = new Set(observations.map(({ identifiers, occurred }) => `${identifiers[0]?.value ?? ''} ${occurred}`));
    expect(rejected).toEqual([]);
    expect([observations.length, new Set(observations.map(({ identifiers }) => identifiers[0]?.value)).size, customerDays.size]).toEqual([
      69_659, 23_570, 67_591,
    ]);
    expect([dollars.reduce((sum, cents) => sum + cents, 0), dollars.filter((cents) => cents === 0).length]).toEqual([250_031_563, 80]);
    expect(new Set(observations.map(({ messageId }) => messageId)).size).toBe(69_659);
  });

  it('a broken row is refused by line and field', () => {
    const { rejected } = cdnow(
      'customer_id date number_of_cds dollar_value\n1 19970230 1 1\n1 19970101 x 1\n1 19970101 1 -1\n1 19970101\n',
    );
    expect(rejected.map(({ line, refusal }) => [line, refusal.field])).toEqual([
      [2, 'date'],
      [3, 'number_of_cds'],
      [4, 'dollar_value'],
      [5, null],
    ]);
  });
});
