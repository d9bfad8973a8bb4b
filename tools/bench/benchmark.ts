/** One line of docs/benchmarks.md. */
export interface BenchmarkRow {
  /** `B1`, or a name of the model table. */
  readonly id: string;
  readonly workload: string;
  /** Of `runs`: `ms`, `events/s`, … */
  readonly unit: string;
  /** Every measured run, in order; the report takes median and spread. */
  readonly runs: number[];
  /** The same work by another library, in the same process and run. */
  readonly peer?: { readonly name: string; readonly runs: number[] };
  /** What models.md or event-store-and-log.md asks for, as text. */
  readonly target: string;
  readonly note?: string;
}
