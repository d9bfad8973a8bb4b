/**
 * The closed list of refusals of commands and of input. A refusal is an expected outcome and a value; exceptions are bugs and
 * outages.
 */
export const REFUSAL_CODES = [
  'VERSION_CONFLICT',
  'IDEMPOTENCY_MISMATCH',
  'FUTURE_EVENT',
  'SUBJECT_ERASED',
  'INVALID_FIELD',
  'UNKNOWN_FIELD',
  'MISSING_FIELD',
  'OVERSIZE',
  'MALFORMED',
  'NO_IDENTITY',
  'UNKNOWN_TYPE',
  'DUPLICATE_CONTENT',
  'CONSENT_DENIED_FOR_SOURCE',
  'UNKNOWN_CUSTOMER',
  'UNKNOWN_IDENTIFIER',
  'UNKNOWN_ORDER',
  'ALREADY_MERGED',
  'NOT_TOGETHER',
  'SAME_CUSTOMER',
  'NOTHING_TO_SPLIT',
  'TWO_VERIFIED_USER_IDS',
  'IDENTIFIER_LIMIT',
  'CLUSTER_LIMIT',
  'IDENTIFIER_BLOCKED',
  'UNVERIFIED_LINK',
  'MIXED_CURRENCY',
  'STREAM_CLOSED',
  'OVERLOADED',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

export type Refusal = {
  readonly code: RefusalCode;
  /** The field of the input that broke the rule, as a path (`lines.3.quantity`); null when it is about the whole. */
  readonly field: string | null;
  /** The rule that was broken, stated so that it can be met. */
  readonly rule: string;
  readonly message: string;
  /** What the caller can do. */
  readonly remedy: string | null;
};

export function refusal(
  code: RefusalCode,
  field: string | null,
  rule: string,
  remedy: string | null = null,
  message: string = rule,
): Refusal {
  return { code, field, rule, message, remedy };
}
