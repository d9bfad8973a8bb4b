import type { PoolClient } from '@tsunagari/postgres';
import type { AnyProjection } from '../definition';
import type { DefinitionChange } from '../promotion';
import { quoted } from '../schema';
import { emit, type Emitted } from './outbox';

const BATCH = 1000;

/**
 * Tells once what another definition sees otherwise: for every customer whose state became another one, what the new definition says
 * of the change from the old state to the new one. In the promotion's transaction, both generations standing at one position.
 */
export async function publishDifference(
  client: PoolClient,
  schema: string,
  definition: AnyProjection,
  { projection, from, to, position }: DefinitionChange,
): Promise<void> {
  if (!definition.signals && !definition.publishes) return;
  const table = (generation: number): string => `${quoted(schema)}."${projection}_g${generation}"`;
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const { rows } = await client.query<{ key: string; before: unknown; after: unknown }>(
      `select key, o.state::json as before, n.state::json as after from ${table(from.generation)} o full join ${table(to.generation)} n using (key)
       where key > $1 and o.state is distinct from n.state order by key limit ${BATCH}`,
      [after],
    );
    const emitted = rows.flatMap((row): Emitted[] => {
      const shared = { projection, version: to.version, customer: row.key, at: position, cause: 'definition' as const, evidence: [] };
      const evidence = { customer: row.key, position, cause: 'definition' as const, facts: [] };
      const drafts = definition.signals?.(row.before ?? undefined, row.after ?? undefined, evidence) ?? [];
      return [
        ...drafts.map((draft) => ({ ...shared, ...draft, topic: 'signals' as const })),
        ...(definition.publishes
          ? [{ ...shared, topic: 'state' as const, kind: projection, data: row.after === null ? null : definition.publishes(row.after) }]
          : []),
      ];
    });
    await emit(client, schema, emitted);
    const last = rows.at(-1);
    if (!last || rows.length < BATCH) return;
    after = last.key;
  }
}
