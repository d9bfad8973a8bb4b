import { type Asked, type CommandPath, type CommandResult, envelopeOf } from '@tsunagari/command';
import type { DefinitionKind } from '@tsunagari/contracts';
import { DEFINITIONS_STREAM } from './definition-book';
import { type DefinitionCommand, definitionsDecider } from './definitions.decider';

/** Who in other contexts refers to a definition, in words. An outage is thrown: nothing is retired unasked. */
export type UsesElsewhere = (kind: DefinitionKind, definitionId: string) => Promise<readonly string[]>;

/** Defines, changes, activates and retires: one stream holds all definitions, because they refer to one another. */
export function definitionCommands({
  path,
  usesElsewhere = () => Promise.resolve([]),
}: {
  readonly path: CommandPath;
  readonly usesElsewhere?: UsesElsewhere;
}) {
  const execute = (command: DefinitionCommand, body: unknown, asked: Asked): Promise<CommandResult> =>
    path.execute(definitionsDecider, { ...envelopeOf(asked, 'understanding'), stream: DEFINITIONS_STREAM, command, body });
  return {
    define: (command: Exclude<DefinitionCommand, { kind: 'RetireDefinition' | 'RecordHealthBackTest' }>, asked: Asked) =>
      execute(command, command, asked),
    async retire(command: Omit<Extract<DefinitionCommand, { kind: 'RetireDefinition' }>, 'usedBy'>, asked: Asked): Promise<CommandResult> {
      const usedBy = await usesElsewhere(command.of, command.definitionId);
      return execute({ ...command, usedBy }, command, asked);
    },
  };
}

export type DefinitionCommands = ReturnType<typeof definitionCommands>;
