/** What a person at a terminal sees: progress bars that redraw on a screen and step in a log, tables, quantities. */

export type ProgressBar = {
  /** `done` of `total` (0 = unknown), with what the work says of itself. */
  readonly update: (done: number, total: number, note?: string) => void;
  readonly end: (note?: string) => void;
};

/** A bar on standard error, so that standard output stays the answer. On a screen it redraws; elsewhere it prints each tenth. */
export function progressBar(label: string, stream: NodeJS.WriteStream = process.stderr): ProgressBar {
  const started = performance.now();
  let shown = -1;
  let drawn = 0;
  const draw = (done: number, total: number, note: string, last: boolean): void => {
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const seconds = (performance.now() - started) / 1000;
    const remaining = !last && share > 0.02 && share < 1 ? `, ${duration((seconds / share) * (1 - share))} left` : '';
    const filled = Math.round(share * 24);
    const text = `  ${label.padEnd(14)} ${'█'.repeat(filled)}${'░'.repeat(24 - filled)} ${String(Math.floor(share * 100)).padStart(3)} %  ${note}${remaining}`;
    if (stream.isTTY) {
      const now = performance.now();
      if (!last && now - drawn < 80) return;
      drawn = now;
      stream.write(`\r\u001b[2K${text.slice(0, Math.max(40, (stream.columns || 120) - 1))}${last ? '\n' : ''}`);
      return;
    }
    const step = Math.floor(share * 5);
    if (!last && step <= shown) return;
    shown = step;
    stream.write(`${text}\n`);
  };
  let latest: [number, number, string] = [0, 0, ''];
  return {
    update(done, total, note = '') {
      latest = [done, total, note];
      draw(done, total, note, false);
    },
    end(note) {
      const total = Math.max(latest[1], 1);
      draw(total, total, `${note ?? latest[2]} in ${duration((performance.now() - started) / 1000)}`, true);
    },
  };
}

/** Columns by their widest cell; numbers (a leading digit, minus or £$€ sign) to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(width(title), ...rows.map((row) => width(row[column] ?? ''))));
  const numeric = head.map((_, column) => rows.length > 0 && rows.every((row) => /^$|^[–-]$|^[-£$€¥]?\d/.test(row[column] ?? '')));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, column) => (numeric[column] ? ' '.repeat((widths[column] ?? 0) - width(cell)) + cell : cell + ' '.repeat((widths[column] ?? 0) - width(cell)))).join('  ')}`.trimEnd();
  return [line(head), line(widths.map((size) => '─'.repeat(size))), ...rows.map(line)].join('\n');
}

/** A number with thousands separated, at most so many decimals. */
export function quantity(value: number, decimals = 0): string {
  return value.toLocaleString('en-GB', { maximumFractionDigits: decimals, minimumFractionDigits: decimals });
}

/** Money in minor units as people write it: `£1,234.50`. */
export function moneyText(amountMinor: number | string, currency: string): string {
  const format = new Intl.NumberFormat('en-GB', { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(Number(amountMinor) / 10 ** digits);
}

/** `3.2 s`, `4 min 05 s`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${String(Math.round(seconds % 60)).padStart(2, '0')} s`;
}

function width(text: string): number {
  return [...text].length;
}
