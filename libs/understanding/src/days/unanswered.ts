import { failure } from '@tsunagari/graphql';

/** A question that cannot be answered, and why. Whoever asks over the graph is told so as an error, another context as an answer. */
export type Unanswered = {
  readonly kind: 'unanswered';
  readonly code: 'NOT_FOUND' | 'BAD_USER_INPUT' | 'AS_OF_UNSUPPORTED';
  readonly message: string;
  readonly field?: string;
  readonly rule?: string;
  readonly remedy?: string;
};

export function unanswered(code: Unanswered['code'], message: string, more: Pick<Unanswered, 'field' | 'rule' | 'remedy'>): Unanswered {
  return { kind: 'unanswered', code, message, ...more };
}

export function isUnanswered(answer: object): answer is Unanswered {
  return 'kind' in answer && answer.kind === 'unanswered';
}

/** The answer. Throws what a client is told where there is none. */
export function orFailure<T extends object>(answer: T | Unanswered): T {
  if (!isUnanswered(answer)) return answer;
  const { kind: _, code, message, ...detail } = answer;
  throw failure(code, message, detail);
}
