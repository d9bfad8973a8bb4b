import type { AnswersOf, PortDeclaration, PortOf } from '@tsunagari/contracts';

/** A port with who answers it: what a context hands to the process that hosts it. */
export type PortImplementation = {
  readonly declaration: PortDeclaration;
  /** Checks the input against its schema and answers. @throws PortCallInvalid for an unknown method or an input that breaks the schema. */
  readonly call: (method: string, input: unknown) => Promise<unknown>;
};

/** The caller broke the port's declaration: a bug, or another version of it. */
export class PortCallInvalid extends Error {
  override readonly name = 'PortCallInvalid';
}

/** Binds a declared port to the code that answers it. */
export function implementPort<Declaration extends PortDeclaration, Answers extends AnswersOf<Declaration>>(
  declaration: Declaration,
  implementation: Answers,
): PortImplementation {
  return {
    declaration,
    async call(method, input) {
      const declared = Object.hasOwn(declaration.methods, method) ? declaration.methods[method] : undefined;
      if (!declared) throw new PortCallInvalid(`${declaration.name} has no method ${method}`);
      const checked = declared.input.safeParse(input);
      if (!checked.success) {
        const [issue] = checked.error.issues;
        throw new PortCallInvalid(`${declaration.name}.${method}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
      }
      return implementation[method as keyof Declaration['methods'] & keyof Answers](checked.data as never);
    },
  };
}

/**
 * The port as its callers use it, over whatever carries a call. What comes back is checked too: an owner of another version is
 * noticed here and not three steps later.
 */
export function portOver<Declaration extends PortDeclaration>(
  { name, methods }: Declaration,
  carry: (method: string, input: unknown) => Promise<unknown>,
): PortOf<Declaration> {
  const port = Object.entries(methods).map(([method, { answer }]) => [
    method,
    async (input: unknown): Promise<unknown> => {
      const checked = answer.safeParse(await carry(method, input));
      if (checked.success) return checked.data;
      throw new PortCallInvalid(
        `${name}.${method} was answered with ${checked.error.issues[0]?.path.join('.') ?? ''} ${checked.error.issues[0]?.message ?? ''}`,
      );
    },
  ]);
  return Object.fromEntries(port) as PortOf<Declaration>;
}
