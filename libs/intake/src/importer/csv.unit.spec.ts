import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { CsvParser, type CsvRecord } from './csv';

function parseInPieces(text: string, cuts: readonly number[]): CsvRecord[] {
  const parser = new CsvParser();
  const at = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  const records: CsvRecord[] = [];
  let from = 0;
  for (const to of [...at, text.length]) {
    records.push(...parser.push(text.slice(from, to)));
    from = to;
  }
  return [...records, ...parser.end()];
}

const fieldsOf = (records: readonly CsvRecord[]) =>
  records.map((record) => (record.kind === 'fields' ? record.fields : record.refusal.rule));

const field = fc.array(fc.constantFrom('a', 'é', '7', ' ', ',', '"', '\n', '\r\n', '.'), { maxLength: 6 }).map((parts) => parts.join(''));
const table = fc.array(fc.array(field, { minLength: 2, maxLength: 5 }), { maxLength: 8 });
const quoteWhereNeeded = (value: string, always: boolean) =>
  always || /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;

describe('CsvParser', () => {
  it('gives what csv-parse gives, wherever the text is cut', () => {
    fc.assert(
      fc.property(
        table,
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom('\n', '\r\n'),
        fc.array(fc.nat(500), { maxLength: 10 }),
        (rows, always, closed, eol, cuts) => {
          const text = rows.map((row) => row.map((value) => quoteWhereNeeded(value, always)).join(',')).join(eol) + (closed ? eol : '');
          const expected = parse(text, { relax_column_count: true, skip_empty_lines: true, record_delimiter: eol }) as string[][];
          expect(fieldsOf(parseInPieces(text, cuts))).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never throws and never loses a later line, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'x') }),
        fc.array(fc.nat(100), { maxLength: 5 }),
        (text, cuts) => {
          const records = parseInPieces(text, cuts);
          expect(records).toEqual(parseInPieces(text, []));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('numbers records by the line where they begin', () => {
    const records = parseInPieces('a,b\n"x\ny",1\n\nc,d', [3, 7]);
    expect(records.map((record) => record.line)).toEqual([1, 2, 5]);
  });

  it('names the rule of a broken line and goes on with the next', () => {
    const records = parseInPieces('a,b\n1,x"y\n"x"z,2\n3,4\n5,"never closed\n6,7\n', [5, 9]);
    expect(records.map((record) => [record.line, record.kind])).toEqual([
      [1, 'fields'],
      [2, 'broken'],
      [3, 'broken'],
      [4, 'fields'],
      [5, 'broken'],
      [6, 'fields'],
    ]);
    expect(fieldsOf(records)[1]).toBe('a quote stands only around a whole field, and doubled inside it');
    expect(fieldsOf(records)[4]).toBe('a quote that is opened is closed again');
  });
});
