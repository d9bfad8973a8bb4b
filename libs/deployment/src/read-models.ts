import { BEGINNING, type Position } from '@tsunagari/contracts';
import type { Deployment } from './deployment';
import { schemaOf } from './hosting';
import { projectionNames, projectionsOf } from './services';

/**
 * How far the read models of a process stand, those included whose definition is data, as those that keep them have written down: for a tool
 * beside a running deployment.
 * `BEGINNING` when nobody has kept any yet.
 */
export async function readModelsAt(deployment: Deployment): Promise<Position> {
  const definitions = projectionsOf(deployment);
  const names = projectionNames(deployment);
  const schema = schemaOf(deployment.process);
  const there = await deployment.pool.query<{ there: boolean }>('select to_regclass($1) is not null as there', [`${schema}.checkpoints`]);
  if (!there.rows[0]?.there) return BEGINNING;
  const { rows } = await deployment.pool.query<{ pos: Position | null }>(
    `select min(c.pos) as pos from ${schema}.checkpoints c join ${schema}.projections p on (p.name, p.generation) = (c.reader, c.generation)
     left join unnest($2::text[], $3::int[]) d(name, version) on d.name = p.name
     where p.live and p.name = any($1) and (d.version is null or d.version = p.version) having count(distinct p.name) = $4`,
    [names, definitions.map(({ name }) => name), definitions.map(({ version }) => version), names.length],
  );
  return rows[0]?.pos ?? BEGINNING;
}
