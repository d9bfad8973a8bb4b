import { BEGINNING, type Position } from '@tsunagari/contracts';
import type { Deployment } from './deployment';
import { schemaOf } from './hosting';
import { projectionsOf } from './services';

/**
 * How far the read models of a process stand, as those that keep them have written down: for a tool beside a running deployment.
 * `BEGINNING` when nobody has kept any yet.
 */
export async function readModelsAt(deployment: Deployment): Promise<Position> {
  const definitions = projectionsOf(deployment);
  const schema = schemaOf(deployment.process);
  const there = await deployment.pool.query<{ there: boolean }>('select to_regclass($1) is not null as there', [`${schema}.checkpoints`]);
  if (!there.rows[0]?.there) return BEGINNING;
  const { rows } = await deployment.pool.query<{ pos: Position | null }>(
    `select min(c.pos) as pos from ${schema}.checkpoints c join ${schema}.projections p on (p.name, p.generation) = (c.reader, c.generation)
     where p.live and (p.name, p.version) in (select * from unnest($1::text[], $2::int[])) having count(distinct p.name) = $3`,
    [definitions.map(({ name }) => name), definitions.map(({ version }) => version), definitions.length],
  );
  return rows[0]?.pos ?? BEGINNING;
}
