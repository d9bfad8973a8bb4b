/** Why a part is not well; undefined when it is. */
export type HealthCheck = () => string | undefined | Promise<string | undefined>;

export type HealthReport = {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly reason?: string }[];
};

/** What a process says about itself: alive (else restart it), ready (else send it no requests). */
export type Health = {
  readonly addLiveness: (name: string, check: HealthCheck) => void;
  readonly addReadiness: (name: string, check: HealthCheck) => void;
  readonly liveness: () => Promise<HealthReport>;
  /** Includes the checks of liveness. */
  readonly readiness: () => Promise<HealthReport>;
};

async function answer(check: HealthCheck, limitMs: number): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${String(limitMs)} ms`), limitMs);
  });
  try {
    return await Promise.race([Promise.resolve().then(check), late]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}

/** An empty register of checks; one that throws or does not answer within `limitMs` counts as failed. */
export function createHealth(limitMs = 2_000): Health {
  const live = new Map<string, HealthCheck>();
  const ready = new Map<string, HealthCheck>();
  const report = async (checks: ReadonlyMap<string, HealthCheck>): Promise<HealthReport> => {
    const results = await Promise.all(
      [...checks].map(async ([name, check]) => {
        const reason = await answer(check, limitMs);
        return reason === undefined ? { name, ok: true } : { name, ok: false, reason };
      }),
    );
    return { ok: results.every(({ ok }) => ok), checks: results };
  };
  return {
    addLiveness: (name, check) => void live.set(name, check),
    addReadiness: (name, check) => void ready.set(name, check),
    liveness: () => report(live),
    readiness: () => report(new Map([...live, ...ready])),
  };
}
