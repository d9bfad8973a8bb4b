import type { Fact } from '@tsunagari/contracts';
import { ageAfter, type LogRead } from './event-log';

const recorded = ['2026-01-02T03:04:05.000Z', '2026-01-02T03:04:15.000Z'];
const log = {
  read: async ({ after, types }: LogRead) => {
    const facts = recorded.slice(Number(after)).map((at) => ({ recorded: at }) as Fact);
    return { facts: types ? [] : facts, upTo: '2', atEnd: true };
  },
};

describe('how old the oldest missing fact is', () => {
  it('is counted by the clock that recorded it, also where that clock stands still in the past', async () => {
    expect(await ageAfter(log, '0', { now: () => '2026-01-02T03:04:25.000Z' })).toBe(20_000);
    expect(await ageAfter(log, '1', { now: () => '2026-01-02T03:04:25.000Z' })).toBe(10_000);
    expect(await ageAfter(log, '1', { now: () => '2026-01-02T03:04:05.000Z' })).toBe(0);
  });

  it('is nothing where nothing is missing, or only what is not read', async () => {
    expect(await ageAfter(log, '2', { now: () => '2026-01-02T03:04:25.000Z' })).toBe(0);
    expect(await ageAfter(log, '0', { types: ['other'], now: () => '2026-01-02T03:04:25.000Z' })).toBe(0);
  });

  it('is counted by the real time unless another is given', async () => {
    expect(await ageAfter(log, '1')).toBeGreaterThan(86_400_000);
  });
});
