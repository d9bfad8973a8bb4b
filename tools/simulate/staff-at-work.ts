import type { IdentityCommands, IdentityResult } from '@tsunagari/customers';
import type { Keyring } from '@tsunagari/privacy';
import type { IdentityReader } from '@tsunagari/projection';
import type { StaffDecision } from './staff';
import type { Truth } from './truth';

export type StaffPorts = {
  readonly commands: Pick<IdentityCommands, 'mergeCustomers' | 'splitCustomer'>;
  readonly keyring: Pick<Keyring, 'subjectsOf'>;
  readonly identity: Pick<IdentityReader, 'membersOf'>;
};

export type StaffOutcome = { readonly decision: StaffDecision; readonly result: IdentityResult | { readonly kind: 'unknown' } };

/**
 * Carries decisions out by the commands that staff have, one after the other: their idempotency keys are those of the world, so that
 * doing it again changes nothing. A split takes away every identifier that was the other's before the merge which it mends. Whose
 * identifier the platform has never seen, of her nothing can be decided.
 */
export async function* carryOut(
  decisions: readonly StaffDecision[],
  { commands, keyring, identity }: StaffPorts,
  { start }: Pick<Truth, 'start'>,
): AsyncGenerator<StaffOutcome> {
  const before = new Map<string, readonly string[]>();
  for (const decision of decisions) {
    const known = await keyring.subjectsOf(
      decision.identifiers.map(({ type, value }) => ({ type, value })),
      { create: false },
    );
    const [one, other] = known.map((each) => (each.kind === 'known' ? each.subject : undefined));
    if (one === undefined || other === undefined) {
      yield { decision, result: { kind: 'unknown' } };
      continue;
    }
    const { day, kind, reason } = decision;
    const key = `staff-${kind}-${decision.identifiers.map(({ value }) => value).join('-')}`;
    const at = new Date(Date.parse(`${start}T00:00:00.000Z`) + Math.round(day * 86_400_000)).toISOString();
    const asked = { idempotencyKey: key, by: 'user:staff', requestId: key, at };
    if (kind === 'merge') {
      if (!before.has(other)) before.set(other, (await identity.membersOf(other)).subjects);
      yield { decision, result: await commands.mergeCustomers({ customers: [one, other], reason }, asked) };
    } else {
      const subjects = before.get(other) ?? [other];
      before.delete(other);
      yield { decision, result: await commands.splitCustomer({ customer: one, subjects, reason }, asked) };
    }
  }
}
