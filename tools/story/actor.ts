import type { Client, TypedDocumentString } from '@tsunagari/client';

/** What a command says no with. */
export type Refused = {
  readonly __typename: 'CommandRefused';
  readonly code: string;
  readonly field: string | null;
  readonly rule: string;
  readonly message: string;
  readonly remedy: string | null;
};

type Said = { readonly input: { readonly idempotencyKey: string } };
type Body<V extends Said> = Omit<V['input'], 'idempotencyKey'>;
type Done<D> = Exclude<D[keyof D], { readonly __typename: 'CommandRefused' }>;

/** Somebody of the story who sends operations of `@tsunagari/client`. */
export type Actor = {
  /** A command that must be carried out. @throws when it is refused, or a part of the answer failed. */
  readonly does: <D, V extends Said>(operation: TypedDocumentString<D, V>, input: Body<V>) => Promise<Done<D>>;
  /** A command that must be refused. @throws when it is carried out. */
  readonly isRefused: <D, V extends Said>(operation: TypedDocumentString<D, V>, input: Body<V>) => Promise<Refused>;
  /** @throws when a part of the answer failed. */
  readonly reads: <D, V>(operation: TypedDocumentString<D, V>, variables: V) => Promise<D>;
};

/** The same keys at each telling: `name` and a number. Whoever tells the story twice to one platform changes nothing. */
export function actor(name: string, client: Client): Actor {
  let said = 0;
  const reads: Actor['reads'] = async (operation, variables) => {
    const { data, failures } = await client.ask(operation, variables);
    const [failure] = failures;
    if (failure) throw new Error(`${name}: ${failure.path?.join('.') ?? ''} ${failure.code} ${failure.message}`);
    return data;
  };
  async function say<D, V extends Said>(operation: TypedDocumentString<D, V>, input: Body<V>): Promise<D[keyof D]> {
    // What was left out of the input is the key alone.
    const variables = { input: { ...input, idempotencyKey: `story:${name}:${++said}` } } as unknown as V;
    const data = await reads(operation, variables);
    const [field] = Object.keys(data as object) as (keyof D)[];
    if (field === undefined) throw new Error(`${name}: a mutation has one field`);
    return data[field];
  }
  const isRefusal = (answer: unknown): answer is Refused =>
    typeof answer === 'object' && answer !== null && '__typename' in answer && answer.__typename === 'CommandRefused';
  return {
    reads,
    async does<D, V extends Said>(operation: TypedDocumentString<D, V>, input: Body<V>) {
      const answer = await say(operation, input);
      if (isRefusal(answer)) throw new Error(`${name}: ${answer.code} at ${answer.field ?? '-'}: ${answer.rule}; ${JSON.stringify(input)}`);
      return answer as Done<D>;
    },
    async isRefused(operation, input) {
      const answer = await say(operation, input);
      if (!isRefusal(answer)) throw new Error(`${name}: this should have been refused: ${JSON.stringify(input)}`);
      return answer;
    },
  };
}
