import { z } from 'zod';
import type { Context } from './registry';

/**
 * A command that others than its own context may send: reactors, timers, other contexts. Its owner carries it out
 * (`handle` of `libs/reactor`); whoever sends it knows its name and its input.
 */
export type CommandDefinition<S extends z.ZodObject = z.ZodObject> = {
  /** `<context>.<CommandInImperative>`. */
  readonly name: string;
  readonly context: Context;
  readonly input: S;
};

export type InputOf<D extends CommandDefinition> = z.infer<D['input']>;

export function defineCommand<S extends z.ZodObject>(context: Context, name: string, input: S): CommandDefinition<S> {
  return { name: `${context}.${name}`, context, input };
}
