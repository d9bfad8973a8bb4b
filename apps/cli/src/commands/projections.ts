import { quantity, table } from '@tsunagari/deployment';
import type { Dropped, GenerationCommands, Promoted, Refused } from '@tsunagari/projection';
import { answer, type Call, type ExitCode, UsageError, withServices, type Command } from '../command';

export const projectionsCommand: Command = {
  usage: 'projections <list|promote|rollback|drop> …',
  summary: 'the generations of every read model: which is live, which stands beside it',
  help: `projections list
projections promote <projection> <generation>   makes it the live one, while reads go on
projections rollback <projection>               goes back to the generation that the live one replaced
projections drop <projection> <generation>      removes one that is not live

A generation that differs from its second fold is promoted with --accept-difference only.`,
  options: { 'accept-difference': { type: 'boolean', what: 'promotes although it differs: it is the live one that is wrong' } },
  async run(call) {
    const [verb, projection, number, ...more] = call.positionals;
    return withServices(async ({ runner }) => {
      if (verb === 'list' && projection === undefined) return list(call, runner);
      if (projection === undefined || more.length > 0) throw new UsageError('projections takes list, promote, rollback or drop');
      const by = 'user:cli';
      if (verb === 'rollback' && number === undefined) return told(call, await runner.rollBack(projection, { by }));
      const generation = Number(number);
      if (!Number.isInteger(generation)) throw new UsageError(`${verb} takes a projection and the number of a generation`);
      if (verb === 'promote')
        return told(
          call,
          await runner.promote(projection, generation, { by, acceptDifference: call.options['accept-difference'] === true }),
        );
      if (verb === 'drop') return told(call, await runner.drop(projection, generation));
      throw new UsageError('projections takes list, promote, rollback or drop');
    });
  },
};

async function list(call: Call, runner: GenerationCommands): Promise<ExitCode> {
  const generations = await runner.generations();
  const rows = generations.map((each) => [
    each.projection,
    `${each.version}.${each.generation}`,
    each.live ? 'live' : each.label === null ? each.phase : `as of ${each.upTo} (${each.label})`,
    each.phase === 'building' ? `${Math.floor(each.done * 100)} %` : each.position,
    each.followed ? 'yes' : each.label === null ? 'no' : '–',
    quantity(each.customers),
    each.verification === null ? '–' : each.verification.equal ? 'equal' : 'differs',
    quantity(each.parked),
  ]);
  answer(
    call,
    generations,
    rows.length === 0
      ? 'No read models yet: start the platform once with `npm start`.'
      : table(['projection', 'version', 'state', 'position', 'folded', 'built', 'second fold', 'parked'], rows),
  );
  return generations.some(({ phase }) => phase === 'failed' || phase === 'differs') ? 1 : 0;
}

function told(call: Call, outcome: Promoted | Dropped | Refused): ExitCode {
  if (outcome.kind === 'refused') {
    const { code, rule, remedy } = outcome.refusal;
    answer(call, outcome, `✗ ${code}: ${rule}${remedy === null ? '' : ` (${remedy})`}`);
    return 1;
  }
  answer(
    call,
    outcome,
    outcome.kind === 'dropped'
      ? `✓ generation ${outcome.generation} is gone`
      : `✓ generation ${outcome.generation} is live${outcome.replaced === null ? '' : `, in place of ${outcome.replaced}`}`,
  );
  return 0;
}
