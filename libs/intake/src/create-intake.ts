import { type Refusal, refusal } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import type { ExpiringKeyring, Keyring } from '@tsunagari/privacy';
import type { DataSource } from 'typeorm';
import { Collector, type Count, type IntakeRequest, type IntakeResponse } from './collector/collector';
import { DEFAULT_LIMITS, type IntakeLimits } from './collector/limits';
import { readSegmentEvent } from './collector/segment-event';
import { BlankSeparatedParser } from './importer/blank-separated';
import { CdnowOrders } from './importer/cdnow';
import { CsvParser } from './importer/csv';
import { importOrders, type ImportOptions, type ImportOutcome } from './importer/import-orders';
import { FactLines, LineParser } from './importer/fact-lines';
import { OnlineRetailOrders } from './importer/online-retail';
import type { Assembled } from './importer/order-format';
import { Quarantine, type ReleaseOutcome, type Reprocess } from './quarantine/quarantine';
import { type Queryable, type QuarantineEntry, type QuarantinePage, QuarantineTable } from './quarantine/quarantine-table';
import type { QuarantinedBody } from './recording/observation';
import { Recorder } from './recording/recorder';
import type { SourceDirectory } from './sources';

export type IntakeParts = {
  readonly store: EventStore;
  readonly keyring: Keyring & ExpiringKeyring;
  readonly sources: SourceDirectory;
  /** Of the database that holds `intake.quarantine`. */
  readonly pool: Queryable;
  /** Of the same database, with the entities of `intakeSchema`. */
  readonly dataSource: DataSource;
  /** Now, ISO 8601 UTC with milliseconds. */
  readonly clock: () => string;
  readonly limits?: Partial<IntakeLimits>;
  readonly count?: Count;
  readonly onError?: (error: unknown) => void;
};

export type Intake = {
  /** A request for `/v1/*`. */
  handle(request: IntakeRequest): Promise<IntakeResponse>;
  /** Imports an order file. See {@link importOrders}. */
  importOrders(options: Omit<ImportOptions, 'recorder' | 'store' | 'keyring' | 'clock'>): Promise<ImportOutcome>;
  readonly quarantine: {
    /** A page, oldest first, by default of what is held; `after` is the cursor of the page before. */
    list(options?: { limit?: number; after?: string; status?: QuarantineEntry['status']; source?: string }): Promise<QuarantinePage>;
    /** Reads the input again by today's rules and records it. `by` = `user:<id>`. Refused when it still breaks a rule. */
    release(id: string, by: string): Promise<ReleaseOutcome>;
    /** Gives the input up. */
    discard(id: string, by: string): Promise<ReleaseOutcome>;
  };
};

/** The intake: collector, importer and quarantine over one store and one keyring; `intakeSchema` must stand. */
export function createIntake(parts: IntakeParts): Intake {
  const { store, keyring, sources, pool, clock } = parts;
  const limits = { ...DEFAULT_LIMITS, ...parts.limits };
  const table = new QuarantineTable(pool, parts.dataSource);
  const quarantine = new Quarantine(store, keyring, table, clock);
  const recorder = new Recorder(store, keyring, quarantine);
  const nothing = (): void => undefined;
  const collector = new Collector({ recorder, sources, clock, limits, count: parts.count ?? nothing, onError: parts.onError ?? nothing });

  const reprocess: Reprocess = async (entry, body) => {
    const { observations, rejected } = readAgain(entry, body, limits, clock());
    const still = rejected[0]?.refusal;
    if (still) return { kind: 'refused', refusal: still };
    const outcome = await recorder.record(observations);
    if (outcome.kind === 'overloaded') return outcome;
    const refused = outcome.outcomes.find((one) => one.kind === 'quarantined');
    return refused ? { kind: 'refused', refusal: refused.refusal } : { kind: 'recorded' };
  };

  return {
    handle: (request) => collector.handle(request),
    importOrders: (options) => importOrders({ ...options, recorder, store, keyring, clock }),
    quarantine: {
      list: (options) => quarantine.list(options),
      release: (id, by) => quarantine.release(id, by, reprocess),
      discard: (id, by) => quarantine.discard(id, by),
    },
  };
}

/** A quarantined input by today's rules. What was refused only for its message id becomes a message of its own. */
function readAgain(entry: QuarantineEntry, body: QuarantinedBody, limits: IntakeLimits, now: string): Assembled {
  const into: Assembled = { observations: [], rejected: [] };
  const reject = (why: Refusal) => void into.rejected.push({ source: entry.source, messageId: entry.messageId, refusal: why, body });
  if (body.kind === 'text') reject(refusal('MALFORMED', entry.field, entry.rule, 'Mend the line and import the file again.'));
  else if (body.kind === 'segment') {
    const call = body.call as 'track' | null;
    const outcome = readSegmentEvent(body.event, { ...body, call, now, limits });
    if (outcome.kind === 'rejected') reject(outcome.refusal);
    else {
      const messageId = entry.code === 'DUPLICATE_CONTENT' ? `released-${entry.id}` : outcome.observation.messageId;
      into.observations.push({ ...outcome.observation, messageId });
    }
  } else {
    const retail = body.format === 'online-retail';
    const lines = body.format === 'facts';
    const assembler = lines
      ? new FactLines(now)
      : retail
        ? new OnlineRetailOrders(body.currency, now)
        : new CdnowOrders(body.currency, now);
    if (body.format === 'cdnow-sample') assembler.header({ line: 1, text: '', fields: ['', '', '00000000', '', ''] });
    for (const { line, text } of body.rows) {
      const parser = lines ? new LineParser() : retail ? new CsvParser() : new BlankSeparatedParser();
      for (const record of [...parser.push(text), ...parser.end()])
        if (record.kind === 'fields') assembler.row({ ...record, line }, into);
        else assembler.broken(line, record.text, record.refusal.rule, into);
    }
    assembler.end(into);
  }
  return into;
}
