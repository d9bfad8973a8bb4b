import { EventEmitter } from 'node:events';
import { createShutdown } from './shutdown';

describe('the shutdown', () => {
  it('ends what was started last first, once, whoever asks and however often', async () => {
    const order: string[] = [];
    const shutdown = createShutdown();
    shutdown.onShutdown('database', () => void order.push('database'));
    shutdown.onShutdown('projections', async () => {
      await Promise.resolve();
      order.push('projections');
    });
    shutdown.onShutdown('http', () => void order.push('http'));
    expect(shutdown.begun()).toBe(false);
    const [first, second] = await Promise.all([shutdown.shutDown('done'), shutdown.shutDown('again')]);
    expect(order).toEqual(['http', 'projections', 'database']);
    expect(second).toBe(first);
    expect(first).toEqual({ reason: 'done', ok: true, steps: [{ name: 'http' }, { name: 'projections' }, { name: 'database' }] });
    expect(shutdown.begun()).toBe(true);
  });

  it('goes on when a step fails or takes too long, and reports both', async () => {
    const order: string[] = [];
    const shutdown = createShutdown({ limitMs: 200 });
    shutdown.onShutdown('database', () => void order.push('database'));
    shutdown.onShutdown('stuck', () => new Promise(() => undefined));
    shutdown.onShutdown('broken', () => {
      throw new Error('no');
    });
    const report = await shutdown.shutDown('SIGTERM');
    expect(order).toEqual(['database']);
    expect(report.ok).toBe(false);
    expect(report.steps).toEqual([
      { name: 'broken', failure: 'no' },
      { name: 'stuck', failure: expect.stringMatching(/^not ended within \d+ ms$/) as string },
      { name: 'database' },
    ]);
  });

  it('begins at the first signal and exits at once at the second', async () => {
    const signals = new EventEmitter();
    const codes: number[] = [];
    let finish = (): void => undefined;
    const shutdown = createShutdown({ signals, exit: (code) => codes.push(code) });
    shutdown.onShutdown('slow', () => new Promise<void>((resolve) => (finish = resolve)));
    const stopListening = shutdown.onSignals();
    signals.emit('SIGINT', 'SIGINT');
    await Promise.resolve();
    expect(codes).toEqual([]);
    signals.emit('SIGTERM', 'SIGTERM');
    expect(codes).toEqual([143]);
    finish();
    await shutdown.shutDown('wait');
    await Promise.resolve();
    expect(codes).toEqual([143, 0]);
    stopListening();
    expect(signals.listenerCount('SIGINT')).toBe(0);
  });
});
