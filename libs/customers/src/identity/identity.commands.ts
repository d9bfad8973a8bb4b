import { type Asked, type CommandPath, type CommandResult, envelopeOf } from '@tsunagari/command';
import { refusal, streamName, type CustomerErased, type Position, type Refusal } from '@tsunagari/contracts';
import { identityDecider, type IdentityCommand, type KnownCustomer } from './identity.decider';
import { readCustomers, type CustomerReads } from '../customer/customer.read-model';

/** The result and the customers it is about, as they are after it. */
export type IdentityResult =
  | {
      readonly kind: 'accepted';
      readonly customers: readonly string[];
      readonly position: Position | null;
      readonly repeated: boolean;
      readonly subjects: readonly string[];
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Merge, split, block and erase: each looks up who is meant, decides in that identifier's stream, and waits for the effect. */
export function identityCommands(
  ports: CustomerReads & {
    readonly path: CommandPath;
    /** Waits until identity has seen the position, at most 2 s. */
    readonly waitFor: (position: Position) => Promise<unknown>;
  },
) {
  const { path, identity, keyring, waitFor } = ports;

  async function knownCustomer(subject: string): Promise<KnownCustomer | undefined> {
    const { customer } = await identity.membersOf(subject);
    const [view] = await readCustomers(ports, [customer], 'platform');
    if (!view) return undefined;
    return {
      customer,
      subjects: view.identifiers.map((identifier) => identifier.subject),
      erased: view.erased,
      blocked: view.identifiers.filter(({ blocked }) => blocked).map((identifier) => identifier.subject),
    };
  }

  function execute(subject: string, command: IdentityCommand, body: unknown, asked: Asked): Promise<CommandResult> {
    return path.execute(identityDecider, {
      stream: streamName('identifier', subject),
      command,
      body: { kind: command.kind, ...(body as object) },
      ...envelopeOf(asked, 'customers'),
    });
  }

  /** Answers with the customers that these subjects belong to once identity has seen the result. */
  async function answer(result: CommandResult, subjects: readonly string[]): Promise<IdentityResult> {
    if (result.kind === 'refused') return result;
    if (result.position !== null) await waitFor(result.position);
    const after = await identity.customersOf(subjects);
    return {
      kind: 'accepted',
      customers: [...new Set(subjects.map((subject) => after.get(subject) ?? subject))],
      position: result.position,
      repeated: result.repeated,
      subjects,
    };
  }

  return {
    async mergeCustomers(input: { readonly customers: readonly string[]; readonly reason: string }, asked: Asked): Promise<IdentityResult> {
      const [left, right, ...more] = input.customers;
      if (left === undefined || right === undefined || more.length > 0)
        return refused(refusal('INVALID_FIELD', 'customerIds', 'a merge joins exactly two customers'));
      const [one, other] = [await knownCustomer(left), await knownCustomer(right)];
      if (!one) return refused(unknownCustomer('customerIds.0'));
      if (!other) return refused(unknownCustomer('customerIds.1'));
      const command = { kind: 'MergeCustomers', sides: [one, other], by: asked.by, reason: input.reason } as const;
      return answer(await execute(left, command, input, asked), [left, right]);
    },

    async splitCustomer(
      input: { readonly customer: string; readonly subjects: readonly string[]; readonly reason: string },
      asked: Asked,
    ): Promise<IdentityResult> {
      const customer = await knownCustomer(input.customer);
      if (!customer) return refused(unknownCustomer('customerId'));
      const command = { kind: 'SplitCustomer', customer, subjects: input.subjects, by: asked.by, reason: input.reason } as const;
      return answer(await execute(input.customer, command, input, asked), [input.customer, ...input.subjects]);
    },

    async blockIdentifier(input: { readonly subject: string; readonly reason: string }, asked: Asked): Promise<IdentityResult> {
      const customer = await knownCustomer(input.subject);
      if (!customer) return refused(refusal('UNKNOWN_IDENTIFIER', 'identifierId', 'the identifier is one that the platform has seen'));
      const command = { kind: 'BlockIdentifier', customer, subject: input.subject, by: asked.by, reason: input.reason } as const;
      return answer(await execute(input.subject, command, input, asked), [input.subject]);
    },

    /** First the fact, then the keys: a crash between the two is made good at the next start, from the fact. */
    async eraseCustomer(
      input: { readonly customer: string; readonly scope: CustomerErased['scope'] },
      asked: Asked,
    ): Promise<IdentityResult> {
      const customer = await knownCustomer(input.customer);
      if (!customer) return refused(unknownCustomer('customerId'));
      const command = { kind: 'EraseCustomer', customer, scope: input.scope, by: asked.by } as const;
      const result = await execute(input.customer, command, input, asked);
      if (result.kind === 'accepted') await keyring.forget(customer.subjects, input.scope);
      const answered = await answer(result, [input.customer]);
      return answered.kind === 'accepted' ? { ...answered, subjects: customer.subjects } : answered;
    },
  };
}

export type IdentityCommands = ReturnType<typeof identityCommands>;

function refused(value: Refusal): IdentityResult {
  return { kind: 'refused', refusal: value };
}

function unknownCustomer(field: string): Refusal {
  return refusal('UNKNOWN_CUSTOMER', field, 'the customer is one that the platform has seen', 'look her up by an identifier');
}
