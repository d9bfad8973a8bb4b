import { type Asked, type CommandPath, type CommandResult, envelopeOf } from '@tsunagari/command';
import { brandIdSchema, refusal, streamName, type Refusal } from '@tsunagari/contracts';
import { type DefinePlan, planDecider, type PlanCommand } from './plan.decider';

/** What a brand offers for a fee at regular times. */
export function planCommands({ path }: { readonly path: CommandPath }) {
  async function execute(command: PlanCommand, asked: Asked): Promise<CommandResult> {
    const broken = brokenId(command.planId);
    if (broken) return { kind: 'refused', refusal: broken };
    return path.execute(planDecider, {
      stream: streamName('plan', command.planId),
      command,
      body: command,
      ...envelopeOf(asked, 'subscriptions'),
    });
  }
  return {
    definePlan: (input: Omit<DefinePlan, 'kind'>, asked: Asked) => execute({ kind: 'DefinePlan', ...input }, asked),
    publishPlan: (input: { readonly planId: string; readonly planVersion: number }, asked: Asked) =>
      execute({ kind: 'PublishPlan', ...input }, asked),
    retirePlan: (input: { readonly planId: string; readonly reason?: string }, asked: Asked) =>
      execute({ kind: 'RetirePlan', ...input }, asked),
  };
}

export type PlanCommands = ReturnType<typeof planCommands>;

function brokenId(planId: string): Refusal | undefined {
  if (brandIdSchema.safeParse(planId).success) return undefined;
  return refusal('INVALID_FIELD', 'planId', 'an id has 1 to 100 letters, digits, dots, dashes and underscores');
}
