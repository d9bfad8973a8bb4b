import type { CommandPath } from '@tsunagari/command';
import type { AnswersOf, definitionUsesPort, goalPort } from '@tsunagari/contracts';
import type { EventStore } from '@tsunagari/event-store';
import type { Keyring } from '@tsunagari/privacy';
import { valueLoads, valueSends } from './aggregates';
import { goalCommands } from './goal/goal.commands';
import type { ValueReaders } from './read-models';

/** What this context answers to others. */
export function goalAnswers(options: {
  readonly path: CommandPath;
  readonly store: EventStore;
  readonly keyring: Keyring;
  readonly readModels: ValueReaders;
  readonly now: () => string;
}): AnswersOf<typeof goalPort> {
  const { path, store, keyring, readModels, now } = options;
  const goals = goalCommands({ send: valueSends(path), load: valueLoads(store), store, keyring });
  return {
    async observe({ idempotencyKey, by, correlationId, ...input }) {
      const result = await goals.observe(input, { idempotencyKey, by, requestId: correlationId, at: now() });
      if (result.kind === 'accepted') return { kind: 'accepted', position: result.position };
      const { code, field, rule } = result.refusal;
      return { kind: 'refused', code, field, rule };
    },
    async ofSubjects({ subjects }) {
      const rows = subjects.length === 0 ? [] : await readModels.goals.page({ where: { subject: subjects, open: true }, limit: 100_000 });
      return {
        goals: rows.flatMap(({ state }) => {
          if (state === null) return [];
          const { goalId, subject, purposeId, status, source, declaredAt, confirmedAt, progress } = state;
          return [{ goalId, subject, purposeId, status, source, declaredAt, confirmedAt, progress }];
        }),
      };
    },
  };
}

/** A page of purposes: a business has some dozens. */
const PURPOSES = 500;

/** Which purposes that still stand watch a metric. */
export function definitionUses(readModels: Pick<ValueReaders, 'purposes'>): AnswersOf<typeof definitionUsesPort> {
  return {
    async of({ kind, definitionId }) {
      const uses: string[] = [];
      if (kind !== 'metric') return { uses };
      let after: ReturnType<ValueReaders['purposes']['cursorOf']> | null = null;
      for (;;) {
        // A page has one row more where there is another one.
        const rows: Awaited<ReturnType<ValueReaders['purposes']['page']>> = await readModels.purposes.page({ after, limit: PURPOSES });
        for (const { key, state } of rows.slice(0, PURPOSES))
          if (state !== null && state.status !== 'retired' && state.resultMetrics.includes(definitionId))
            uses.push(`result metric of purpose ${key}`);
        const last = rows[PURPOSES - 1];
        if (last === undefined || rows.length <= PURPOSES) return { uses };
        after = readModels.purposes.cursorOf(last);
      }
    },
  };
}
