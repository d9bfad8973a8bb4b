import { createHealth } from './health';
import { createMetrics } from './metrics';

describe('health', () => {
  it('is ready when every check is, and else names each part that is not and why', async () => {
    const health = createHealth(50);
    health.addLiveness('event loop', () => undefined);
    expect(await health.readiness()).toEqual({ ok: true, checks: [{ name: 'event loop', ok: true }] });
    health.addReadiness('database', () => Promise.reject(new Error('connection refused')));
    health.addReadiness('projections', () => '12,000 facts behind');
    health.addReadiness('log', () => new Promise(() => undefined));
    expect(await health.readiness()).toEqual({
      ok: false,
      checks: [
        { name: 'event loop', ok: true },
        { name: 'database', ok: false, reason: 'connection refused' },
        { name: 'projections', ok: false, reason: '12,000 facts behind' },
        { name: 'log', ok: false, reason: 'no answer within 50 ms' },
      ],
    });
    expect((await health.liveness()).ok).toBe(true);
  });
});

describe('metrics', () => {
  it('are written as text, are the same metric when asked for twice, and are not shared between two platforms', async () => {
    const one = createMetrics(false);
    const two = createMetrics(false);
    one.counter('facts_appended_total', 'Facts appended', ['type']).inc({ type: 'order' }, 2);
    one.counter('facts_appended_total', 'Facts appended', ['type']).inc({ type: 'order' });
    two.gauge('lag_facts', 'Facts behind').set(7);
    expect((await one.text()).body).toContain('facts_appended_total{type="order"} 3');
    expect((await one.text()).body).not.toContain('lag_facts');
    const { body, contentType } = await two.text();
    expect(body).toContain('lag_facts 7');
    expect(contentType).toContain('text/plain');
  });

  it('include the process when asked for', async () => {
    const { body } = await createMetrics().text();
    expect(body).toContain('process_resident_memory_bytes');
  });
});
