import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The numbers of one process, by Prometheus' text format. */
export type Metrics = {
  readonly registry: Registry;
  readonly counter: (name: string, help: string, labels?: readonly string[]) => Counter;
  readonly gauge: (name: string, help: string, labels?: readonly string[]) => Gauge;
  /** @param buckets upper bounds, in the unit the name ends with (`_seconds`, `_rows`). */
  readonly histogram: (name: string, help: string, buckets: readonly number[], labels?: readonly string[]) => Histogram;
  /** What `/metrics` answers, and with which content type. */
  readonly text: () => Promise<{ readonly contentType: string; readonly body: string }>;
};

/**
 * A registry of its own, so that two platforms in one process (tests) do not share numbers. Asking twice for the same name gives the
 * same metric.
 * @param processMetrics also the process' memory, CPU and event loop delay.
 */
export function createMetrics(processMetrics = true): Metrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const shared = { registers: [registry] };
  return {
    registry,
    counter: (name, help, labels = []) =>
      (registry.getSingleMetric(name) as Counter | undefined) ?? new Counter({ name, help, labelNames: [...labels], ...shared }),
    gauge: (name, help, labels = []) =>
      (registry.getSingleMetric(name) as Gauge | undefined) ?? new Gauge({ name, help, labelNames: [...labels], ...shared }),
    histogram: (name, help, buckets, labels = []) =>
      (registry.getSingleMetric(name) as Histogram | undefined) ??
      new Histogram({ name, help, buckets: [...buckets], labelNames: [...labels], ...shared }),
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}
