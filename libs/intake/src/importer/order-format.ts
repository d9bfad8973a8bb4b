import type { Observation, Rejected } from '../recording/observation';

/** What came out of some lines: orders that are complete, inputs that broke a rule. */
export type Assembled = { readonly observations: Observation[]; readonly rejected: Rejected[] };

/** A record of a file, cut into fields. */
export type Row = RawRow & { readonly fields: readonly string[] };

/** A record as it stands in the file. That is what is kept until its order is complete: eight fields a row would cost the collector. */
export type RawRow = { readonly line: number; readonly text: string };

/** What a file said as a whole. Days are of UTC. */
export type FileSpan = { readonly firstDay: string | null; readonly lastDay: string | null };

/** Why a file as a whole cannot be read, at a line. */
export type HeaderRefusal = { readonly line: number; readonly field: string | null; readonly rule: string };

/**
 * Turns the rows of an order file into observations, in one pass and in memory that does not grow with the rows. Pure: the same
 * rows give the same observations, whatever the file is called and however it was cut into pieces.
 */
export interface OrderAssembler {
  /** The first line. A refusal ends the import. `data` = there is no header, the line is data already. */
  header(row: Row): 'header' | 'data' | HeaderRefusal;
  row(row: Row, into: Assembled): void;
  /** A record that the parser could not cut into fields. */
  broken(line: number, text: string, rule: string, into: Assembled): void;
  /** The file has ended well: whatever is still open is complete. */
  end(into: Assembled): void;
  span(): FileSpan;
  /** Different identifiers so far. */
  identifiers(): number;
}
