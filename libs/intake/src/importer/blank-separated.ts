import type { CsvRecord } from './csv';

/** Lines whose columns are separated by blanks, as the CDNOW files have them. Blank lines are skipped. */
export class BlankSeparatedParser {
  private rest = '';
  private line = 1;

  push(text: string): CsvRecord[] {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.record(line));
  }

  end(): CsvRecord[] {
    const last = this.rest;
    this.rest = '';
    return this.record(last);
  }

  private record(text: string): CsvRecord[] {
    const line = this.line++;
    const trimmed = text.trim();
    return trimmed === '' ? [] : [{ kind: 'fields', line, text: trimmed, fields: trimmed.split(/\s+/) }];
  }
}
