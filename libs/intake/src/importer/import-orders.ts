import { importCompleted, type Refusal, refusal, streamName } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import { intakeFactId, type Keyring } from '@tsunagari/privacy';
import type { Recorder } from '../recording/recorder';
import { BlankSeparatedParser } from './blank-separated';
import { type ImportInput, openBytes, refusalOfBytes } from './byte-source';
import { CdnowOrders } from './cdnow';
import { CsvParser, type CsvRecord } from './csv';
import { FactLines, LineParser } from './fact-lines';
import { OnlineRetailOrders } from './online-retail';
import type { Assembled, OrderAssembler } from './order-format';

export const IMPORT_FORMATS = ['online-retail', 'cdnow', 'facts'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

export type ImportProgress = {
  /** Lines read, without the header. */
  readonly lines: number;
  readonly bytes: number;
  /** Null when the size is not known. */
  readonly totalBytes: number | null;
  readonly linesPerSecond: number;
  /** Null until it can be told. */
  readonly secondsLeft: number | null;
  /** Facts that stand in the store by this run. */
  readonly facts: number;
  readonly quarantined: number;
};

export type ImportSummary = {
  readonly format: ImportFormat;
  /** SHA-256 of the file's bytes, hex. */
  readonly contentHash: string;
  readonly lines: number;
  /** Facts that the file stands for, registrations included: the same for every import of the same file. */
  readonly facts: number;
  /** Of these, orders (refunds, adjustments) that stood in the store before. */
  readonly duplicates: number;
  readonly orders: number;
  readonly quarantined: number;
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  readonly seconds: number;
};

/**
 * How an import ended. `failed`: the file cannot be read on; what was recorded until then is whole, and an import of the mended file
 * completes it. `aborted`: by the signal; importing again goes on.
 */
export type ImportOutcome =
  | { readonly kind: 'completed'; readonly summary: ImportSummary }
  | { readonly kind: 'failed'; readonly refusal: Refusal; readonly line: number | null; readonly progress: ImportProgress }
  | { readonly kind: 'aborted'; readonly progress: ImportProgress };

export type ImportOptions = {
  readonly input: ImportInput;
  readonly format: ImportFormat;
  readonly recorder: Recorder;
  readonly store: EventStore;
  readonly keyring: Keyring;
  readonly clock: () => string;
  /** ISO 4217; by default GBP for Online Retail, USD for CDNOW. */
  readonly currency?: string;
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly signal?: AbortSignal;
};

/** Observations a flight, and flights at once: parsing goes on while the store writes. More gains nothing, and costs memory. */
const FLIGHT = 400;
const FLIGHTS = 3;
const PROGRESS_MS = 200;
/** What the decoder puts in place of bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd';

/**
 * Imports an order file into the store. Streaming: memory does not grow with the file. Idempotent: ids are hashes of format and order,
 * so importing twice, or again after a kill, changes nothing that stands and adds what is missing; there is no checkpoint to go wrong.
 * Rows that break a rule go to quarantine with line, field and rule. An outage of the store throws; importing again goes on.
 */
export async function importOrders(options: ImportOptions): Promise<ImportOutcome> {
  const { format, recorder, signal } = options;
  const started = performance.now();
  const counts = { lines: 0, facts: 0, orders: 0, duplicates: 0, quarantined: 0 };
  const source = await openBytes(options.input);
  let bytesRead = () => 0;
  let totalBytes: number | null = null;
  const progress = (): ImportProgress => {
    const seconds = (performance.now() - started) / 1000;
    const bytes = bytesRead();
    const secondsLeft = totalBytes === null || bytes === 0 ? null : (seconds * (totalBytes - bytes)) / bytes;
    const linesPerSecond = seconds === 0 ? 0 : counts.lines / seconds;
    return { lines: counts.lines, bytes, totalBytes, linesPerSecond, secondsLeft, facts: counts.facts, quarantined: counts.quarantined };
  };
  const failed = (why: Refusal, line: number | null): ImportOutcome => ({ kind: 'failed', refusal: why, line, progress: progress() });
  if ('code' in source) return failed(source, null);
  ({ bytesRead, totalBytes } = source);

  const flights = new Flights(FLIGHTS, async ({ observations, rejected }) => {
    for (;;) {
      const outcome = await recorder.record(observations, rejected);
      if (outcome.kind === 'overloaded') {
        await new Promise((resolve) => setTimeout(resolve, outcome.retryAfterMs));
        continue;
      }
      counts.quarantined += outcome.rejected.length;
      for (const one of outcome.outcomes) {
        if (one.kind === 'quarantined') counts.quarantined += 1;
        else {
          counts.facts += one.facts + one.registered;
          counts.orders += one.facts;
          if (one.duplicate) counts.duplicates += one.facts;
        }
      }
      return;
    }
  });

  const assembler = assemblerOf(options);
  const parser = format === 'cdnow' ? new BlankSeparatedParser() : format === 'facts' ? new LineParser() : new CsvParser();
  let assembled: Assembled = { observations: [], rejected: [] };
  let headerSeen = false;
  let damagedText = false;
  let lastProgress = started;

  /** Null, or why the file is none of this format. */
  const take = (records: readonly CsvRecord[]): { refusal: Refusal; line: number } | null => {
    for (const record of records) {
      if (!headerSeen) {
        headerSeen = true;
        const header = record.kind === 'fields' ? assembler.header(record) : { line: record.line, field: null, rule: record.refusal.rule };
        if (typeof header === 'object')
          return { refusal: refusal('MALFORMED', header.field, header.rule, 'Check the format of the import.'), line: header.line };
        if (header === 'header') continue;
      }
      counts.lines += 1;
      if (record.kind === 'broken') assembler.broken(record.line, record.text, record.refusal.rule, assembled);
      else if (damagedText && record.text.includes(REPLACEMENT))
        assembler.broken(record.line, record.text, 'a file is UTF-8 text', assembled);
      else assembler.row(record, assembled);
    }
    return null;
  };
  const send = async (): Promise<void> => {
    const ready = assembled;
    assembled = { observations: [], rejected: [] };
    for (let from = 0; from === 0 || from < ready.observations.length; from += FLIGHT)
      await flights.start({
        observations: ready.observations.slice(from, from + FLIGHT),
        rejected: from === 0 ? ready.rejected : [],
      });
  };

  try {
    for await (const text of source.text) {
      if (signal?.aborted === true) {
        await flights.landed();
        return { kind: 'aborted', progress: progress() };
      }
      damagedText ||= text.includes(REPLACEMENT);
      const wrong = take(parser.push(text));
      if (wrong) {
        await flights.landed();
        return failed(wrong.refusal, wrong.line);
      }
      if (assembled.observations.length + assembled.rejected.length >= FLIGHT) await send();
      const now = performance.now();
      if (now - lastProgress >= PROGRESS_MS) {
        lastProgress = now;
        options.onProgress?.(progress());
      }
    }
    const wrong = take(parser.end());
    if (wrong) return failed(wrong.refusal, wrong.line);
  } catch (error) {
    await flights.settled();
    const why = refusalOfBytes(error);
    if (!why) throw error;
    return failed(why, null);
  }
  if (!headerSeen) return failed(refusal('MALFORMED', null, 'a file has at least a first line', 'Check the path: the file is empty.'), 1);
  assembler.end(assembled);
  await send();
  await flights.landed();
  options.onProgress?.(progress());

  const summary: ImportSummary = {
    format,
    contentHash: source.contentHash(),
    lines: counts.lines,
    facts: counts.orders + assembler.identifiers(),
    duplicates: counts.duplicates,
    orders: counts.orders,
    quarantined: counts.quarantined,
    ...assembler.span(),
    seconds: (performance.now() - started) / 1000,
  };
  await recordCompletion(options, summary);
  return { kind: 'completed', summary };
}

/** A few batches under way at once; an error of one is thrown at the next occasion. */
class Flights {
  private readonly flying = new Set<Promise<void>>();
  private broken: { readonly error: unknown } | null = null;

  constructor(
    private readonly limit: number,
    private readonly fly: (batch: Assembled) => Promise<void>,
  ) {}

  async start(batch: Assembled): Promise<void> {
    while (this.flying.size >= this.limit) await Promise.race(this.flying);
    this.check();
    if (batch.observations.length + batch.rejected.length === 0) return;
    const flight: Promise<void> = this.fly(batch)
      .catch((error: unknown) => void (this.broken ??= { error }))
      .finally(() => this.flying.delete(flight));
    this.flying.add(flight);
  }

  async settled(): Promise<void> {
    await Promise.all(this.flying);
  }

  async landed(): Promise<void> {
    await this.settled();
    this.check();
  }

  private check(): void {
    if (this.broken) throw this.broken.error;
  }
}

function assemblerOf({ format, currency, clock }: ImportOptions): OrderAssembler {
  const latest = clock();
  if (format === 'facts') return new FactLines(latest);
  return format === 'cdnow' ? new CdnowOrders(currency ?? 'USD', latest) : new OnlineRetailOrders(currency ?? 'GBP', latest);
}

/** The fact that a file was read to its end: once per format and content. */
async function recordCompletion({ store, keyring, clock, format }: ImportOptions, summary: ImportSummary): Promise<void> {
  const { contentHash, lines, facts, quarantined, firstDay, lastDay } = summary;
  const source = `import:${format}`;
  const id = intakeFactId(source, `completed/${contentHash}`);
  const [sealed] = await keyring.seal([
    {
      id,
      definition: importCompleted,
      subject: null,
      data: { format, contentHash, lines, facts, quarantined, firstDay, lastDay },
      meta: { actor: source, source, correlationId: id, imported: true },
      occurred: clock(),
    },
  ]);
  if (sealed?.kind !== 'sealed') throw new Error(`ImportCompleted breaks its contract: ${sealed?.refusal.rule ?? 'nothing came back'}`);
  const stream = streamName('import', `${format}-${contentHash}`);
  for (;;) {
    // `mismatch` and `conflict`: the file was completed before, by other rules. The first completion stands.
    const outcome = await store.append({ stream, expected: 'none', facts: [sealed.fact] });
    if (outcome.kind !== 'overloaded') return;
    await new Promise((resolve) => setTimeout(resolve, outcome.retryAfterMs));
  }
}
