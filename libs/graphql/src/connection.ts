import { createHash } from 'node:crypto';
import { failure } from './failures';

/** The most rows of one page. */
export const PAGE_LIMIT = 100;

/** Where a page ended. The generation is that of the read model: a cursor does not outlive it. */
export type Cursor = {
  /** The values the page is sorted by, in the order of the sort. */
  readonly key: readonly (string | number | null)[];
  readonly id: string;
  readonly generation?: string;
};

export type Page = { readonly limit: number; readonly after: Cursor | null };

export type Connection<Node> = {
  edges: { cursor: string; node: Node }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
};

const CHECKSUM_LENGTH = 8;

/** A cursor as opaque text with a checksum: what was cut or edited is refused instead of read as another place. */
export function encodeCursor(cursor: Cursor): string {
  const body = JSON.stringify([cursor.key, cursor.id, cursor.generation ?? null]);
  return Buffer.from(checksum(body) + body, 'utf8').toString('base64url');
}

/** Throws BAD_USER_INPUT for anything {@link encodeCursor} did not write. */
export function decodeCursor(text: string, field = 'after'): Cursor {
  const raw = Buffer.from(text, 'base64url').toString('utf8');
  const body = raw.slice(CHECKSUM_LENGTH);
  if (body === '' || checksum(body) !== raw.slice(0, CHECKSUM_LENGTH))
    throw failure('BAD_USER_INPUT', 'This is not a cursor of this API.', { field, rule: 'a cursor as pageInfo or an edge returned it' });
  const [key, id, generation] = JSON.parse(body) as [(string | number | null)[], string, string | null];
  return generation === null ? { key, id } : { key, id, generation };
}

/**
 * Reads `first` and `after`. Throws BAD_USER_INPUT when `first` is not within 1 to 100, CURSOR_EXPIRED when the cursor is of
 * another generation than the read model's current one.
 */
export function pageOf(args: { first: number; after?: string | null | undefined }, generation?: string): Page {
  if (args.first < 1 || args.first > PAGE_LIMIT)
    throw failure('BAD_USER_INPUT', `first is ${args.first}.`, {
      field: 'first',
      rule: `from 1 to ${PAGE_LIMIT}`,
      remedy: 'Ask for the next page with after.',
    });
  if (args.after == null) return { limit: args.first, after: null };
  const after = decodeCursor(args.after);
  if (after.generation !== generation)
    throw failure('CURSOR_EXPIRED', 'The read model was rebuilt since this cursor was given.', {
      field: 'after',
      remedy: 'Begin again at the first page.',
    });
  return { limit: args.first, after };
}

/** A connection out of at most `limit + 1` rows: read one more than the page holds, and the next page is known to exist. */
export function connectionOf<Row>(rows: readonly Row[], page: Page, cursorOf: (row: Row) => Cursor): Connection<Row> {
  const edges = rows.slice(0, page.limit).map((node) => ({ cursor: encodeCursor(cursorOf(node)), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > page.limit,
      hasPreviousPage: page.after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

function checksum(body: string): string {
  return createHash('sha256').update('tsunagari cursor 1').update(body).digest('hex').slice(0, CHECKSUM_LENGTH);
}
