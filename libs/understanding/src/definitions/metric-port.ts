import { type AnswersOf, comparePositions, type metricsPort } from '@tsunagari/contracts';
import type { EventLog, Journal } from '@tsunagari/event-log';
import type { EventStore } from '@tsunagari/event-store';
import type { ProjectionRunner } from '@tsunagari/projection';
import type { Pool } from 'pg';
import { dayNumberOf } from '../calendar';
import { lastClosedDay } from '../days/close-days';
import { isUnanswered } from '../days/unanswered';
import { latestModel } from '../lifetime-value/model';
import { definitionBook } from './definition-book';
import { metricAnswers } from './metric-answers';

/** Answers defined metrics to other contexts. `pool` is the read models' database. */
export function metricsOfDefinitions({
  pool,
  store,
  log,
  journal,
  projections,
  timeZone,
}: {
  readonly pool: Pool;
  readonly store: EventStore;
  readonly log: Pick<EventLog, 'read' | 'readUnparsed'>;
  readonly journal: Pick<Journal, 'positionAt'>;
  readonly projections: Pick<ProjectionRunner, 'status' | 'identity'>;
  readonly timeZone: string;
}): AnswersOf<typeof metricsPort> {
  const metricOf = metricAnswers({ pool, log, journal, identity: projections.identity, timeZone });
  const known = {
    definitions: () => definitionBook(store),
    model: () => latestModel(store),
    lastDay: async () => {
      const day = await lastClosedDay(store);
      return day === null ? null : dayNumberOf(day);
    },
  };
  return {
    async valueOf({ metricId, period }) {
      // The position is read first: what is answered is at least as new.
      const status = await projections.status();
      const answer = await metricOf(metricId, period, known);
      if (answer === null) return { kind: 'undefined' };
      if (isUnanswered(answer)) return { kind: 'unanswered', why: answer.rule ?? `${answer.message} ${answer.remedy ?? ''}`.trim() };
      const { reads, ci, notes, ...metric } = answer;
      const positions = status.projections.filter(({ name }) => reads.some((each) => each === name)).map(({ position }) => position);
      const position = [...positions, status.identity].reduce((least, own) => (comparePositions(own, least) < 0 ? own : least));
      return { kind: 'measured', ...metric, ci: ci && { ...ci }, notes: [...notes], position };
    },
  };
}
