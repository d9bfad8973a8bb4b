import {
  closeOutcomeWindow,
  goalAchieved,
  type GoalAchieved,
  goalLapsed,
  goalRegained,
  type PolicyRegistered,
  policyRegistered,
  type ProposalDecided,
  proposalDecided,
} from '@tsunagari/contracts';
import { recorded } from '@tsunagari/testing';
import { rewardWithin } from './outcome-window';
import { outcomeWindow } from './outcome-window.reactor';

const subject = '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f';
const [plain, rewarded] = policyRegistered.examples as [PolicyRegistered, PolicyRegistered];
const [example] = proposalDecided.examples as [ProposalDecided];
const decided = recorded(proposalDecided, { ...example, decision: 3, policyVersion: 2 }, { subject, occurred: '2026-01-02T03:04:05.000Z' });

describe('the window of a decision', () => {
  const { evolve, initial, react, key } = outcomeWindow;
  const named = evolve(initial, recorded(policyRegistered, rewarded), '');

  it('is a timer of its own for each decision of a policy that names a reward', () => {
    expect([outcomeWindow.name, outcomeWindow.version, outcomeWindow.types]).toEqual([
      'outcome_window',
      1,
      [policyRegistered.type, proposalDecided.type],
    ]);
    expect(react(decided, evolve(named, decided, ''), '')).toEqual([
      {
        kind: 'set-timer',
        timer: `${subject}.home.3`,
        at: '2026-01-30T03:04:05.000Z',
        command: closeOutcomeWindow.name,
        input: { decisionId: `${subject}.home.3`, indicator: 'combing', windowDays: 28, decidedAt: '2026-01-02T03:04:05.000Z' },
      },
    ]);
  });
  it('is none where the policy names no reward, and none of the policy itself', () => {
    const without = evolve(initial, recorded(policyRegistered, plain), '');
    expect([initial, without]).toEqual([null, null]);
    expect(react(decided, without, '')).toEqual([]);
    expect(react(recorded(policyRegistered, rewarded), named, '')).toEqual([]);
  });
  it('goes by the version of the policy that decided', () => {
    expect(key(recorded(policyRegistered, rewarded))).toBe('2 home-softmax');
    expect(key(decided)).toBe('2 home-softmax');
    expect(key(recorded(policyRegistered, plain))).toBe('1 home-softmax');
  });
});

describe('what came of a decision', () => {
  const window = { indicator: 'combing', decidedAt: '2026-01-02T00:00:00.000Z', closesAt: '2026-01-30T00:00:00.000Z' };
  const [goal] = goalAchieved.examples as [GoalAchieved];
  const reached = (occurred: string, over: object = {}, definition: typeof goalAchieved | typeof goalRegained = goalAchieved) =>
    recorded(definition, { ...goal, ...over }, { subject, occurred });

  it('is 1 where a goal under the indicator was achieved or regained, with the facts that say so', () => {
    const [one, other] = [reached('2026-01-10T00:00:00.000Z'), reached('2026-01-20T00:00:00.000Z', {}, goalRegained)];
    expect(rewardWithin([one, other], window)).toEqual({ reward: 1, evidenceIds: [one.id, other.id] });
  });
  it('is 0 without: another indicator, a goal that lapsed, or nothing at all', () => {
    const none = { reward: 0, evidenceIds: [] };
    expect(rewardWithin([], window)).toEqual(none);
    expect(rewardWithin([reached('2026-01-10T00:00:00.000Z', { indicatorId: 'shine' })], window)).toEqual(none);
    expect(rewardWithin([recorded(goalLapsed, goal, { subject, occurred: '2026-01-10T00:00:00.000Z' })], window)).toEqual(none);
  });
  it.each([
    ['2026-01-02T00:00:00.000Z', 0],
    ['2026-01-02T00:00:00.001Z', 1],
    ['2026-01-30T00:00:00.000Z', 1],
    ['2026-01-30T00:00:00.001Z', 0],
  ])('counts what happened after the decision and up to the end: at %s %d', (occurred, reward) => {
    expect(rewardWithin([reached(occurred)], window).reward).toBe(reward);
  });
  it('names at most a hundred facts', () => {
    const many = Array.from({ length: 101 }, () => reached('2026-01-10T00:00:00.000Z'));
    expect(rewardWithin(many, window).evidenceIds).toHaveLength(100);
  });
});
