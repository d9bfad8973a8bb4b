import { KafkaUnavailable } from '@tsunagari/event-log-kafka';
import type { Running } from './context';
import { startedWhenThere } from './runs';

/** A run that fails to start so often with these, one after the other. */
function failing(...errors: readonly Error[]) {
  const left = [...errors];
  const did: string[] = [];
  let told = (): void => undefined;
  const started = new Promise<void>((resolve) => (told = resolve));
  const run: Running = {
    name: 'spec',
    async start() {
      const error = left.shift();
      did.push(error ? 'failed' : 'started');
      if (error) throw error;
      told();
    },
    stop: async () => void did.push('stopped'),
    lagMs: async () => 0,
    caughtUp: async () => undefined,
  };
  return { run, did, started };
}

const away = new KafkaUnavailable('Kafka does not answer', { cause: null });

describe('a run over a log that is elsewhere', () => {
  it('is tried again while that is away, until it is there', async () => {
    const { run, did, started } = failing(away, new Error('another thing'), away);
    const errors: unknown[] = [];
    const later = startedWhenThere(run, (error) => errors.push(error), 1);
    await later.start();
    expect(did).toEqual(['failed']);
    await started;
    await later.stop();
    expect(did).toEqual(['failed', 'failed', 'failed', 'started', 'stopped']);
    expect(errors.map(String)).toEqual([String(away), 'Error: another thing', String(away)]);
  });

  it('keeps the process from starting when it is there and wrong', async () => {
    const { run, did } = failing(new Error('the log differs'));
    await expect(startedWhenThere(run, () => undefined, 1).start()).rejects.toThrow('the log differs');
    expect(did).toEqual(['failed']);
  });

  it('is not started any more once it was stopped, and what never ran is not stopped', async () => {
    const { run, did } = failing(away);
    const later = startedWhenThere(run, () => undefined, 3_600_000);
    await later.start();
    await later.stop();
    expect(did).toEqual(['failed']);
  });
});
