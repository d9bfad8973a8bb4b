import { behaviourRecorded } from '@tsunagari/contracts';
import type { Journal } from '@tsunagari/event-log';
import { achievementLift, achievementLiftByAssignment, type Asked, calendarOf, type Metric, type SampleRatio } from '@tsunagari/metrics';
import type { IdentityReader } from '@tsunagari/projection';
import type { Pool } from 'pg';
import type { DayNumber } from '../calendar';
import type { FactBound } from '../definitions/metrics-of-facts.query';
import { pagesByKey } from '../pages-by-key';
import { LIVE, type Tables } from '../read-models';
import { factsOfCustomers } from '../replay/customers-with-facts';
import { momentsOf } from '../retention/retention-of-events.query';
import type { Holdout } from './holdout-assignments.query';
import type { OutcomesState } from './outcomes.projection';

export type LiftQuestion = {
  readonly purposeId: string;
  /** Only uses that are called so; null: any. */
  readonly use: string | null;
  /** A goal may take so many days. */
  readonly withinDays: number;
  /** Whoever used the service within so many days of confirmation is a user; fewer than `withinDays`. */
  readonly usedWithinDays: number;
  /** The last day that is known. */
  readonly asOf: DayNumber;
};

/** A goal of one customer: the day of its confirmation, that of its achievement, and the days on which she used the service. */
export type GoalWithUse = { readonly confirmed: DayNumber; readonly achieved: DayNumber | null; readonly uses: readonly DayNumber[] };

type Arm = { achieved: number; n: number };

/**
 * Achievement of users less that of others among confirmed goals. Who is a user is known `usedWithinDays` after confirmation, and goals that
 * were achieved by then are in neither group: whoever comes far has had more time to use, and would count for the use. An association. Pure.
 */
export class LiftCount {
  private readonly arms: Readonly<Record<'users' | 'others', Arm>> = { users: { achieved: 0, n: 0 }, others: { achieved: 0, n: 0 } };
  private pending = 0;
  private early = 0;

  constructor(private readonly question: Pick<LiftQuestion, 'withinDays' | 'usedWithinDays' | 'asOf'>) {}

  add({ confirmed, achieved, uses }: GoalWithUse): void {
    const { withinDays, usedWithinDays, asOf } = this.question;
    if (confirmed > asOf) return;
    const known = confirmed + usedWithinDays;
    if (confirmed + withinDays > asOf) this.pending += 1;
    else if (achieved !== null && achieved <= known) this.early += 1;
    else {
      const arm = this.arms[uses.some((day) => day >= confirmed && day <= known) ? 'users' : 'others'];
      arm.n += 1;
      if (achieved !== null && achieved <= confirmed + withinDays) arm.achieved += 1;
    }
  }

  result(asked: Asked = {}): { readonly lift: Metric; readonly users: Readonly<Arm>; readonly others: Readonly<Arm> } {
    const { withinDays, usedWithinDays } = this.question;
    const { users, others } = this.arms;
    const lift = achievementLift({ ...asked, partial: this.pending > 0 }, users, others, false);
    return {
      lift: {
        ...lift,
        method: `${lift.method}; achieved within ${withinDays} days of confirmation, users by day ${usedWithinDays}`,
        notes: [
          ...(this.pending > 0 ? [`${this.pending} pending: confirmed less than ${withinDays} days ago`] : []),
          ...(this.early > 0 ? [`${this.early} achieved by day ${usedWithinDays}: in neither group`] : []),
        ],
      },
      users,
      others,
    };
  }
}

/**
 * Achievement of those treated less that of those held out, among customers with a confirmed goal that was not achieved before: within
 * `withinDays` of the later of confirmation and assignment, whatever they used (intention to treat). Pure.
 */
export class AssignedLiftCount {
  private readonly arms: Readonly<Record<'treated' | 'heldOut', Arm>> = { treated: { achieved: 0, n: 0 }, heldOut: { achieved: 0, n: 0 } };
  private pending = 0;
  private confirmedLater = 0;

  constructor(
    private readonly holdout: Holdout,
    private readonly question: Pick<LiftQuestion, 'withinDays' | 'asOf'>,
  ) {}

  add(customer: string, { confirmed, achieved }: Omit<GoalWithUse, 'uses'>): void {
    const assigned = this.holdout.customers.get(customer);
    const { withinDays, asOf } = this.question;
    if (assigned === undefined) return;
    const from = Math.max(confirmed, assigned.day);
    if (from > asOf || (achieved !== null && achieved < from)) return;
    if (from + withinDays > asOf) {
      this.pending += 1;
      return;
    }
    if (confirmed > assigned.day) this.confirmedLater += 1;
    const arm = this.arms[assigned.held ? 'heldOut' : 'treated'];
    arm.n += 1;
    if (achieved !== null && achieved <= from + withinDays) arm.achieved += 1;
  }

  result(asked: Asked = {}): HoldoutLift {
    const { holdoutId, share } = this.holdout;
    const { treated, heldOut } = this.arms;
    const weights = [1 - share, share] as const;
    const lift = achievementLiftByAssignment({ ...asked, partial: this.pending > 0 }, treated, heldOut, { weights });
    const notes = [
      ...lift.notes,
      ...(this.pending > 0 ? [`${this.pending} pending: watched less than ${this.question.withinDays} days`] : []),
      ...(this.confirmedLater > 0
        ? [`${this.confirmedLater} confirmed after their first decision: proposals may have had a part in that`]
        : []),
    ];
    return { holdoutId, treated, heldOut, lift: { ...lift, notes } };
  }
}

export type HoldoutLift = {
  readonly holdoutId: string;
  readonly treated: Readonly<Arm>;
  readonly heldOut: Readonly<Arm>;
  readonly lift: Metric & { readonly sampleRatio: SampleRatio };
};

export type AchievementThroughService = ReturnType<LiftCount['result']> & { readonly holdouts: readonly HoldoutLift[] };

const PAGE = 500;
const rowsOf = ({ outcomes }: Tables): string => `select key, state->'purposes' as purposes from ${outcomes}
  where string_to_array(purposes, ' ') @> array[$3::text] and key > $1 order by key limit $2`;

/**
 * Whether customers reach a purpose through using a service (0.17), over everybody with a confirmed goal of it: goals from the read model,
 * uses from the journal, both in pages. As of a moment uses and whose they are up to its position.
 */
export async function achievementThroughService(
  reads: { readonly pool: Pool; readonly journal: Pick<Journal, 'bySubjects'>; readonly identity: Pick<IdentityReader, 'subjectsOf'> },
  question: LiftQuestion,
  holdouts: readonly Holdout[],
  timeZone: string,
  { tables = LIVE, bound = {} }: { readonly tables?: Tables; readonly bound?: FactBound } = {},
): Promise<AchievementThroughService> {
  const dayAt = calendarOf(timeZone);
  const lift = new LiftCount(question);
  const byAssignment = holdouts.map((holdout) => new AssignedLiftCount(holdout, question));
  const event = { kind: 'USE' as const, ...(question.use === null ? {} : { name: question.use }) };
  const pages = pagesByKey<{ key: string } & OutcomesState>(reads.pool, rowsOf(tables), { size: PAGE, values: [question.purposeId] });
  for await (const rows of pages) {
    const facts = await factsOfCustomers(
      reads,
      rows.map(({ key }) => key),
      [behaviourRecorded.type],
      bound.upTo,
    );
    for (const { key, purposes } of rows) {
      const { confirmed = null, achieved = null } = purposes[question.purposeId] ?? {};
      if (confirmed === null) continue;
      lift.add({ confirmed, achieved, uses: momentsOf(facts.get(key) ?? [], event).map(dayAt) });
      for (const count of byAssignment) count.add(key, { confirmed, achieved });
    }
  }
  return { ...lift.result(), holdouts: byAssignment.map((count) => count.result()) };
}
