import { type Connection, connectionOf, type Cursor, pageOf } from './connection';

/** What a list needs of a read model: `ReadModelReader` of libs/projection has it. */
export type Listed<Row extends { readonly key: string }> = {
  readonly generation: string;
  page(query: {
    readonly where?: Where;
    readonly orderBy?: string;
    readonly descending?: boolean;
    readonly after?: { readonly key: Cursor['key']; readonly id: string } | null;
    readonly limit: number;
  }): Promise<readonly Row[]>;
  count(where?: Where): Promise<number>;
  cursorOf(row: Row): Cursor;
};

type Where = Readonly<Record<string, string | number | boolean | null | readonly (string | number)[]>>;

/**
 * A page of aggregates: which ones, and in which order, by the read model; each as it stands, by the loader of single aggregates. So a
 * list never shows a state older than the aggregate's own page.
 */
export async function listed<Row extends { readonly key: string }, Node>(
  reader: Listed<Row>,
  loader: { loadMany(keys: readonly string[]): Promise<readonly (Node | null | Error)[]> },
  args: { readonly first: number; readonly after?: string | null | undefined },
  query: { readonly where?: Where; readonly orderBy?: string; readonly descending?: boolean } = {},
): Promise<Connection<Node> & { readonly totalCount: number }> {
  const page = pageOf(args, reader.generation);
  const [rows, totalCount] = await Promise.all([
    reader.page({ ...query, after: page.after, limit: page.limit }),
    reader.count(query.where ?? {}),
  ]);
  const { edges, pageInfo } = connectionOf(rows, page, (row) => reader.cursorOf(row));
  const nodes = await loader.loadMany(edges.map(({ node }) => node.key));
  return {
    pageInfo,
    totalCount,
    edges: edges.flatMap(({ cursor }, n) => {
      const node = nodes[n];
      if (node instanceof Error) throw node;
      return node ? [{ cursor, node }] : [];
    }),
  };
}
