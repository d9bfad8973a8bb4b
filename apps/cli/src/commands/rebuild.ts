import { duration, projectionNames, quantity } from '@tsunagari/deployment';
import type { GenerationStatus } from '@tsunagari/projection';
import { answer, UsageError, withServices, type Command } from '../command';

export const rebuildCommand: Command = {
  usage: 'rebuild <projection>',
  summary: 'builds a read model anew beside the live one, verifies it, and puts it in its place',
  help: `Reads go on all along. It works beside a running platform and without one; stopped, it goes on where it was at the next start.
Exit code 1 when what was built differs from its second fold or from the live one: nothing is promoted then.`,
  options: {
    'no-promote': { type: 'boolean', what: 'leaves the live one in its place; `projections promote` exchanges them' },
    position: { type: 'string', what: 'builds the whole base as of a position, under the name of --label' },
    label: { type: 'string', what: 'the name, lower case' },
  },
  async run(call) {
    return withServices(async ({ runner }, deployment) => {
      const names = projectionNames(deployment);
      const [projection, ...more] = call.positionals;
      const { position, label } = call.options;
      if (projection === undefined || more.length > 0 || !names.includes(projection))
        throw new UsageError(`rebuild takes one of ${names.join(', ')}`);
      if ((position === undefined) !== (label === undefined)) throw new UsageError('--position and --label belong together');
      const started = await runner.start();
      if (started.kind === 'log-differs') {
        answer(call, started, `✗ ${started.explanation} ${started.remedy}`);
        return 1;
      }
      try {
        const request = await runner.startRebuild(projection, {
          by: 'user:cli',
          promotes: call.options['no-promote'] !== true,
          ...(typeof position === 'string' && typeof label === 'string' ? { asOf: { position, label } } : {}),
        });
        if (request.kind === 'refused') {
          answer(call, request, `✗ ${request.refusal.rule}${request.refusal.remedy === null ? '' : `: ${request.refusal.remedy}`}`);
          return 1;
        }
        const ended = await watch(request.generation, () => runner.generations(), projection, call.json);
        const well = ended.phase === 'ready' && (ended.live || !ended.promotes);
        answer(call, ended, `${well ? '✓' : '✗'} ${inWords(ended)}`);
        return well ? 0 : 1;
      } finally {
        await runner.stop();
      }
    });
  },
};

const LOOK_MS = 250;

/** Shows progress on standard error, a line a step, until the generation is promoted or will not be. */
async function watch(
  generation: number,
  generations: () => Promise<readonly GenerationStatus[]>,
  projection: string,
  isSilent: boolean,
): Promise<GenerationStatus> {
  for (let before = ''; ;) {
    const status = (await generations()).find((each) => each.projection === projection && each.generation === generation);
    if (!status) throw new Error(`generation ${generation} of ${projection} was dropped`);
    const line = inWords(status);
    if (!isSilent && line !== before) process.stderr.write(`  ${line}\n`);
    before = line;
    const isOver = status.live || status.phase === 'differs' || status.phase === 'failed' || (status.phase === 'ready' && !status.promotes);
    if (isOver) return status;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Where a generation is, in a line. */
export function inWords(status: GenerationStatus): string {
  const { projection, generation, phase, live, done, facts, customers, factsPerSecond, remainingMs, verification, error } = status;
  const name = `${projection} generation ${generation}`;
  if (phase === 'building') {
    const left = remainingMs === null ? '' : `, ${duration(remainingMs / 1000)} left`;
    return `${name}: ${Math.floor(done * 100)} %, ${quantity(facts)} facts at ${quantity(factsPerSecond)}/s${left}`;
  }
  if (phase === 'failed') return `${name} failed: ${error}`;
  if (phase === 'differs') {
    const differing = [...(verification?.differing ?? []), ...(verification?.differingFromLive ?? [])];
    return `${name} differs for ${differing.slice(0, 5).join(', ')}${differing.length > 5 ? ' …' : ''}; it was not promoted`;
  }
  const built = `${quantity(customers)} customers from ${quantity(facts)} facts at ${quantity(factsPerSecond)}/s`;
  return phase === 'ready' ? `${name}: ${built}, verified${live ? ', live' : ''}` : `${name}: ${built}, ${phase}`;
}
