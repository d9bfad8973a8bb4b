import type { UnavailableReason } from '@tsunagari/event-store';

/** What an error of the driver or server means for a batch: try again, give up at once, or look for the one command that raises. */
export type Failure =
  { readonly kind: 'again' } | { readonly kind: 'outage'; readonly reason: UnavailableReason } | { readonly kind: 'other' };

const connectionStates = new Set(['57P01', '57P02', '57P03', '57P05', '53300']);
const socketErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
/** pg names no code for these. */
const driverMessages =
  /connection terminated|connection ended|client has encountered a connection error|timeout exceeded when trying to connect|query read timeout|not queryable|server closed the connection/i;

export function classifyFailure(error: unknown): Failure {
  const code = codeOf(error);
  if (code === '40001' || code === '40P01') return { kind: 'again' };
  if (code === '25006') return { kind: 'outage', reason: 'read-only' };
  if (code === '53100' || code === '53200') return { kind: 'outage', reason: 'full' };
  if (code !== undefined && (code.startsWith('08') || connectionStates.has(code) || socketErrors.has(code)))
    return { kind: 'outage', reason: 'connection' };
  if (error instanceof AggregateError && error.errors.some((each) => classifyFailure(each).kind === 'outage'))
    return { kind: 'outage', reason: 'connection' };
  if (error instanceof Error && driverMessages.test(error.message)) return { kind: 'outage', reason: 'connection' };
  return { kind: 'other' };
}

/** True when the statement may have been committed although the answer never came. */
export function outcomeUnknown(error: unknown): boolean {
  const code = codeOf(error);
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'ENOENT' || code === '57P03' || code === '53300') return false;
  return !(error instanceof Error && /timeout exceeded when trying to connect/i.test(error.message));
}

function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
