import { describeWith } from '@tsunagari/testing';
import path from 'node:path';
import { buildBundles, type Bundles, temporaryHome } from '../../apps/platform/src/testing/bundles';
import { chaosReport, type ChaosResult, runChaos } from './chaos';

jest.setTimeout(900_000);

describeWith('broker', 'chaos, once around', () => {
  let bundles: Bundles;
  let result: ChaosResult;
  const said: string[] = [];
  const { home, remove } = temporaryHome();
  beforeAll(async () => {
    bundles = await buildBundles();
    // Every process is killed once and every other incident comes once: `npm run chaos` does it two hundred times.
    result = await runChaos({
      home,
      bundles: path.dirname(path.dirname(bundles.cli)),
      kills: 6,
      seconds: 600,
      say: (line) => said.push(line),
    });
  });
  afterAll(() => {
    bundles.remove();
    remove();
  });

  it('each process is killed and works again, and so does everything after each other incident [failure modes 8–11, 16, 20, 22]', () => {
    expect(result.kills).toBe(6);
    expect(new Set(result.recoveries.map(({ what }) => what.replace(/-\d$/, '')))).toEqual(
      new Set([
        'relay',
        'gateway',
        'value',
        'touchpoints',
        'proposals',
        'understanding',
        'broker killed and started',
        'database connections cut',
        'understanding frozen past its lease',
        'offset reset to 0',
        'relay frozen past its lease',
        'database killed',
      ]),
    );
    expect(said.some((line) => line.includes('6 of 6 kills'))).toBe(true);
  });

  it('nothing is lost, doubled or out of order, no read shows what cannot be, and a rebuild comes to the same state hash', () => {
    const { verdict, wrong } = result;
    expect({ lost: verdict.lost, doubled: verdict.doubled, disordered: verdict.disordered, wrong }).toEqual({
      lost: [],
      doubled: [],
      disordered: [],
      wrong: [],
    });
    expect(verdict.acknowledgedFacts).toBeGreaterThan(0);
    expect(verdict.acknowledgedOrders).toBeGreaterThan(0);
    expect(verdict.published).toBe(verdict.stored);
    expect(verdict.hashes['purchases']?.rebuilt).not.toContain('(0 rows)');
    for (const { kept, rebuilt } of Object.values(verdict.hashes)) expect(kept).toBe(rebuilt);
  });

  it('the report says so in words', () => {
    expect(chaosReport(result)).toContain('✓ nothing lost, nothing doubled, everything in order');
    expect(chaosReport({ ...result, verdict: { ...result.verdict, lost: ['Kafka: fact x'] }, well: false })).toContain('✗ Kafka: fact x');
  });
});
