import { asOfBenchmark } from './as-of';
import type { BenchmarkRow } from './benchmark';
import { chaosBenchmark } from './chaos';
import { clvBenchmarks } from './clv';
import { decisionBenchmarks } from './decision';
import { eventStoreBenchmarks } from './event-store';
import { idleBenchmark } from './idle';
import { kafkaBenchmarks } from './kafka';
import { projectionBenchmarks } from './projection';
import { spineBenchmarks } from './spine';

export type BenchmarkOptions = {
  readonly quick: boolean;
  /** Groups (`event-store`, `spine`, `kafka`, `projection`, `as-of`, `idle`, `clv`, `decision`, `chaos`) or ids (`B2`); empty for all. */
  readonly only: readonly string[];
  readonly say: (line: string) => void;
};

/** What each group measures: its ids, as they stand in the table. */
const groups: Record<string, { readonly ids: readonly string[]; readonly run: (options: BenchmarkOptions) => Promise<BenchmarkRow[]> }> = {
  'event-store': { ids: ['b1', 'b2', 'b3', 'b4', 'b5', 'b6', 'b8', 'disk'], run: eventStoreBenchmarks },
  spine: { ids: ['import', 'understanding'], run: spineBenchmarks },
  kafka: { ids: ['b10', 'b11', 'b12', 'b13'], run: kafkaBenchmarks },
  projection: { ids: ['b9'], run: projectionBenchmarks },
  'as-of': { ids: [], run: asOfBenchmark },
  idle: { ids: ['b14'], run: () => idleBenchmark() },
  clv: { ids: [], run: () => clvBenchmarks() },
  decision: { ids: [], run: decisionBenchmarks },
  chaos: { ids: ['b13'], run: chaosBenchmark },
};

/** Runs the groups one after the other: whatever runs beside a benchmark is part of its result. Throws for a name that is none. */
export async function allBenchmarks(options: BenchmarkOptions): Promise<BenchmarkRow[]> {
  const wanted = options.only.map((name) => name.toLowerCase());
  const known = [...new Set(Object.entries(groups).flatMap(([name, { ids }]) => [name, ...ids]))];
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new RangeError(`There is no benchmark ${unknown}: ${known.join(', ')}.`);
  const rows: BenchmarkRow[] = [];
  for (const [name, { ids, run }] of Object.entries(groups)) {
    const isWhole = wanted.length === 0 || wanted.includes(name);
    if (!isWhole && !ids.some((id) => wanted.includes(id))) continue;
    options.say(`benchmarks: ${name}`);
    const measured = await run(options);
    rows.push(...(isWhole ? measured : measured.filter(({ id }) => wanted.includes(id.toLowerCase().replace(/ .*/, '')))));
  }
  return rows;
}
