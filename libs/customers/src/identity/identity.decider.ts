import { accept, refuse, type Decider } from '@tsunagari/command';
import {
  customerErased,
  customersMerged,
  customerSplit,
  identifierBlocked,
  refusal,
  type CustomerErased,
  type CustomersMerged,
  type Fact,
} from '@tsunagari/contracts';

/** The subjects that form one customer now, as the identity projection has it. Comes in with the command. */
export type KnownCustomer = {
  readonly customer: string;
  readonly subjects: readonly string[];
  readonly erased: boolean;
  readonly blocked: readonly string[];
};

/** A person's word about who is who. Evidence by rule comes from intake; these overrule it. */
export type IdentityCommand =
  | {
      readonly kind: 'MergeCustomers';
      readonly sides: readonly [KnownCustomer, KnownCustomer];
      readonly by: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'SplitCustomer';
      readonly customer: KnownCustomer;
      /** Those who are somebody else. */
      readonly subjects: readonly string[];
      readonly by: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'BlockIdentifier';
      readonly customer: KnownCustomer;
      readonly subject: string;
      readonly by: string;
      readonly reason: string;
    }
  | { readonly kind: 'EraseCustomer'; readonly customer: KnownCustomer; readonly scope: CustomerErased['scope']; readonly by: string };

/** What the stream of one identifier remembers of people's decisions. */
export type IdentityState = { readonly erased: boolean; readonly blocked: boolean; readonly mergedWith: readonly string[] };

export const identityDecider: Decider<IdentityCommand, IdentityState> = {
  initial: { erased: false, blocked: false, mergedWith: [] },

  evolve(state, fact: Fact) {
    switch (fact.type) {
      case customerErased.type:
        return { ...state, erased: true };
      case identifierBlocked.type:
        return { ...state, blocked: true };
      case customersMerged.type:
        return { ...state, mergedWith: [...state.mergedWith, (fact.data as CustomersMerged).subjects[1]] };
      default:
        return state;
    }
  },

  decide(command, state) {
    switch (command.kind) {
      case 'MergeCustomers': {
        const [left, right] = command.sides;
        if (left.customer === right.customer)
          return refuse(refusal('SAME_CUSTOMER', 'customerIds', 'a merge joins two customers; these identifiers belong to one already'));
        for (const side of command.sides) if (side.erased || (side === left && state.erased)) return refuse(erased('customerIds'));
        for (const side of command.sides)
          if (side.blocked.includes(side.customer))
            return refuse(
              refusal(
                'IDENTIFIER_BLOCKED',
                'customerIds',
                'a blocked identifier joins nothing',
                'merge another identifier of the customer',
              ),
            );
        return accept({
          definition: customersMerged,
          subject: left.customer,
          data: { subjects: [left.customer, right.customer], by: command.by, reason: command.reason },
        });
      }
      case 'SplitCustomer': {
        const { customer } = command;
        const subjects = [...new Set(command.subjects)].sort();
        if (customer.erased) return refuse(erased('customerId'));
        const stranger = subjects.findIndex((subject) => !customer.subjects.includes(subject));
        if (stranger >= 0)
          return refuse(refusal('NOT_TOGETHER', `identifierIds.${stranger}`, 'only identifiers of this customer can be split from it'));
        if (subjects.length === 0 || subjects.length === customer.subjects.length)
          return refuse(refusal('NOTHING_TO_SPLIT', 'identifierIds', 'a split leaves at least one identifier on each side'));
        return accept({
          definition: customerSplit,
          subject: customer.customer,
          data: { subjects, by: command.by, reason: command.reason },
        });
      }
      case 'BlockIdentifier': {
        if (!command.customer.subjects.includes(command.subject))
          return refuse(refusal('UNKNOWN_IDENTIFIER', 'identifierId', 'the identifier is one that the platform has seen'));
        if (state.blocked) return accept();
        return accept({ definition: identifierBlocked, subject: command.subject, data: { by: command.by, reason: command.reason } });
      }
      case 'EraseCustomer': {
        if (command.customer.erased || state.erased) return accept();
        return accept({
          definition: customerErased,
          subject: command.customer.customer,
          data: { subjects: [...command.customer.subjects].sort(), scope: command.scope, by: command.by },
        });
      }
    }
  },
};

function erased(field: string) {
  return refusal('SUBJECT_ERASED', field, 'an erased customer is not changed any more');
}
