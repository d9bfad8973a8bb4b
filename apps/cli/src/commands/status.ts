import { comparePositions, type Position } from '@tsunagari/contracts';
import { duration, quantity, table } from '@tsunagari/deployment';
import type { ProjectionStatus } from '@tsunagari/projection';
import { currentScores, lastClosedDay, latestModel } from '@tsunagari/understanding';
import { answer, openAccess, openIntake, UsageError, withServices, type Command } from '../command';

export const statusCommand: Command = {
  usage: 'status',
  summary: 'how far the log, the projections and the model are',
  help: 'Reads only. Works beside a running platform and without one.',
  async run(call) {
    if (call.positionals.length > 0) throw new UsageError('status takes no word');
    return withServices(async ({ runner }, deployment) => {
      const { head, identity, projections, halted } = await runner.status();
      const [day, model, scores] = [
        await lastClosedDay(deployment.store),
        await latestModel(deployment.store),
        await currentScores(deployment.pool),
      ];
      const intake = openIntake(deployment, await openAccess(deployment));
      const held = await intake.quarantine.list({ limit: 100 });
      const value = {
        database: deployment.configuration.databaseUrl === undefined ? 'embedded' : 'DATABASE_URL',
        head,
        identity,
        projections,
        halted: halted ?? null,
        lastClosedDay: day,
        model:
          model === null
            ? null
            : { modelId: model.modelId, kind: model.transactions.kind, asOfDay: model.asOfDay, customers: model.customers },
        scored: scores === null ? null : { modelId: scores.modelId, customers: scores.customers },
        quarantined: held.entries.length,
      };
      const rows = projections.map(({ name, version, generation, position, lagMs, parked, rebuilding }) => [
        name,
        `${version}.${generation}`,
        position,
        standOf({ position, lagMs, rebuilding }, head),
        quantity(parked),
      ]);
      answer(
        call,
        value,
        [
          `log           ${head} facts, identity resolved to ${identity}`,
          `last day      ${day ?? 'none closed'}`,
          `model         ${model === null ? 'none fitted' : `${model.transactions.kind} of ${model.asOfDay} over ${quantity(model.customers)} customers`}`,
          `quarantine    ${held.entries.length === 100 ? '100 or more' : quantity(held.entries.length)} held`,
          '',
          table(['projection', 'version', 'position', 'state', 'parked'], rows),
          ...(halted ? ['', `HALTED: ${halted.explanation} ${halted.remedy}`] : []),
        ].join('\n'),
      );
      return halted || projections.some(({ parked }) => parked > 0) ? 1 : 0;
    });
  },
};

/** By positions, not by age alone: where the deployment's clock stands, nothing ages. */
export function standOf(
  { position, lagMs, rebuilding }: Pick<ProjectionStatus, 'position' | 'lagMs' | 'rebuilding'>,
  head: Position,
): string {
  if (comparePositions(position, head) >= 0) return 'caught up';
  return `${lagMs > 0 ? `${duration(lagMs / 1000)} ` : ''}behind${rebuilding ? ', rebuilding' : ''}`;
}
