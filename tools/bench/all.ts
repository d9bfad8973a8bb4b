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

const groups = {
  'event-store': ({ quick }: BenchmarkOptions) => eventStoreBenchmarks({ quick }),
  spine: ({ quick }: BenchmarkOptions) => spineBenchmarks({ quick }),
  kafka: ({ quick }: BenchmarkOptions) => kafkaBenchmarks({ quick }),
  projection: ({ quick }: BenchmarkOptions) => projectionBenchmarks({ quick }),
  'as-of': ({ quick }: BenchmarkOptions) => asOfBenchmark({ quick }),
  idle: () => idleBenchmark(),
  clv: () => clvBenchmarks(),
  decision: ({ quick }: BenchmarkOptions) => decisionBenchmarks({ quick }),
  chaos: ({ quick, say }: BenchmarkOptions) => chaosBenchmark({ quick, say }),
} satisfies Record<string, (options: BenchmarkOptions) => Promise<BenchmarkRow[]>>;

/** Runs the groups one after the other: whatever runs beside a benchmark is part of its result. */
export async function allBenchmarks(options: BenchmarkOptions): Promise<BenchmarkRow[]> {
  const rows: BenchmarkRow[] = [];
  const wanted = options.only.map((name) => name.toLowerCase());
  const ids = wanted.filter((name) => !Object.hasOwn(groups, name));
  for (const [name, run] of Object.entries(groups)) {
    if (wanted.length > 0 && !wanted.includes(name) && ids.length === 0) continue;
    options.say(`benchmarks: ${name}`);
    rows.push(...(await run(options)));
  }
  return rows.filter(({ id }) => ids.length === 0 || ids.some((wantedId) => id.toLowerCase().startsWith(wantedId)));
}
