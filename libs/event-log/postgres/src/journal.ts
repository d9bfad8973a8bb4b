import type { Journal, JournalRead } from '@tsunagari/event-log';
import { type Pool, queryText, type Statement } from '@tsunagari/postgres';
import { BEGINNING } from '@tsunagari/contracts';
import { FACT_COLUMNS, queryFacts } from './fact-rows';
import type { FactTable } from './fact-table';
import { factTable } from './fact-table';

type Statements = Readonly<Record<'bySubjects' | 'timeline' | 'inSubjectOrder' | 'positionAt' | 'byIds', Statement>>;

function statementsOf({ events, prefix }: FactTable): Statements {
  /** A condition left out is null. Subject by subject, so that the plan is a look-up in (subject, pos) however many there are. */
  const known = `from unnest($1::uuid[]) s(subject) cross join lateral (
    select * from ${events} f where f.subject = s.subject and ($2::bigint is null or pos <= $2)
      and ($3::text[] is null or type = any ($3)) and ($4::timestamptz is null or occurred <= $4)
    offset 0) e`;
  return {
    bySubjects: { name: `${prefix}journal-subjects-1`, text: `select ${FACT_COLUMNS} ${known} order by e.pos` },
    timeline: {
      name: `${prefix}journal-timeline-1`,
      text: `select ${FACT_COLUMNS} ${known} where $5::timestamptz is null or (e.occurred, e.id) < ($5, $6::uuid)
      order by e.occurred desc, e.id desc limit $7`,
    },
    /** The index on (subject, pos) from a place on. */
    inSubjectOrder: {
      name: `${prefix}journal-order-1`,
      text: `select ${FACT_COLUMNS} from ${events} e where (e.subject, e.pos) > ($1::uuid, $2::bigint) and ($3::bigint is null or e.pos <= $3)
      and ($4::text[] is null or e.type = any ($4)) and ($5::timestamptz is null or e.occurred <= $5) order by e.subject, e.pos limit $6`,
    },
    /** By halves over the primary key: `low` is known to be recorded by then, what is above `high` is not. */
    positionAt: {
      name: `${prefix}journal-position-at-1`,
      text: `with recursive search(low, high) as (
        select 0::bigint, coalesce((select max(pos) from ${events}), 0)
        union all
        select case when e.recorded <= $1 then e.pos else s.low end, case when e.recorded <= $1 then s.high else (s.low + s.high + 1) / 2 - 1 end
        from search s left join lateral
          (select pos, recorded from ${events} where pos >= (s.low + s.high + 1) / 2 and pos <= s.high order by pos limit 1) e on true
        where s.low < s.high
      ) select max(low)::text from search`,
    },
    byIds: { name: `${prefix}journal-ids-1`, text: `select ${FACT_COLUMNS} from ${events} e where e.id = any ($1) order by e.pos` },
  };
}

export type PostgresJournalOptions = {
  readonly pool: Pool;
  /** The schema of a journal that is filled from another log; by default the event store's own table. */
  readonly schema?: string;
};

/** The journal over PostgreSQL is the table `events` itself, by its index on (subject, pos). Unknown subjects and ids have no facts. */
export function postgresJournal({ pool, schema }: PostgresJournalOptions): Journal {
  const statements = statementsOf(factTable(schema));
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

    inSubjectOrder: ({ after, upTo, types, occurredBy, limit }) =>
      queryFacts(pool, statements.inSubjectOrder, [
        after?.subject ?? '00000000-0000-0000-0000-000000000000',
        after?.position ?? BEGINNING,
        upTo ?? null,
        types ?? null,
        occurredBy ?? null,
        limit,
      ]),

    async positionAt(recordedBy) {
      const [row] = await queryText<[string | null]>(pool, statements.positionAt, [recordedBy]);
      return row?.[0] ?? BEGINNING;
    },

    byIds: (ids) => queryFacts(pool, statements.byIds, [[...new Set(ids)]]),
  };
}

function conditions(read: JournalRead): unknown[] {
  return [[...new Set(read.subjects)], read.upTo ?? null, read.types ?? null, read.occurredBy ?? null];
}
