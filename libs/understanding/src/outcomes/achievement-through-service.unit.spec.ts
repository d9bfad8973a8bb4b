import { AssignedLiftCount, type GoalWithUse, LiftCount } from './achievement-through-service.query';
import type { Assignment } from './holdout-assignments.query';

const question = { withinDays: 60, usedWithinDays: 14, asOf: 100 };
const goal = (confirmed: number, achieved: number | null, ...uses: number[]): GoalWithUse => ({ confirmed, achieved, uses });

describe('achievement through service [0.17]', () => {
  const count = (goals: readonly GoalWithUse[]) => {
    const lift = new LiftCount(question);
    for (const each of goals) lift.add(each);
    return lift.result();
  };

  it('compares who used the service by day 14 with who had not, by achievement within 60 days', () => {
    const { lift, users, others } = count([
      goal(10, 40, 9, 24),
      goal(10, 70, 10),
      goal(10, 71, 12),
      goal(10, null, 14),
      goal(10, 40, 9, 25),
      goal(10, null),
    ]);
    expect([users, others]).toEqual([
      { achieved: 2, n: 4 },
      { achieved: 1, n: 2 },
    ]);
    expect(lift).toMatchObject({ value: 0, n: 6, class: 'OUTCOME', partial: false, notes: [] });
    expect(lift.method).toContain('an association');
  });

  it('leaves out who achieved before it was known whether she is a user, and who has not had her time', () => {
    const { lift, users, others } = count([
      goal(10, 24, 12),
      goal(10, 24),
      goal(10, 25, 12),
      goal(40, null),
      goal(41, 60, 42),
      goal(101, null),
    ]);
    expect([users, others]).toEqual([
      { achieved: 1, n: 1 },
      { achieved: 0, n: 1 },
    ]);
    expect(lift).toMatchObject({
      value: 1,
      partial: true,
      notes: ['1 pending: confirmed less than 60 days ago', '2 achieved by day 14: in neither group'],
    });
    expect(count([goal(10, 40, 12)]).lift).toMatchObject({ value: null, reasonNull: 'NO_BASE' });
  });

  it('by assignment counts from the later of confirmation and first decision, whatever she used', () => {
    const customers = new Map<string, Assignment>([
      ...Array.from({ length: 40 }, (_, n) => [`t${n}`, { day: 20, held: false }] as const),
      ...Array.from({ length: 40 }, (_, n) => [`h${n}`, { day: 20, held: true }] as const),
    ]);
    const assigned = new AssignedLiftCount({ holdoutId: 'h', share: 0.5, customers }, question);
    for (let n = 0; n < 36; n++) {
      assigned.add(`t${n}`, goal(10, n < 27 ? 80 : 81));
      assigned.add(`h${n}`, goal(10, n < 9 ? 20 : null));
    }
    // Confirmed after the decision; achieved before it; not watched long enough; of neither arm.
    assigned.add('t36', goal(30, 90));
    assigned.add('t37', goal(10, 19));
    assigned.add('t38', goal(41, null));
    assigned.add('nobody', goal(10, 30));
    expect(assigned.result()).toMatchObject({
      holdoutId: 'h',
      treated: { achieved: 28, n: 37 },
      heldOut: { achieved: 9, n: 36 },
      lift: {
        value: 28 / 37 - 9 / 36,
        partial: true,
        method: expect.stringContaining('by assignment'),
        notes: ['1 pending: watched less than 60 days', '1 confirmed after their first decision: proposals may have had a part in that'],
      },
    });
  });
});
