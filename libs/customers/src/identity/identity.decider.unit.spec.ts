import { customerErased, customersMerged, customerSplit, identifierBlocked } from '@tsunagari/contracts';
import { given, recorded } from '@tsunagari/testing';
import { identityDecider, type KnownCustomer } from './identity.decider';

const [a, b, c] = [
  '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f',
  '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  'd2719f7b-2f5a-4a1c-9a77-0b7f2e0f5b11',
] as const;
const known = (customer: string, others: readonly string[] = [], more: Partial<KnownCustomer> = {}): KnownCustomer => ({
  customer,
  subjects: [customer, ...others],
  erased: false,
  blocked: [],
  ...more,
});
const by = 'user:ops';

describe('merging two customers', () => {
  const command = (left: KnownCustomer, right: KnownCustomer) =>
    ({ kind: 'MergeCustomers', sides: [left, right], by, reason: 'same person' }) as const;

  it('is the word of a person about one identifier of each side [2.21]', () => {
    given(identityDecider)
      .when(command(known(a), known(b, [c])))
      .then({ definition: customersMerged, subject: a, data: { subjects: [a, b], by, reason: 'same person' } });
  });
  it('is refused when they are one customer already', () => {
    given(identityDecider)
      .when(command(known(a, [b]), known(a, [b])))
      .thenRefused('SAME_CUSTOMER', 'customerIds');
  });
  it('is refused when one side is erased', () => {
    given(identityDecider)
      .when(command(known(a), known(b, [], { erased: true })))
      .thenRefused('SUBJECT_ERASED', 'customerIds');
    given(identityDecider, [recorded(customerErased, { subjects: [a], scope: 'keep-suppression', by })])
      .when(command(known(a), known(b)))
      .thenRefused('SUBJECT_ERASED', 'customerIds');
  });
  it('is refused over a blocked identifier', () => {
    given(identityDecider)
      .when(command(known(a), known(b, [], { blocked: [b] })))
      .thenRefused('IDENTIFIER_BLOCKED', 'customerIds');
  });
});

describe('splitting a customer', () => {
  const command = (customer: KnownCustomer, subjects: readonly string[]) =>
    ({ kind: 'SplitCustomer', customer, subjects, by, reason: 'two people' }) as const;

  it('names those who are somebody else', () => {
    given(identityDecider)
      .when(command(known(a, [b, c]), [c, b, c]))
      .then({ definition: customerSplit, subject: a, data: { subjects: [b, c].sort(), by, reason: 'two people' } });
  });
  it('is refused for an identifier of another customer', () => {
    given(identityDecider)
      .when(command(known(a, [b]), [c]))
      .thenRefused('NOT_TOGETHER', 'identifierIds.0');
  });
  it('is refused when one side would be empty', () => {
    given(identityDecider)
      .when(command(known(a, [b]), [a, b]))
      .thenRefused('NOTHING_TO_SPLIT', 'identifierIds');
    given(identityDecider)
      .when(command(known(a, [b]), []))
      .thenRefused('NOTHING_TO_SPLIT', 'identifierIds');
  });
  it('is refused when the customer is erased', () => {
    given(identityDecider)
      .when(command(known(a, [b], { erased: true }), [b]))
      .thenRefused('SUBJECT_ERASED', 'customerId');
  });
});

describe('blocking an identifier', () => {
  const command = (subject: string) =>
    ({ kind: 'BlockIdentifier', customer: known(a, [b]), subject, by, reason: 'the shop tablet' }) as const;

  it('is the fact of that identifier', () => {
    given(identityDecider)
      .when(command(b))
      .then({ definition: identifierBlocked, subject: b, data: { by, reason: 'the shop tablet' } });
  });
  it('changes nothing the second time', () => {
    given(identityDecider, [recorded(identifierBlocked, { by, reason: 'the shop tablet' })])
      .when(command(b))
      .thenNothingHappened();
  });
  it('is refused for one that was never seen', () => {
    given(identityDecider).when(command(c)).thenRefused('UNKNOWN_IDENTIFIER', 'identifierId');
  });
});

describe('erasing a customer', () => {
  const command = (customer: KnownCustomer) => ({ kind: 'EraseCustomer', customer, scope: 'keep-suppression', by }) as const;

  it('names every identifier that she is made of now', () => {
    given(identityDecider)
      .when(command(known(a, [c, b])))
      .then({ definition: customerErased, subject: a, data: { subjects: [a, b, c].sort(), scope: 'keep-suppression', by } });
  });
  it('changes nothing the second time', () => {
    given(identityDecider)
      .when(command(known(a, [], { erased: true })))
      .thenNothingHappened();
  });
});
