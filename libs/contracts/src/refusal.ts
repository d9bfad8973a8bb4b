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
  'UNKNOWN_PLAN',
  'PLAN_EXISTS',
  'PLAN_VERSION_FIXED',
  'PLAN_NOT_PUBLISHED',
  'PLAN_RETIRED',
  'UNKNOWN_SUBSCRIPTION',
  'SUBSCRIPTION_EXISTS',
  'SUBSCRIPTION_ENDED',
  'SUBSCRIPTION_NOT_ACTIVE',
  'SECOND_TRIAL',
  'NO_TRIAL',
  'NOT_PAUSED',
  'ALREADY_PAUSED',
  'NO_CANCELLATION',
  'CANCELLATION_EFFECTIVE',
  'EFFECTIVE_BEFORE_REQUEST',
  'UNKNOWN_NOTICE',
  'NOTICE_VERSION_STALE',
  'NO_CONFIRMATION_PENDING',
  'CONFIRMATION_TOKEN_WRONG',
  'UNKNOWN_TOUCHPOINT',
  'TOUCHPOINT_EXISTS',
  'TOUCHPOINT_RETIRED',
  'NO_RETURN_PATH',
  'SIGN_UP_WITHOUT_CANCEL',
  'LAST_CANCEL_PATH',
  'UNKNOWN_CODE',
  'CODE_REUSED',
  'PRODUCT_OF_ANOTHER',
  'UNKNOWN_FLOW',
  'FLOW_ENDED',
  'UNKNOWN_REQUEST',
  'REQUEST_EXISTS',
  'REQUEST_CLOSED',
  'CANCEL_NEVER_REJECTED',
  'ERASURE_NEEDS_LEGAL_RULE',
  'UNKNOWN_TASK',
  'TASK_EXISTS',
  'TASK_DONE',
  'LEGAL_SUPPRESSION',
  'NOT_SUPPRESSED',
  'UNKNOWN_TEMPLATE',
  'TEMPLATE_INCOMPLETE',
  'UNKNOWN_MESSAGE',
  'MESSAGE_CLOSED',
  'NO_ADDRESS',
  'CONSENT_MISSING',
  'ADDRESS_SUPPRESSED',
  'ALREADY_RESERVED',
  'NOT_RESERVED',
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
  'UNKNOWN_PROJECTION',
  'UNKNOWN_GENERATION',
  'NO_FORMER_GENERATION',
  'GENERATION_LIVE',
  'GENERATION_NOT_READY',
  'GENERATION_DIFFERS',
  'GENERATION_STANDS_STILL',
  'REBUILD_RUNNING',
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
