import type { Pool } from 'pg';

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/**
 * The rows of a statement in pages by key: memory does not grow with them. `text` asks for those behind the key `$1`, in its order, at most
 * `$2`; `values` are `$3` and on.
 */
export async function* pagesByKey<R extends { readonly key: string }>(
  pool: Pool,
  text: string,
  { size, values = [], behind }: { readonly size: number; readonly values?: readonly unknown[]; readonly behind?: string | null },
): AsyncGenerator<readonly R[]> {
  let after = behind ?? BEFORE_ALL;
  for (;;) {
    const { rows } = await pool.query<R>(text, [after, size, ...values]);
    if (rows.length > 0) yield rows;
    after = rows.at(-1)?.key ?? after;
    if (rows.length < size) return;
  }
}
