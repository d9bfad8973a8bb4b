import { comparePositions, type Position, refusal } from '@tsunagari/contracts';
import type { EventLog } from '@tsunagari/event-log';
import type { Pool, PoolClient } from '@tsunagari/postgres';
import type { Bell } from './bell';
import type { AnyProjection } from './definition';
import type {
  Dropped,
  GenerationChange,
  GenerationCommands,
  GenerationStatus,
  Promoted,
  RebuildRequest,
  RebuildStarted,
  Refused,
} from './generation-face';
import { createGeneration, listGenerations, lockProjection } from './generations';
import { type DefinitionChange, dropGeneration, promoteGeneration } from './promotion';
import { publishDifference } from './signals/difference';
import { inTransaction, quoted } from './schema';

type OperationsContext = {
  readonly pool: Pool;
  readonly schema: string;
  readonly log: EventLog;
  readonly definitions: readonly AnyProjection[];
  /** How far identity is resolved. */
  readonly frontier: () => Promise<Position>;
};

/** What operations do to generations; needs no running runner, but somebody must run one for a build to go on. */
export class Operations implements GenerationCommands {
  constructor(private readonly context: OperationsContext) {}

  generations(): Promise<readonly GenerationStatus[]> {
    return listGenerations(this.context.pool, this.context.schema);
  }

  async startRebuild(projection: string, { by, promotes = true, asOf }: RebuildRequest): Promise<RebuildStarted | Refused> {
    const { pool, schema, log, definitions, frontier } = this.context;
    const definition = definitions.filter(({ name }) => name === projection).sort((a, b) => b.version - a.version)[0];
    if (!definition)
      return refused('UNKNOWN_PROJECTION', 'projection', `one of ${[...new Set(definitions.map(({ name }) => name))].join(', ')}`);
    if (asOf && !/^[a-z][a-z0-9_]{0,20}$/.test(asOf.label))
      return refused('INVALID_FIELD', 'asOf.label', 'lower case letters, digits and underscores, at most 21, a letter first');
    if (asOf && comparePositions(asOf.position, await log.head()) > 0)
      return refused('INVALID_FIELD', 'asOf.position', 'a position that the log has reached');
    const bound = asOf?.position ?? (await frontier());
    return inTransaction(pool, async (client): Promise<RebuildStarted | Refused> => {
      await lockProjection(client, schema, projection);
      const { rows } = await client.query<{ generation: number; label: string | null }>(
        `select generation, label from ${quoted(schema)}.projections where name = $1 and (label = $2 or ($2::text is null and label is null
          and phase in ('building', 'catching-up', 'verifying')))`,
        [projection, asOf?.label ?? null],
      );
      const [other] = rows;
      if (other)
        return refused(
          'REBUILD_RUNNING',
          other.label === null ? 'projection' : 'asOf.label',
          other.label === null
            ? `one rebuild of ${projection} at a time; generation ${other.generation} is being built`
            : `a name that no generation has; generation ${other.generation} is called ${other.label}`,
          other.label === null ? 'wait for it, or drop it' : 'take another name, or drop it',
        );
      const generation = await createGeneration(client, schema, definition, {
        bound,
        promotes: promotes && !asOf,
        actor: by,
        ...(asOf ? { label: asOf.label } : {}),
      });
      return { kind: 'started', generation };
    });
  }

  promote(
    projection: string,
    generation: number,
    request: { by: string; acceptDifference?: boolean | undefined },
  ): Promise<Promoted | Refused> {
    return promoteGeneration(this.context.pool, this.context.schema, projection, generation, {
      ...request,
      onDefinitionChanged: this.publish,
    });
  }

  rollBack(projection: string, { by }: { by: string }): Promise<Promoted | Refused> {
    return promoteGeneration(this.context.pool, this.context.schema, projection, undefined, {
      by,
      isRollback: true,
      onDefinitionChanged: this.publish,
    });
  }

  drop(projection: string, generation: number): Promise<Dropped | Refused> {
    return dropGeneration(this.context.pool, this.context.schema, projection, generation);
  }

  private readonly publish = (client: PoolClient, change: DefinitionChange): Promise<void> => {
    const { schema, definitions } = this.context;
    const definition = definitions.find(({ name, version }) => name === change.projection && version === change.to.version);
    return definition ? publishDifference(client, schema, definition, change) : Promise.resolve();
  };

  /** Until a generation has taken the live one's place, or cannot. */
  async ended(
    projection: string,
    generation: number,
    moved: Bell,
    onProgress: (status: GenerationStatus) => void = () => undefined,
  ): Promise<Promoted | Refused> {
    for (;;) {
      const heard = moved.count;
      const status = (await this.generations()).find((each) => each.projection === projection && each.generation === generation);
      if (!status)
        return refused('UNKNOWN_GENERATION', null, `generation ${generation} of ${projection} stays until it is promoted; it was dropped`);
      onProgress(status);
      if (status.live) return { kind: 'promoted', generation, replaced: status.replaced, position: status.position };
      if (status.phase === 'failed') return refused('GENERATION_NOT_READY', null, status.error ?? 'a generation that can be built');
      if (status.phase === 'differs' || (status.phase === 'ready' && !status.promotes))
        return this.promote(projection, generation, { by: 'system:understanding' });
      await moved.wait(heard, 100);
    }
  }

  /** Tells what happened to generations, each at least once. */
  async recordChanges(record: ((id: string, change: GenerationChange) => Promise<void>) | undefined): Promise<void> {
    const table = `${quoted(this.context.schema)}.generation_changes`;
    const { rows } = await this.context.pool.query<{ id: string; change: GenerationChange }>(
      `select id, change from ${table} order by made`,
    );
    for (const { id, change } of rows) {
      await record?.(id, change);
      await this.context.pool.query(`delete from ${table} where id = $1`, [id]);
    }
  }
}

function refused(...given: Parameters<typeof refusal>): Refused {
  return { kind: 'refused', refusal: refusal(...given) };
}
