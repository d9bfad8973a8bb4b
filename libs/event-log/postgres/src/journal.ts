import type { Journal, JournalRead } from '@tsunagari/event-log';
import type { Pool } from '@tsunagari/postgres';
import type { Statement } from './fact-rows';
import { FACT_COLUMNS, queryFacts } from './fact-rows';

/** A condition left out is null. Subject by subject, so that the plan is a look-up in (subject, pos) however many there are. */
const known = `from unnest($1::uuid[]) s(subject) cross join lateral (
    select * from events where events.subject = s.subject and ($2::bigint is null or pos <= $2)
      and ($3::text[] is null or type = any ($3)) and ($4::timestamptz is null or occurred <= $4)
    offset 0) e`;

const statements = {
  bySubjects: { name: 'tsunagari-journal-subjects-1', text: `select ${FACT_COLUMNS} ${known} order by e.pos` },
  timeline: {
    name: 'tsunagari-journal-timeline-1',
    text: `select ${FACT_COLUMNS} ${known} where $5::timestamptz is null or (e.occurred, e.id) < ($5, $6::uuid)
      order by e.occurred desc, e.id desc limit $7`,
  },
  byIds: { name: 'tsunagari-journal-ids-1', text: `select ${FACT_COLUMNS} from events e where e.id = any ($1) order by e.pos` },
} satisfies Record<string, Statement>;

/** The journal over PostgreSQL is the table `events` itself, by its index on (subject, pos). Unknown subjects and ids have no facts. */
export function postgresJournal({ pool }: { readonly pool: Pool }): Journal {
  return {
    bySubjects: (read) => queryFacts(pool, statements.bySubjects, conditions(read)),

    async timeline(read) {
      const { first, before } = read;
      const facts = await queryFacts(pool, statements.timeline, [
        ...conditions(read),
        before?.occurred ?? null,
        before?.id ?? null,
        first + 1,
      ]);
      return { facts: facts.slice(0, first), hasMore: facts.length > first };
    },

    byIds: (ids) => queryFacts(pool, statements.byIds, [[...new Set(ids)]]),
  };
}

function conditions(read: JournalRead): unknown[] {
  return [[...new Set(read.subjects)], read.upTo ?? null, read.types ?? null, read.occurredBy ?? null];
}
