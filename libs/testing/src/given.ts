import type { Decider, DecidedFact } from '@tsunagari/command';
import type { DataOf, Fact, FactDefinition, RefusalCode } from '@tsunagari/contracts';

/** A recorded fact for a spec: only what the test cares for needs to be said. */
export function recorded<D extends FactDefinition>(definition: D, data: unknown, given: Partial<Fact> = {}): Fact {
  const position = given.position ?? '1';
  return {
    id: `00000000-0000-8000-8000-${position.padStart(12, '0')}`,
    type: definition.type,
    schema: definition.version,
    subject: null,
    data,
    meta: { actor: 'user:test', source: 'test', correlationId: 'test' },
    occurred: '2026-01-01T00:00:00.000Z',
    recorded: '2026-01-01T00:00:00.000Z',
    position,
    stream: 'test-1',
    version: Number(position),
    ...given,
  };
}

/** What is not said is not there: no field is said to be undefined. */
type Said<T> = { [Field in keyof T]: Exclude<T[Field], undefined> };

/** The example of a contract, of its newest version. */
export function exampleOf<D extends FactDefinition>({ data, examples }: D): Said<DataOf<D>> {
  return data.parse(examples.at(-1)) as Said<DataOf<D>>;
}

/** What stands after these facts. */
export function folded<C, S>(decider: Pick<Decider<C, S>, 'initial' | 'evolve'>, facts: readonly Fact[]): S {
  return facts.reduce((state, fact) => decider.evolve(state, fact), decider.initial);
}

/** Given these facts, when this command comes, then … : the specification of a decider as a sentence. */
export function given<C, S>(decider: Decider<C, S>, facts: readonly Fact[] = []) {
  const state = folded(decider, facts);
  return {
    when(command: C) {
      const decision = decider.decide(command, state);
      return {
        /** What was decided must be exactly this, and must keep its contract. */
        then(...expected: readonly (Omit<DecidedFact, 'definition'> & { readonly definition: FactDefinition })[]) {
          expect(decision.kind === 'accepted' ? decision.facts : decision).toStrictEqual(expected);
          for (const { definition, data } of expected) expect(definition.data.safeParse(data).error).toBeUndefined();
        },
        thenNothingHappened() {
          expect(decision).toEqual({ kind: 'accepted', facts: [] });
        },
        /** Refused for this, in words: the rule that was broken, and what to do where something can be done. */
        thenRefused(code: RefusalCode, field: string | null) {
          expect(decision.kind === 'refused' ? { code: decision.refusal.code, field: decision.refusal.field } : decision).toEqual({
            code,
            field,
          });
          if (decision.kind !== 'refused') return;
          for (const words of [decision.refusal.rule, decision.refusal.message, decision.refusal.remedy]) expect(words).not.toBe('');
        },
      };
    },
  };
}
