import { type Asked, type CommandPath, type CommandResult, envelopeOf } from '@tsunagari/command';
import { brandIdSchema, refusal, streamName, type HoldoutDefined } from '@tsunagari/contracts';
import { holdoutDecider } from './holdout.decider';

/** Who gets nothing, so that effects can be measured. */
export function holdoutCommands({ path }: { readonly path: CommandPath }) {
  return {
    async defineHoldout(input: HoldoutDefined, asked: Asked): Promise<CommandResult> {
      if (!brandIdSchema.safeParse(input.holdoutId).success)
        return {
          kind: 'refused',
          refusal: refusal('INVALID_FIELD', 'holdoutId', 'an id has 1 to 100 letters, digits, dots, dashes and underscores'),
        };
      const command = { kind: 'DefineHoldout', ...input } as const;
      return path.execute(holdoutDecider, {
        stream: streamName('holdout', input.holdoutId),
        command,
        body: command,
        ...envelopeOf(asked, 'proposals'),
      });
    },
  };
}

export type HoldoutCommands = ReturnType<typeof holdoutCommands>;
