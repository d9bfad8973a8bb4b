import { type Asked, type CommandResult, subjectOf } from '@tsunagari/command';
import { type GoalDeclared, type IdentifierType, type OutcomeObserved, refusal } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import type { Keyring } from '@tsunagari/privacy';
import { daysAfter } from '../calendar';
import type { Loads, Sends } from '../aggregates';
import type { Purpose } from '../purpose/purpose.decider';
import { attributeOf } from './assessment.reactor';
import { isOpen } from './goal.state';

/** The id of the one stream in which the goals of a subject and a purpose are decided. */
export function goalIdOf(subject: string, purposeId: string): string {
  return `${subject}:${purposeId}`;
}

/** The indicator under which goals of a purpose are measured: that of the KPI, else the first that was approved. */
export function measuringIndicator({ kpi, indicators }: Purpose) {
  return (
    indicators.find(({ indicatorId, approved }) => approved !== null && indicatorId === kpi?.indicatorId) ??
    indicators.find(({ approved }) => approved !== null)
  );
}

export type DeclareGoalInput = {
  readonly purposeId: string;
  readonly source: GoalDeclared['source'];
  readonly wish?: string;
} & ({ readonly subject: string } | { readonly customer: { readonly type: IdentifierType; readonly value: string } });

type Assessment = {
  readonly subject: string;
  readonly purposeId: string;
  readonly answers: readonly { readonly question: string; readonly value: number; readonly unit: string }[];
  readonly observedAt: string;
  readonly evidenceId: string;
};

/** What is done with goals, by people, by reactors and by other contexts. */
export function goalCommands({ send, load, store, keyring }: { send: Sends; load: Loads; store: EventStore; keyring: Keyring }) {
  return {
    async declare(input: DeclareGoalInput, asked: Asked): Promise<CommandResult & { goalId?: string }> {
      const { purposeId, source, wish } = input;
      let subject: string;
      let prepare = {};
      if ('subject' in input) subject = input.subject;
      else {
        const named = await subjectOf({ store, keyring }, input.customer, 'customer', asked, 'value');
        if (named.kind === 'refused') return { kind: 'refused', refusal: named.refusal };
        subject = named.subject;
        if (named.prepare) prepare = { prepare: named.prepare };
      }
      const purpose = await load.purpose(purposeId);
      const measured = purpose && measuringIndicator(purpose);
      const goalId = goalIdOf(subject, purposeId);
      const body = { kind: 'DeclareGoal' as const, goalId, subject, purposeId, source, ...(wish === undefined ? {} : { wish }) };
      const indicator = measured?.approved ? { indicatorId: measured.indicatorId, unit: measured.approved.indicator.unit } : null;
      const command = { ...body, indicator, purposeExists: purpose?.status === 'defined' };
      return { ...(await send.goal(goalId, command, asked, body, prepare)), goalId };
    },

    async observe(
      input: { readonly goalId: string; readonly observedAt: string } & Pick<
        OutcomeObserved,
        'value' | 'unit' | 'method' | 'evidenceIds' | 'baseline'
      >,
      asked: Asked,
      body?: object,
    ): Promise<CommandResult> {
      return send.goal(input.goalId, { kind: 'ObserveOutcome', ...input, at: asked.at }, asked, body);
    },

    /**
     * From a self-assessment: the first answer, in the goal's unit, that the goal's indicator reads. Whoever had no open goal of the
     * purpose then, or answered nothing that is measured, is left as she is.
     */
    async observeAssessment({ subject, purposeId, answers, observedAt, evidenceId }: Assessment, asked: Asked): Promise<CommandResult> {
      const nothing: CommandResult = { kind: 'accepted', position: null, version: 0, repeated: false };
      const goal = await load.goal(goalIdOf(subject, purposeId));
      const purpose = goal && isOpen(goal) && observedAt >= goal.declaredAt ? await load.purpose(purposeId) : null;
      const reads = purpose?.indicators.find(({ indicatorId }) => indicatorId === goal?.indicatorId)?.approved?.indicator.reads ?? [];
      const read = answers.find(({ question, unit }) => unit === goal?.unit && reads.includes(attributeOf(question)));
      if (!goal || !read) return nothing;
      const observation = { value: String(read.value), unit: read.unit, method: 'self_report' as const, evidenceIds: [evidenceId] };
      return send.goal(
        goal.goalId,
        { kind: 'ObserveOutcome', goalId: goal.goalId, ...observation, baseline: false, observedAt, at: asked.at },
        asked,
      );
    },

    /** Under the newest approved version of the indicator that the goal is measured by. */
    async evaluate(goalId: string, asOf: string, asked: Asked): Promise<CommandResult> {
      const goal = await load.goal(goalId);
      const purpose = goal && (await load.purpose(goal.purposeId));
      const approved = purpose?.indicators.find(({ indicatorId }) => indicatorId === goal?.indicatorId)?.approved;
      if (!goal || !approved)
        return { kind: 'refused', refusal: refusal('INDICATOR_NOT_APPROVED', 'goalId', 'a goal is evaluated under an approved indicator') };
      const { indicator, indicatorVersion } = approved;
      return send.goal(goalId, { kind: 'EvaluateGoal', goalId, indicator, indicatorVersion, asOf }, asked, {
        kind: 'EvaluateGoal',
        goalId,
      });
    },

    async commit(input: { readonly goalId: string; readonly promiseId: string }, asked: Asked): Promise<CommandResult> {
      const promise = await load.promise(input.promiseId);
      const goal = await load.goal(input.goalId);
      const body = { kind: 'CommitOutcome' as const, ...input };
      const promiseExists = promise !== null && (goal === null || goal.purposeId === promise.purposeId);
      const command = { ...body, promiseExists, dueAt: daysAfter(asked.at, promise?.withinDays ?? 0) };
      return send.goal(input.goalId, command, asked, body);
    },
  };
}

export type GoalCommands = ReturnType<typeof goalCommands>;
