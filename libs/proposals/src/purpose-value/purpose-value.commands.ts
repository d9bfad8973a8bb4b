import { type Asked, type CommandPath, type CommandResult, envelopeOf } from '@tsunagari/command';
import { brandIdSchema, refusal, streamName, type Money } from '@tsunagari/contracts';
import { purposeValueDecider } from './purpose-value.decider';

/** What an achieved outcome is worth. */
export function purposeValueCommands({ path }: { readonly path: CommandPath }) {
  return {
    async setPurposeValue(
      input: { readonly purposeId: string; readonly value: Money; readonly reason: string },
      asked: Asked,
    ): Promise<CommandResult> {
      if (!brandIdSchema.safeParse(input.purposeId).success)
        return {
          kind: 'refused',
          refusal: refusal('INVALID_FIELD', 'purposeId', 'an id has 1 to 100 letters, digits, dots, dashes and underscores'),
        };
      const command = { kind: 'SetPurposeValue', ...input, by: asked.by } as const;
      return path.execute(purposeValueDecider, {
        stream: streamName('purposeValue', input.purposeId),
        command,
        body: command,
        ...envelopeOf(asked, 'proposals'),
      });
    },
  };
}

export type PurposeValueCommands = ReturnType<typeof purposeValueCommands>;
