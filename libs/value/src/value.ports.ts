import type { CommandPath } from '@tsunagari/command';
import { type AnswersOf, goalPort } from '@tsunagari/contracts';
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
