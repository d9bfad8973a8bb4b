import type { CommandDefinition, Fact, InputOf } from '@tsunagari/contracts';

/** What follows from a fact. Made by {@link send}, {@link setTimer} and {@link cancelTimer}. */
export type Reaction =
  | { readonly kind: 'send'; readonly command: string; readonly input: unknown }
  | { readonly kind: 'set-timer'; readonly timer: string; readonly at: string; readonly command: string; readonly input: unknown }
  | { readonly kind: 'cancel-timer'; readonly timer: string };

/** Sends a command at once. */
export function send<D extends CommandDefinition>(command: D, input: InputOf<D>): Reaction {
  return { kind: 'send', command: command.name, input };
}

/**
 * Sends a command when the deployment's clock has reached `at` (ISO 8601). A timer has a name within its key: setting it again moves
 * it. It may still fire right when it is cancelled; the decider of its command has the last word.
 */
export function setTimer<D extends CommandDefinition>(timer: string, at: string, command: D, input: InputOf<D>): Reaction {
  return { kind: 'set-timer', timer, at, command: command.name, input };
}

export function cancelTimer(timer: string): Reaction {
  return { kind: 'cancel-timer', timer };
}

/**
 * What must follow a fact in another stream: `(fact, own state) → commands`. Pure like a decider. The own state is the fold of the
 * facts of a key by position, this fact included.
 */
export type ReactorDefinition<S = undefined> = {
  readonly name: string;
  /** Raised when the state means something else: it is folded again from the first fact, and nothing follows a second time. */
  readonly version: number;
  /** Fact types that it folds or reacts to. */
  readonly types: readonly string[];
  /** The stream, mostly; facts of a key are reacted to in the order of the log. None: nothing follows. */
  readonly key: (fact: Fact) => string | readonly string[] | undefined;
  /** Undefined for a reactor without a state. */
  readonly initial: S;
  readonly evolve: (state: S, fact: Fact, key: string) => S;
  readonly react: (fact: Fact, state: S, key: string) => readonly Reaction[];
};

/** Any reactor, whatever its state. */
export type AnyReactor = Omit<ReactorDefinition<unknown>, 'evolve' | 'react'> & {
  evolve(state: unknown, fact: Fact, key: string): unknown;
  react(fact: Fact, state: unknown, key: string): readonly Reaction[];
};

export function defineReactor<S>(definition: ReactorDefinition<S>): ReactorDefinition<S> {
  if (!/^[a-z][a-z0-9_]{0,30}$/.test(definition.name))
    throw new Error(`a reactor's name is lower case with underscores: ${definition.name}`);
  return definition;
}

/** A reactor that needs to know nothing but the fact. */
export function defineStatelessReactor(
  definition: Pick<ReactorDefinition, 'name' | 'types'> & {
    readonly key?: (fact: Fact) => string | undefined;
    readonly react: (fact: Fact, key: string) => readonly Reaction[];
  },
): ReactorDefinition {
  return defineReactor({
    name: definition.name,
    version: 1,
    types: definition.types,
    key: definition.key ?? (({ stream }) => stream),
    initial: undefined,
    evolve: () => undefined,
    react: (fact, _, key) => definition.react(fact, key),
  });
}
