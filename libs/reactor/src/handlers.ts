import type { Asked, CommandResult } from '@tsunagari/command';
import { type CommandDefinition, type InputOf, refusal } from '@tsunagari/contracts';

/** Carries out one kind of command that reactors and other contexts send. */
export type CommandHandler = {
  readonly command: CommandDefinition;
  readonly run: (input: unknown, asked: Asked) => Promise<CommandResult>;
};

/** Binds a command to whoever owns it. Input that breaks its schema is refused, as it would be from a client. */
export function handle<D extends CommandDefinition>(
  command: D,
  run: (input: InputOf<D>, asked: Asked) => Promise<CommandResult>,
): CommandHandler {
  return {
    command,
    async run(input, asked) {
      const parsed = command.input.safeParse(input);
      if (parsed.success) return run(parsed.data as InputOf<D>, asked);
      const [issue] = parsed.error.issues;
      return {
        kind: 'refused',
        refusal: refusal('INVALID_FIELD', issue?.path.join('.') || null, issue?.message ?? `${command.name} has another input`),
      };
    },
  };
}
