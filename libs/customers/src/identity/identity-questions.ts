import type { Position } from '@tsunagari/contracts';

/** One identifier of a customer, as the identity projection has it. */
export type Member = {
  readonly subject: string;
  readonly identifierType: string;
  readonly verified: boolean;
  readonly blocked: boolean;
  readonly erased: boolean;
};

/** What the customers context asks the identity projection. The app binds it to the projection runner. */
export type IdentityQuestions = {
  /** The customers these subjects belong to now. A subject that was never seen is absent. */
  customersOf(subjects: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The members of these customers, oldest first. A customer id that is none (any more) is absent. */
  membersOf(customers: readonly string[]): Promise<ReadonlyMap<string, readonly Member[]>>;
  /** Waits until identity has seen the position, at most 2 s. */
  waitFor(position: Position): Promise<unknown>;
};
